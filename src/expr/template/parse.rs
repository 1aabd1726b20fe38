//! Handlebars' tree to our own nodes, with every name resolved and every helper call checked.

use std::sync::Arc;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Parsed, TemplateElement,
};
use handlebars::{Path as ParsedPath, PathSeg};
use serde_json::Value;

use super::super::helpers::{self, Helper};
use super::super::reference::Reference;
use super::syntax::{self, Cursor};
use super::{
    Expression, ExpressionKind, Local, LocalPart, Names, Node, Piece, Template, TemplateFault,
    Unescaped,
};

pub(super) fn template(
    source: &str,
    unescaped: Unescaped,
    names: &mut dyn Names,
) -> Result<Template, Vec<TemplateFault>> {
    syntax::bounded(source).map_err(|fault| vec![fault])?;
    let parsed = Parsed::compile(source).map_err(|error| vec![syntax::explain(source, &error)])?;
    let mut compiler = Compiler {
        source,
        unescaped,
        names,
        blocks: Vec::new(),
        faults: Vec::new(),
        cursor: Cursor::START,
    };
    let nodes = compiler.nodes(&parsed, 0);
    if compiler.faults.is_empty() {
        return Ok(Template { source: Arc::from(source), nodes });
    }
    Err(compiler.faults)
}

struct Compiler<'c> {
    source: &'c str,
    unescaped: Unescaped,
    names: &'c mut dyn Names,
    /// The enclosing `#each` blocks with the names they give, innermost last.
    blocks: Vec<BlockNames>,
    faults: Vec<TemplateFault>,
    cursor: Cursor,
}

#[derive(Default)]
struct BlockNames {
    member: Option<String>,
    index: Option<String>,
}

impl Compiler<'_> {
    /// The parser knows no place for the block of an `{{else if}}`: it stands within `around`.
    fn nodes(&mut self, parsed: &Parsed, around: usize) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(parsed.elements.len());
        let mut places = parsed.mapping.iter();
        for element in &parsed.elements {
            let at = match places.next() {
                Some(place) => self.cursor.offset(self.source, place.0, place.1),
                None => around,
            };
            self.element(element, at, &mut nodes);
        }
        nodes
    }

    fn element(&mut self, element: &TemplateElement, at: usize, nodes: &mut Vec<Node>) {
        match element {
            TemplateElement::RawString(text) => self.text(text, at, nodes),
            TemplateElement::Comment(_) => {}
            TemplateElement::Expression(call) => {
                nodes.extend(self.call(call, at).map(Node::Print));
            }
            TemplateElement::HtmlExpression(call) => {
                if self.unescaped == Unescaped::Refused {
                    self.fault(
                        "unescaped-template",
                        "values are always escaped for their place here",
                        "write `{{…}}`; the unescaped forms are for `text` bodies only",
                        at,
                    );
                    return;
                }
                nodes.extend(self.call(call, at).map(Node::Print));
            }
            TemplateElement::HelperBlock(block) => nodes.extend(self.block(block, at)),
            TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => self.fault(
                "bad-template",
                "there are no partials",
                "put what is shared into a variable under `extract`",
                at,
            ),
            _ => self.fault("bad-template", "there are no decorators", "leave out the `*`", at),
        }
    }

    fn text(&mut self, text: &str, at: usize, nodes: &mut Vec<Node>) {
        for piece in self.names.environment(text, at) {
            match piece {
                Piece::Written(text) if text.is_empty() => {}
                Piece::Written(text) => nodes.push(Node::Text(text.into())),
                Piece::Given(text) => nodes.push(Node::Print(Expression {
                    text: Arc::from("${…}"),
                    kind: ExpressionKind::Literal(Value::String(text)),
                })),
            }
        }
    }

    fn block(&mut self, block: &HelperTemplate, at: usize) -> Option<Node> {
        let name = block.name.as_name().unwrap_or_default().to_owned();
        if !matches!(name.as_str(), "if" | "unless" | "each") {
            self.fault(
                "unknown-helper",
                &format!("there is no block `#{name}`"),
                "the blocks are `#if`, `#unless` and `#each`",
                at,
            );
            return None;
        }
        let [subject] = block.params.as_slice() else {
            let message = format!("`#{name}` takes one argument, here are {}", block.params.len());
            let help = format!("put a call in parentheses: `{{{{#{name} (eq a b)}}}}`");
            self.fault("wrong-arguments", &message, &help, at);
            return None;
        };
        if !block.hash.is_empty() {
            let help = format!("write `{{{{#{name} x}}}}`");
            self.fault("wrong-arguments", "blocks take no named arguments", &help, at);
            return None;
        }
        let subject = self.parameter(subject, at);
        if name == "each" {
            self.blocks.push(block_names(block.block_param.as_ref()));
        }
        let body = block.template.as_ref().map(|body| self.nodes(body, at)).unwrap_or_default();
        if name == "each" {
            self.blocks.pop();
        }
        let otherwise = block.inverse.as_ref().map(|body| self.nodes(body, at)).unwrap_or_default();
        let subject = subject?;
        Some(match name.as_str() {
            "each" => Node::Each { over: subject, each: body, otherwise },
            name => Node::If { test: subject, negate: name == "unless", then: body, otherwise },
        })
    }

    fn call(&mut self, call: &HelperTemplate, at: usize) -> Option<Expression> {
        if !call.hash.is_empty() {
            let helper = call.name.as_name().and_then(helpers::find);
            let usage = helper.map_or("helper a \"text\"", |helper| helper.usage);
            let help = format!("write `{{{{{usage}}}}}`");
            self.fault("wrong-arguments", "helpers take no named arguments", &help, at);
            return None;
        }
        match &call.name {
            Parameter::Name(name) => self.helper(name, &call.params, at),
            other => self.parameter(other, at),
        }
    }

    fn helper(&mut self, name: &str, params: &[Parameter], at: usize) -> Option<Expression> {
        let Some(helper) = helpers::find(name) else {
            let help = match self.names.resolve(name) {
                Ok(_) => {
                    format!("`{name}` is a variable; a helper comes first: `{{{{lower {name}}}}}`")
                }
                Err(_) => helpers::suggest(name),
            };
            self.fault("unknown-helper", &format!("there is no helper `{name}`"), &help, at);
            return None;
        };
        let arguments: Vec<_> = params.iter().map(|param| self.parameter(param, at)).collect();
        if !helper.takes(params.len()) {
            self.wrong_count(helper, params.len(), at);
            return None;
        }
        let arguments: Vec<Expression> = arguments.into_iter().collect::<Option<_>>()?;
        let shown: Vec<&str> = arguments.iter().map(|argument| &*argument.text).collect();
        Some(Expression {
            text: Arc::from(format!("{name} {}", shown.join(" "))),
            kind: ExpressionKind::Call(helper, arguments),
        })
    }

    fn wrong_count(&mut self, helper: &Helper, given: usize, at: usize) {
        let message = format!("`{}` takes {}, here are {given}", helper.name, helper.arity());
        self.fault("wrong-arguments", &message, &format!("write `{{{{{}}}}}`", helper.usage), at);
    }

    fn parameter(&mut self, parameter: &Parameter, at: usize) -> Option<Expression> {
        match parameter {
            Parameter::Literal(literal) => Some(Expression {
                text: Arc::from(literal.to_string()),
                kind: ExpressionKind::Literal(self.literal(literal, at)),
            }),
            Parameter::Path(path) => self.name(path, at),
            Parameter::Name(name) => self.reference(vec![name.as_str().into()], name, at),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => self.call(call, at),
                _ => {
                    let help = "parentheses hold a call: `(helper a \"text\")`";
                    self.fault("bad-template", "this cannot stand in parentheses", help, at);
                    None
                }
            },
            _ => {
                let help =
                    "an argument is a name, a text in quotes, a number, or a call in parentheses";
                self.fault("bad-template", "this cannot stand here", help, at);
                None
            }
        }
    }

    fn literal(&mut self, literal: &Value, at: usize) -> Value {
        match literal {
            Value::String(text) => {
                // Where the text is written with escapes, the expression has to do for a place.
                let rest = self.source.get(at..).unwrap_or_default();
                let place = rest.find(text.as_str()).map_or(at, |found| at + found);
                let pieces = self.names.environment(text, place);
                let texts = pieces.into_iter().map(|(Piece::Written(t) | Piece::Given(t))| t);
                Value::String(texts.collect())
            }
            Value::Array(members) => {
                members.iter().map(|member| self.literal(member, at)).collect()
            }
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), self.literal(member, at)))
                .collect(),
            scalar => scalar.clone(),
        }
    }

    fn name(&mut self, path: &ParsedPath, at: usize) -> Option<Expression> {
        match path {
            ParsedPath::Local((level, name, raw)) => self.at_name(*level, name, raw, at),
            ParsedPath::Relative((segments, raw)) => {
                let mut names: Vec<Box<str>> = Vec::with_capacity(segments.len());
                for segment in segments {
                    let PathSeg::Named(name) = segment else {
                        self.fault(
                            "bad-template",
                            &format!("`{raw}` climbs out of its block"),
                            "outer variables stay visible inside `#each`: write the name alone, or \
                             name the member: `{{#each list as |member|}}`",
                            at,
                        );
                        return None;
                    };
                    names.push(name.as_str().into());
                }
                let mut written = raw.split(['.', '/']);
                let this = matches!(written.next(), Some("this" | ""));
                if written.any(|name| name == "this") {
                    self.fault(
                        "bad-template",
                        &format!("`this` cannot stand inside of `{raw}`"),
                        "it begins a name: `this.name`",
                        at,
                    );
                    return None;
                }
                if this {
                    return self.member(names, raw, at);
                }
                self.reference(names, raw, at)
            }
        }
    }

    fn member(&mut self, below: Vec<Box<str>>, raw: &str, at: usize) -> Option<Expression> {
        if self.blocks.is_empty() {
            self.fault(
                "undefined-name",
                &format!(
                    "`{raw}` stands for the member of an `#each`, and there is none around it"
                ),
                "write the name of a variable",
                at,
            );
            return None;
        }
        Some(local(0, LocalPart::Member, below, raw))
    }

    fn at_name(&mut self, level: usize, name: &str, raw: &str, at: usize) -> Option<Expression> {
        let part = match name {
            "index" => LocalPart::Index,
            "key" => LocalPart::Key,
            "first" => LocalPart::First,
            "last" => LocalPart::Last,
            _ => {
                self.fault(
                    "undefined-name",
                    &format!("there is no `{raw}`"),
                    "inside `#each` there are `@index`, `@key`, `@first` and `@last`",
                    at,
                );
                return None;
            }
        };
        if level >= self.blocks.len() {
            let help = "write it between `{{#each …}}` and `{{/each}}`";
            let message = format!("`{raw}` stands outside of an `#each`");
            self.fault("undefined-name", &message, help, at);
            return None;
        }
        Some(local(level, part, Vec::new(), raw))
    }

    /// A block's parameter, or a variable; never a helper call.
    fn reference(&mut self, names: Vec<Box<str>>, raw: &str, at: usize) -> Option<Expression> {
        let (first, below) = names.split_first()?;
        for (level, block) in self.blocks.iter().rev().enumerate() {
            if block.member.as_deref() == Some(&**first) {
                return Some(local(level, LocalPart::Member, below.to_vec(), raw));
            }
            if block.index.as_deref() == Some(&**first) {
                return Some(local(level, LocalPart::Index, below.to_vec(), raw));
            }
        }
        match self.names.resolve(first) {
            Ok(root) => Some(Expression {
                text: Arc::from(raw),
                kind: ExpressionKind::Name(Reference::new(
                    root,
                    below.iter().map(|name| &**name),
                    raw,
                )),
            }),
            Err(mut fault) => {
                fault.range = Some(self.range_of(raw, at));
                self.faults.push(fault);
                None
            }
        }
    }

    fn fault(&mut self, code: &'static str, message: &str, help: &str, at: usize) {
        self.faults.push(TemplateFault {
            code,
            message: message.to_owned(),
            help: (!help.is_empty()).then(|| help.to_owned()),
            range: Some(self.range(at)),
        });
    }

    /// Where a name stands in an expression, of which it is a whole word.
    fn range_of(&self, name: &str, at: usize) -> std::ops::Range<usize> {
        let range = self.range(at);
        let expression = self.source.get(range.clone()).unwrap_or_default();
        let is_part = |c: char| c.is_alphanumeric() || "_-.$@\"'".contains(c);
        let whole = |found: usize| {
            let before = expression.get(..found).unwrap_or_default();
            let after = expression.get(found + name.len()..).unwrap_or_default();
            !before.ends_with(is_part) && !after.starts_with(is_part)
        };
        match expression.match_indices(name).find(|(found, _)| !name.is_empty() && whole(*found)) {
            Some((found, _)) => range.start + found..range.start + found + name.len(),
            None => range,
        }
    }

    /// From an expression's opening braces to its closing ones.
    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let rest = &self.source[at..];
        let length = rest.find("}}").map_or(rest.len(), |end| {
            end + rest[end..].bytes().take_while(|byte| *byte == b'}').count()
        });
        at..at + length
    }
}

fn local(level: usize, part: LocalPart, below: Vec<Box<str>>, raw: &str) -> Expression {
    Expression { text: Arc::from(raw), kind: ExpressionKind::Local(Local { level, part, below }) }
}

fn block_names(params: Option<&BlockParam>) -> BlockNames {
    let name = |parameter: &Parameter| parameter.as_name().map(str::to_owned);
    match params {
        Some(BlockParam::Single(member)) => BlockNames { member: name(member), index: None },
        Some(BlockParam::Pair((member, index))) => {
            BlockNames { member: name(member), index: name(index) }
        }
        _ => BlockNames::default(),
    }
}
