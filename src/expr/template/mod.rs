//! Templates: Handlebars' syntax, checked at load, evaluated by us with types kept. The only folder
//! that names the Handlebars crate, and of that crate only the parser: its renderer calls missing
//! values false, prints objects as `[object]` and escapes for HTML.

mod eval;
mod parse;
mod place;
mod source;
mod syntax;
mod xml;

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::Path;
use super::Table;
use super::helpers::Helper;
use super::reference::{Reference, Root};

pub use place::{Place, RESERVED};

/// A compiled template.
#[derive(Debug, Clone)]
pub struct Template {
    /// As written.
    source: Arc<str>,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone)]
enum Node {
    Text {
        text: Box<str>,
        /// Where it begins in the source.
        at: usize,
    },
    Print(Expression),
    If {
        test: Expression,
        negate: bool,
        then: Vec<Node>,
        otherwise: Vec<Node>,
    },
    Each {
        over: Expression,
        each: Vec<Node>,
        otherwise: Vec<Node>,
    },
}

/// Something that has a value.
#[derive(Debug, Clone)]
struct Expression {
    kind: ExpressionKind,
    /// As written, for messages.
    text: Arc<str>,
    /// Where the braces around it begin in the source; of the block of an `{{else if}}`, where the
    /// whole block begins.
    at: usize,
}

#[derive(Debug, Clone)]
enum ExpressionKind {
    Literal(Value),
    Name(Reference),
    Local(Local),
    Call(&'static Helper, Vec<Expression>),
    /// `lookup` in a table of the mapping.
    Table(Arc<Table>, Box<Expression>),
    /// `path`: the first node of the event, or of an answer's body.
    Select(Path),
    Uuid,
}

/// A name that an enclosing `#each` gives.
#[derive(Debug, Clone)]
struct Local {
    /// How many `#each` further out: 0 is the innermost.
    level: usize,
    part: LocalPart,
    below: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LocalPart {
    Member,
    Index,
    Key,
    First,
    Last,
}

/// A piece of literal text, after `${…}` was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The author's own text.
    Written(String),
    /// What the environment gave: data, which is escaped for its place.
    Given(String),
}

/// What a template's text refers to, resolved while it is compiled.
pub trait Names {
    /// What a dotted name stands for, and how many of its parts say so: the others lead below it.
    fn resolve(&mut self, names: &[&str]) -> Result<(Root, usize), TemplateFault>;

    /// The look-up table of that name; by default there is none.
    fn table(&mut self, _: &str) -> Option<Arc<Table>> {
        None
    }

    /// Notes that the document is read: the event, or an answer's body.
    fn reads_document(&mut self) {}

    /// Replaces `${…}` in literal text that begins at `offset` of the template. Faults are the
    /// implementor's to report.
    fn environment(&mut self, text: &str, offset: usize) -> Vec<Piece>;
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// Diagnostic code.
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    /// Where in the template's text, in bytes.
    pub range: Option<Range<usize>>,
}

impl Template {
    /// Compiles a template; every fault that was found is returned, not the first alone.
    pub fn parse(
        source: &str,
        unescaped: Unescaped,
        names: &mut dyn Names,
    ) -> Result<Self, Vec<TemplateFault>> {
        parse::template(source, unescaped, names)
    }

    /// What nobody wrote: the value of a name.
    pub fn of_name(name: Reference) -> Self {
        let text = Arc::clone(&name.text);
        let kind = ExpressionKind::Name(name);
        let print = Node::Print(Expression { kind, text: Arc::clone(&text), at: 0 });
        Self { source: text, nodes: vec![print] }
    }

    /// As written.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The text, if there is no expression in it.
    pub fn as_literal(&self) -> Option<String> {
        self.nodes
            .iter()
            .map(|node| match node {
                Node::Text { text, .. } => Some(&**text),
                Node::Print(Expression { kind: ExpressionKind::Literal(value), .. }) => {
                    value.as_str()
                }
                _ => None,
            })
            .collect()
    }

    /// The name, if the template is exactly one name.
    pub fn as_name(&self) -> Option<&Reference> {
        match self.nodes.as_slice() {
            [Node::Print(Expression { kind: ExpressionKind::Name(name), .. })] => Some(name),
            _ => None,
        }
    }

    /// Whether the last thing written is this literal character.
    pub fn ends_with(&self, last: char) -> bool {
        matches!(self.nodes.last(), Some(Node::Text { text, .. }) if text.ends_with(last))
    }
}

/// Whether `{{{x}}}` and `{{&x}}` may stand in a template: only where text is sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unescaped {
    Allowed,
    Refused,
}

#[cfg(test)]
mod tests;
