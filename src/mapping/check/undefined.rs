//! Names that nothing defines: what was meant, each told once where one cure mends them all.

use std::collections::HashMap;

use super::super::diagnostic::Span;
use super::super::names::did_you_mean;
use super::Checker;
use crate::expr::helpers;
use crate::expr::template::TemplateFault;

/// What was found of a file so far.
#[derive(Default)]
pub(super) struct Undefined {
    /// How often each word stands in the file; counted when it is first asked for.
    words: Option<HashMap<Box<str>, usize>>,
    /// How many names were looked at.
    seen: usize,
    /// Messages of which the first is enough, and whether it was told.
    once: HashMap<String, bool>,
}

/// For more unknown names than this of one file none is looked for that was meant.
const MOST_LOOKED_AT: usize = 1_000;

impl Checker<'_, '_> {
    /// Why a name stands for nothing; the fault has no place yet.
    pub(super) fn undefined_name(&mut self, name: &str) -> TemplateFault {
        let message = match name {
            "$" => "a JSONPath is not followed inside a template".to_owned(),
            name => format!("nothing defines `{name}`"),
        };
        let look = self.may_look_around();
        let visible = self.scopes.visible().chain(self.table_names());
        let near = did_you_mean(name, visible.filter(|_| look));
        let near = near.map(str::to_owned);
        let help = match near {
            Some(near) if self.stands_alone(&near) => {
                self.undefined.once.entry(message.clone()).or_default();
                format!("did you mean `{near}`, which is defined and not used?")
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                self.undefined.once.entry(message.clone()).or_default();
                self.definition(name)
            }
        };
        TemplateFault { code: "undefined-name", message, help: Some(help), range: None }
    }

    /// Whether to look for the name that was meant, which costs as much as there are.
    pub(super) fn may_look_around(&mut self) -> bool {
        self.undefined.seen += 1;
        self.undefined.seen <= MOST_LOOKED_AT
    }

    /// How to define what is like no other name, or what to write in its place.
    fn definition(&self, name: &str) -> String {
        let is_literal = matches!(name, "true" | "false" | "null") || name.parse::<f64>().is_ok();
        if self.has_table(name) {
            format!("`{name}` is a table: write `{{{{lookup {name} key}}}}`, or `map: {name}`")
        } else if self.saved_anywhere.contains(name) {
            "a step saves it: only later steps of the same rule can see it".to_owned()
        } else if self.is_of_session(name) {
            format!("the target's log-in saves it: write `session.{name}`")
        } else if helpers::is_helper(name) {
            format!("`{name}` is a helper and takes arguments: `{{{{{name} …}}}}`")
        } else if name == "$" {
            "a template reads the event by name, e.g. `{{event.pb_data}}`; a JSONPath belongs into \
             a variable under `extract`"
                .to_owned()
        } else if name.contains(['“', '”', '„', '‘', '’', '«', '»']) {
            "a text stands in straight quotes: `\"` or `'`".to_owned()
        } else if is_literal {
            format!("a value that is always the same stands without braces: `{name}`")
        } else if self.scopes.in_answer {
            format!(
                "define `{name}` under `extract`; of an answer there are `status`, `headers`, \
                 `body` and `text`"
            )
        } else {
            define(name)
        }
    }

    /// Whether a variable is named nowhere but where it is defined.
    fn stands_alone(&mut self, name: &str) -> bool {
        let source = self.source;
        let words = self.undefined.words.get_or_insert_with(|| {
            let mut words = HashMap::new();
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            for word in source.text().split(|c| !is_part(c)) {
                *words.entry(Box::from(word)).or_default() += 1;
            }
            words
        });
        self.scopes.sees(name) && words.get(name) == Some(&1)
    }

    /// Reports a mistake, unless it is one of which a place before this one was told.
    pub(super) fn error_once(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
        help: &str,
    ) {
        match self.undefined.once.get_mut(&message) {
            Some(true) => self.failed = true,
            told => {
                told.into_iter().for_each(|told| *told = true);
                self.error(code, span, message, help);
            }
        }
    }
}

/// The cure for a name that is like no other.
pub(super) fn define(name: &str) -> String {
    format!("define `{name}` under `extract`, or write `event.{name}` for a member of the event")
}
