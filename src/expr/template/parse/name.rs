//! Names: members of the loops around, or what the names of the mapping stand for.

use std::sync::Arc;

use handlebars::{Path as ParsedPath, PathSeg};

use super::super::super::reference::Reference;
use super::super::source;
use super::super::{Expression, ExpressionKind, Local, LocalPart};
use super::Compiler;

impl Compiler<'_> {
    pub(super) fn name(&mut self, path: &ParsedPath, at: usize) -> Option<Expression> {
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
        Some(local(Local { level: 0, part: LocalPart::Member, below }, raw, at))
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
            self.fault("undefined-name", &format!("`{raw}` stands outside of an `#each`"), "", at);
            return None;
        }
        Some(local(Local { level, part, below: Vec::new() }, raw, at))
    }

    /// A block's parameter, or a variable; never a helper call.
    pub(super) fn reference(
        &mut self,
        names: Vec<Box<str>>,
        raw: &str,
        at: usize,
    ) -> Option<Expression> {
        let (first, below) = names.split_first()?;
        for (level, block) in self.blocks.iter().rev().enumerate() {
            if block.member.as_deref() == Some(&**first) {
                let part = LocalPart::Member;
                return Some(local(Local { level, part, below: below.to_vec() }, raw, at));
            }
            if block.index.as_deref() == Some(&**first) {
                let part = LocalPart::Index;
                return Some(local(Local { level, part, below: below.to_vec() }, raw, at));
            }
        }
        if &**first == "uuid" && below.is_empty() {
            return Some(super::call::uuid(at));
        }
        let whole: Vec<&str> = names.iter().map(|name| &**name).collect();
        match self.names.resolve(&whole) {
            Ok((root, used)) => Some(Expression {
                text: Arc::from(raw),
                kind: ExpressionKind::Name(Reference::new(root, whole.into_iter().skip(used), raw)),
                at,
            }),
            Err(mut fault) => {
                fault.range = Some(source::expression(self.source, at));
                self.faults.push(fault);
                None
            }
        }
    }
}

fn local(local: Local, raw: &str, at: usize) -> Expression {
    Expression { text: Arc::from(raw), kind: ExpressionKind::Local(local), at }
}
