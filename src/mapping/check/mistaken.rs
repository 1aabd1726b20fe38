//! What is well-formed and surely meant otherwise: words of the format that became texts, stars that
//! match nothing, paths to what no path reads.

use super::super::diagnostic::{Diagnostic, Span};
use super::super::yaml::Node;
use super::Checker;

impl Checker<'_, '_> {
    /// Warns of a text to be equal to that was meant to be a test.
    pub(super) fn mistaken_operand(&mut self, node: &Node) {
        let Some(text) = node.as_str() else { return };
        if matches!(text, "exists" | "empty") {
            let message = format!("this asks whether it is the text `{text}`");
            let help = format!("write `{{ {text}: true }}` to ask whether it {}", asks(text));
            self.mistaken("word-as-text", node.span, message, &help);
            return;
        }
        if let Some(test) = meant_by_stars(text) {
            let message = "`*` is an ordinary character here: there are no patterns with it";
            let help = format!("write `{{ {test} }}`");
            self.mistaken("star-in-condition", node.span, message, &help);
        }
    }

    /// Warns of a path to the member of a `for_each`: paths read the event.
    pub(super) fn mistaken_path(&mut self, text: &str, span: Span, is_subject: bool) {
        let below = ["item", "index"].into_iter().find(|name| {
            let rest = text.strip_prefix("$.").and_then(|path| path.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        let Some(name) = below.filter(|_| self.scopes.in_member && !self.scopes.in_answer) else {
            return;
        };
        let message = format!("a path reads the event, and not `{name}` of `for_each`");
        let reference = text.trim_start_matches("$.");
        let help = match (reference.contains(['[', '?', '*']), is_subject) {
            (true, _) => format!("name what stands below it, dotted: `{name}.x`"),
            (false, true) => format!("write `{reference}`, without `$.`"),
            (false, false) => format!("write `{{ from: {reference} }}`"),
        };
        self.mistaken("path-of-member", span, message, &help);
    }

    fn mistaken(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        let diagnostic = Diagnostic::warning(code, self.source, span, message);
        self.report.push(diagnostic.help(help));
    }
}

fn asks(test: &str) -> &'static str {
    if test == "exists" { "is there" } else { "is absent, null or empty" }
}

/// The test that does what a star at an end of a text does elsewhere.
fn meant_by_stars(text: &str) -> Option<String> {
    let core = text.trim_matches('*');
    let test = match (text.starts_with('*'), text.ends_with('*')) {
        (false, false) => return None,
        (true, true) if core.is_empty() => return Some("exists: true".to_owned()),
        (true, true) => "contains",
        (true, false) => "suffix",
        (false, true) => "prefix",
    };
    // What is left has to stay a text, whatever it looks like.
    let written = serde_json::Value::from(core);
    Some(format!("{test}: {written}"))
}
