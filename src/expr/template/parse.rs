//! Handlebars' tree to our own nodes, with every name resolved and every helper call checked.

mod call;
mod name;
mod plain;

use std::sync::Arc;

use handlebars::template::{
    BlockParam, HelperTemplate, Parameter, Template as Parsed, TemplateElement,
};
use serde_json::Value;

use super::source::{self, Walk};
use super::syntax::{self, Cursor};
use super::{Expression, ExpressionKind, Names, Node, Piece, Template, TemplateFault, Unescaped};

pub(super) fn template(
    source: &str,
    unescaped: Unescaped,
    names: &mut dyn Names,
) -> Result<Template, Vec<TemplateFault>> {
    syntax::bounded(source).map_err(|fault| vec![fault])?;
    let mut compiler = Compiler {
        source,
        unescaped,
        names,
        blocks: Vec::new(),
        faults: Vec::new(),
        cursor: Cursor::START,
    };
    let nodes = match plain::parts(source) {
        Some(parts) => compiler.parts(&parts),
        None => {
            let parsed = Parsed::compile(source);
            let parsed = parsed.map_err(|error| vec![syntax::explain(source, &error)])?;
            compiler.nodes(&parsed, 0)
        }
    };
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

    fn text(&mut self, text: &str, anchor: usize, nodes: &mut Vec<Node>) {
        let mut at = source::begin(self.source, anchor, text);
        for piece in self.names.environment(text, at) {
            match piece {
                Piece::Written(text) if text.is_empty() => {}
                Piece::Written(text) => {
                    let end = Walk::new(self.source, at).along(&text);
                    nodes.push(Node::Text { text: text.into(), at });
                    at = end;
                }
                Piece::Given(text) => {
                    nodes.push(Node::Print(Expression {
                        text: Arc::from("${…}"),
                        kind: ExpressionKind::Literal(Value::String(text)),
                        at,
                    }));
                    at = source::expression(self.source, at).end;
                }
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

    fn parameter(&mut self, parameter: &Parameter, at: usize) -> Option<Expression> {
        match parameter {
            Parameter::Literal(literal) => Some(Expression {
                text: Arc::from(literal.to_string()),
                kind: ExpressionKind::Literal(self.literal(literal, at)),
                at,
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

    fn fault(&mut self, code: &'static str, message: &str, help: &str, at: usize) {
        self.faults.push(TemplateFault {
            code,
            message: message.to_owned(),
            help: (!help.is_empty()).then(|| help.to_owned()),
            range: Some(source::expression(self.source, at)),
        });
    }
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
