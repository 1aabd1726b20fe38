//! Calls: each helper is known, gets as many arguments as it takes, and none that it cannot take.

use std::sync::Arc;

use handlebars::template::{HelperTemplate, Parameter};
use handlebars::{Path as ParsedPath, PathSeg};
use serde_json::Value;

use super::super::super::Path;
use super::super::super::helpers::{self, Helper, Pointless};
use super::super::{Expression, ExpressionKind, TemplateFault, source};
use super::Compiler;

impl Compiler<'_> {
    pub(super) fn call(&mut self, call: &HelperTemplate, at: usize) -> Option<Expression> {
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
        match (name, params) {
            ("path", [Parameter::Literal(Value::String(text))]) => return self.select(text, at),
            ("uuid", []) => return Some(uuid(at)),
            ("path" | "uuid", _) => {
                let message = match name {
                    "uuid" => "`uuid` takes no arguments",
                    _ => "`path` takes one JSONPath, written in quotes",
                };
                let help = match name {
                    "uuid" => "write `{{uuid}}`",
                    _ => "write e.g. `{{path \"$.pb_data.sim_info.imsi\"}}`",
                };
                self.fault("wrong-arguments", message, help, at);
                return None;
            }
            ("lookup", [Parameter::Path(table), key]) => {
                if let Some(table) = table_name(table).and_then(|name| self.names.table(name)) {
                    let key = self.parameter(key, at)?;
                    let text = Arc::from(format!("{name} … {}", key.text));
                    let kind = ExpressionKind::Table(table, Box::new(key));
                    return Some(Expression { kind, text, at });
                }
            }
            _ => {}
        }
        let Some(helper) = helpers::find(name) else {
            let help = match self.names.resolve(&[name]) {
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
        for (position, (param, argument)) in params.iter().zip(&arguments).enumerate() {
            self.check_literal(helper, position, (param, argument), at);
        }
        let shown: Vec<&str> = arguments.iter().map(|argument| &*argument.text).collect();
        Some(Expression {
            text: Arc::from(format!("{name} {}", shown.join(" "))),
            kind: ExpressionKind::Call(helper, arguments),
            at,
        })
    }

    /// `path "$.a"`.
    fn select(&mut self, text: &str, at: usize) -> Option<Expression> {
        self.names.reads_document();
        match Path::parse(text) {
            Ok(path) => Some(Expression {
                text: Arc::from(format!("path {text:?}")),
                kind: ExpressionKind::Select(path),
                at,
            }),
            Err(fault) => {
                let whole = source::expression(self.source, at);
                // As long as nothing in it is escaped, the path stands there as it is.
                let begins = self.source.get(whole.clone()).and_then(|call| call.find(text));
                let place = begins.zip(fault.range).map(|(begins, range)| {
                    let begins = whole.start + begins;
                    begins + range.start..begins + range.end
                });
                self.faults.push(TemplateFault {
                    code: "bad-path",
                    message: fault.message,
                    help: Some(fault.help),
                    range: Some(place.unwrap_or(whole)),
                });
                None
            }
        }
    }

    fn wrong_count(&mut self, helper: &Helper, given: usize, at: usize) {
        let message = format!("`{}` takes {}, here are {given}", helper.name, helper.arity());
        self.fault("wrong-arguments", &message, &format!("write `{{{{{}}}}}`", helper.usage), at);
    }

    /// Only what the author wrote is judged here: what the environment gives may be a stand-in, or
    /// a secret that no message may repeat.
    fn check_literal(
        &mut self,
        helper: &Helper,
        position: usize,
        (param, argument): (&Parameter, &Expression),
        at: usize,
    ) {
        let (Parameter::Literal(written), ExpressionKind::Literal(value)) = (param, &argument.kind)
        else {
            return;
        };
        if written != value {
            return;
        }
        let name = helper.name;
        if let Err(reason) = helper.check(position, value) {
            let message = format!("`{name}` would fail on every event: {reason}");
            let help = format!("write e.g. `{{{{{}}}}}`", helper.usage);
            self.fault("bad-argument", &message, &help, at);
        } else if let Some(Pointless { reason, help }) = helper.doubt(position, value) {
            let message = format!("`{name}` would give the same for every event: {reason}");
            self.fault("bad-argument", &message, &help, at);
        }
    }
}

pub(super) fn uuid(at: usize) -> Expression {
    Expression { text: Arc::from("uuid"), kind: ExpressionKind::Uuid, at }
}

/// The name that a path is, if it is no more than one.
fn table_name(path: &ParsedPath) -> Option<&str> {
    match path {
        ParsedPath::Relative((segments, _)) => match segments.as_slice() {
            [PathSeg::Named(name)] => Some(name),
            _ => None,
        },
        ParsedPath::Local(_) => None,
    }
}
