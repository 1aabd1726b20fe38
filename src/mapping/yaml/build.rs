//! The parser's events, assembled into a tree.

use std::collections::HashMap;

use serde_yaml::granit_parser as yaml;
use yaml::{Event, ScalarStyle, StructureStyle};

use super::node::{Key, Kind, Node, Notation};
use super::place::Place;
use super::weight::Weight;
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_REPEATED_BYTES, Span};
use super::{faults, mapping, scalar, syntax, traps};
use crate::mapping::diagnostic::{Report, Source};

/// Assembles one document. It does not recurse, whatever the text: open collections are on a stack.
pub(super) struct Builder<'a> {
    source: &'a Source,
    report: &'a mut Report,
    open: Vec<Open>,
    anchored: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    repeated_bytes: usize,
    last_scalar: Option<Span>,
    /// The last text that was read as something else, and reported.
    last_misread: Option<Span>,
}

/// A collection whose end has not come yet.
struct Open {
    start: usize,
    notation: Notation,
    anchor: usize,
    /// Whether it began with `{{`, so that it was meant as a template.
    template: bool,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(mapping::Builder),
}

/// Reading cannot go on; why has been reported.
struct Stop;

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Source, report: &'a mut Report) -> Self {
        Self {
            source,
            report,
            open: Vec::new(),
            anchored: HashMap::new(),
            root: None,
            nodes: 0,
            repeated_bytes: 0,
            last_scalar: None,
            last_misread: None,
        }
    }

    pub(super) fn run(mut self) -> Option<Node> {
        if self.source.text().len() > MAX_BYTES {
            self.report.push(faults::too_long(self.source, self.source.text().len() as u64));
            return None;
        }
        self.read().ok()?;
        if self.root.as_ref().is_none_or(|root| root.kind == Kind::Null) {
            self.report.push(faults::empty(self.source));
            return None;
        }
        self.root
    }

    fn read(&mut self) -> Result<(), Stop> {
        let source = self.source.clone();
        let options = yaml::options! {
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
            emit_unresolved_aliases: true,
        };
        for next in yaml::Parser::new_from_str_with_options(source.text(), options) {
            match next {
                Ok((Event::DocumentStart(..), span)) if self.root.is_some() => {
                    // The first document is whole: what is wrong in it is worth telling, too.
                    self.report.push(faults::second_document(self.source, bytes(span)));
                    return Ok(());
                }
                Ok((event, span)) => self.event(event, span)?,
                Err(error) => return self.syntax_error(&error),
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, at: yaml::Span) -> Result<(), Stop> {
        if event.tag().is_some() {
            let tag = at.tag_span().map_or_else(|| bytes(at), bytes);
            self.report.push(faults::tag(self.source, tag));
        }
        let span = bytes(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                let node = self.scalar(&text, notation(style), span, is_text);
                self.finish(node, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.begin(span, style, anchor, Content::Sequence(Vec::new()))
            }
            Event::MappingStart(style, anchor, _) => {
                self.begin(span, style, anchor, Content::Mapping(mapping::Builder::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(_) => self.unknown_alias(span),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, text: &str, notation: Notation, span: Span, is_text: bool) -> Node {
        let span = self.scalar_span(notation, span);
        let text_as_is = || Kind::String(text.to_owned());
        let kind = match notation {
            // The parser says `~` for what was left out.
            Notation::Plain if span.start == span.end => Kind::Null,
            Notation::Plain if is_text => text_as_is(),
            Notation::Plain if self.at_key() => {
                scalar::resolve(text).unwrap_or_else(|_| text_as_is())
            }
            Notation::Plain => self.plain_value(text, span),
            _ => text_as_is(),
        };
        if span.start < span.end {
            self.last_scalar = Some(span);
        }
        Node { span, kind, notation, alias: None }
    }

    fn plain_value(&mut self, text: &str, span: Span) -> Kind {
        self.report.extend(traps::plain_value(self.source, span));
        scalar::resolve(text).unwrap_or_else(|unclear| {
            self.report.push(faults::unclear(self.source, span, unclear));
            Kind::String(text.to_owned())
        })
    }

    /// The parser lets a block scalar reach to the next token: leave the blank end out.
    fn scalar_span(&self, notation: Notation, span: Span) -> Span {
        match notation {
            Notation::Literal | Notation::Folded => {
                let text = self.source.slice(span).trim_end();
                Span::new(span.start, span.start + text.len())
            }
            _ => span,
        }
    }

    /// Whether the next value is a key.
    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Mapping(mapping), .. }) if mapping.wants_key())
    }

    fn begin(
        &mut self,
        span: Span,
        style: StructureStyle,
        anchor: usize,
        content: Content,
    ) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            self.report.push(faults::too_deep(self.source, span));
            return Err(Stop);
        }
        let notation = match style {
            StructureStyle::Block => Notation::Block,
            StructureStyle::Flow => Notation::Flow,
        };
        let start = self.first_dash(notation, &content, span).unwrap_or(span.start);
        self.open.push(Open { start, notation, anchor, template: false, content });
        Ok(())
    }

    /// Of a list that is indented no further than its key, the parser says where the first item
    /// begins: its `-` begins a line between the key and there.
    fn first_dash(&self, notation: Notation, content: &Content, span: Span) -> Option<usize> {
        let (Notation::Block, Content::Sequence(_)) = (notation, content) else {
            return None;
        };
        let Content::Mapping(parent) = &self.open.last()?.content else {
            return None;
        };
        let mut line = self.source.next_line(parent.pending_key()?.end)?;
        while line < span.start {
            let text = self.source.slice(Span::new(line, self.source.line_end(line)));
            let indentation = text.len() - text.trim_start_matches(' ').len();
            if text.trim_start_matches(' ').starts_with('-') && line + indentation < span.start {
                return Some(line + indentation);
            }
            line = self.source.next_line(line)?;
        }
        None
    }

    fn end(&mut self, span: Span) -> Result<(), Stop> {
        let Some(closed) = self.open.pop() else {
            return Ok(());
        };
        let end = match closed.notation {
            Notation::Flow => span.end,
            // Where a block ends shows only in the token that follows, maybe lines below.
            _ => closed.content.end().unwrap_or(closed.start),
        };
        let span = Span::new(closed.start, end);
        if closed.template {
            return self.template(span, closed.anchor);
        }
        let kind = match closed.content {
            Content::Sequence(members) => Kind::Sequence(members),
            Content::Mapping(mapping) => Kind::Mapping(mapping.finish(self.source, self.report)),
        };
        self.finish(Node { span, kind, notation: closed.notation, alias: None }, closed.anchor)
    }

    /// What was read of `{{x}}` was a mapping; go on with what was meant.
    fn template(&mut self, span: Span, anchor: usize) -> Result<(), Stop> {
        if !self.begins_template(span.start) {
            let value = self.whole_value(span);
            self.report.push(faults::unquoted_template(self.source, value));
            self.last_misread = Some(value);
            let text = self.source.slice(value);
            if ['"', '\''].iter().any(|quote| text.matches(*quote).count() % 2 == 1) {
                // The other quote was lost: what follows would be read inside out.
                return Err(Stop);
            }
        }
        let text = self.source.slice(span).to_owned();
        self.finish(plain(Kind::String(text), span), anchor)
    }

    fn unknown_alias(&mut self, span: Span) -> Result<(), Stop> {
        let value = self.whole_value(span);
        self.report.push(faults::unknown_alias(self.source, span, value));
        self.last_misread = Some(span);
        let text = self.source.slice(span).to_owned();
        self.finish(plain(Kind::String(text), span), 0)
    }

    /// What has to be quoted where only the beginning of a text was read as something else.
    fn whole_value(&self, read: Span) -> Span {
        match self.at_key() {
            true => read,
            false => read.to(self.place(read.start).value_from(read.start)),
        }
    }

    /// Whether the collection that begins at `start` is the second brace of a `{{`.
    fn begins_template(&self, start: usize) -> bool {
        self.open.last().is_some_and(|parent| {
            let flow_mapping = parent.notation == Notation::Flow
                && matches!(&parent.content, Content::Mapping(mapping) if mapping.wants_key());
            flow_mapping && parent.start + 1 == start
        })
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some(mut node) = self.anchored.get(&anchor).cloned() else {
            self.report.push(faults::alias_in_itself(self.source, span));
            return self.finish(plain(Kind::Null, span), 0);
        };
        let weight = Weight::of(&node);
        if self.open.len() + weight.height > MAX_DEPTH {
            self.report.push(faults::too_deep(self.source, span));
            return Err(Stop);
        }
        self.charge(&weight, span)?;
        node.alias = Some(span);
        self.finish(node, 0)
    }

    /// A value is complete: it goes where it belongs.
    fn finish(&mut self, mut node: Node, anchor: usize) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            self.report.push(faults::too_many(self.source, node.span));
            return Err(Stop);
        }
        if anchor != 0 {
            self.charge(&Weight::of(&node), node.span)?;
            self.anchored.insert(anchor, node.clone());
        }
        let second_brace = self.begins_template(node.span.start);
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.content {
            Content::Sequence(members) => members.push(node),
            Content::Mapping(mapping) if !mapping.wants_key() => {
                let trap = mapping.key_without_value(self.source, &mut node);
                self.report.extend(trap);
                mapping.value(node);
            }
            Content::Mapping(mapping) => {
                let fault = traps::odd_blank(self.source, &node);
                if let Some(fault) = fault.or_else(|| traps::glued_key(self.source, &node)) {
                    self.report.push(fault);
                    return Err(Stop);
                }
                parent.template |= second_brace && self.source.slice(node.span).starts_with('{');
                match key_of(self.source, &node) {
                    Some(key) => mapping.key(key, &node),
                    None => {
                        if !parent.template {
                            self.report.push(faults::key_not_scalar(self.source, node.span));
                        }
                        mapping.skip_key();
                    }
                }
            }
        }
        Ok(())
    }

    fn charge(&mut self, weight: &Weight, span: Span) -> Result<(), Stop> {
        self.nodes += weight.nodes;
        self.repeated_bytes += weight.bytes;
        if self.nodes > MAX_NODES || self.repeated_bytes > MAX_REPEATED_BYTES {
            self.report.push(faults::too_many(self.source, span));
            return Err(Stop);
        }
        Ok(())
    }

    fn syntax_error(&mut self, error: &yaml::ScanError) -> Result<(), Stop> {
        let offset = error.marker().byte_offset().unwrap_or_default();
        let line = self.source.line_start(offset);
        // What follows on the line of a misread text is the same mistake once more.
        if self.last_misread.is_none_or(|misread| misread.start < line) {
            self.report.push(syntax::explain(&self.place(offset), error.kind()));
        }
        Err(Stop)
    }

    fn place(&self, offset: usize) -> Place<'_> {
        Place {
            source: self.source,
            offset,
            last_scalar: self.last_scalar,
            innermost_bracket: self.brackets().next_back(),
            outermost_bracket: self.brackets().next(),
        }
    }

    /// The brackets that are open.
    fn brackets(&self) -> impl DoubleEndedIterator<Item = Span> {
        let flow = self.open.iter().filter(|open| open.notation == Notation::Flow);
        // `[a: b]` is a list of a mapping that has no bracket of its own.
        flow.map(|open| Span::new(open.start, open.start + 1))
            .filter(|span| ["[", "{"].contains(&self.source.slice(*span)))
    }
}

impl Content {
    /// Where the last value ends.
    fn end(&self) -> Option<usize> {
        match self {
            Content::Sequence(members) => members.last().map(end_of),
            Content::Mapping(mapping) => mapping.end(),
        }
    }
}

/// Where a value ends in the text, which for an alias is not where its definition does.
pub(super) fn end_of(node: &Node) -> usize {
    node.alias.unwrap_or(node.span).end
}

fn key_of(source: &Source, node: &Node) -> Option<Key> {
    let text = match &node.kind {
        Kind::Sequence(_) | Kind::Mapping(_) => return None,
        Kind::String(text) => text.clone(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => source.slice(node.span).to_owned(),
    };
    Some(Key { span: node.alias.unwrap_or(node.span), text })
}

fn plain(kind: Kind, span: Span) -> Node {
    Node { span, kind, notation: Notation::Plain, alias: None }
}

fn notation(style: ScalarStyle) -> Notation {
    match style {
        ScalarStyle::Plain => Notation::Plain,
        ScalarStyle::SingleQuoted => Notation::SingleQuoted,
        ScalarStyle::DoubleQuoted => Notation::DoubleQuoted,
        ScalarStyle::Literal => Notation::Literal,
        ScalarStyle::Folded => Notation::Folded,
    }
}

fn bytes(span: yaml::Span) -> Span {
    span.byte_range().map(Span::from).unwrap_or_default()
}
