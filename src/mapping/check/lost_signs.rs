//! Texts that look like a template or a value from the environment, but lack a sign for it: `{imsi}`,
//! `{{imsi}` and `$TOKEN` are sent as they are written.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::diagnostic::Diagnostic;
use super::super::yaml::Node;
use super::Checker;

/// `{name}` and `{name}}`, with what stands before it.
static BRACED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^{$\\])(\{\s*([a-z_][a-z0-9_-]*)[a-z0-9_.-]*\s*\}\}?)").ok()
});

/// `$NAME`, `$NAME}` and `$NAME:-fallback}`, with what stands before it.
static DOLLAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9A-Za-z$\\])(\$([A-Z_][A-Z0-9_]{2,})(?::-[^}]*)?\}?)").ok()
});

impl Checker<'_, '_> {
    /// Warns of the first place in a text, which begins at `base` of the node, where signs are lost.
    pub(super) fn lost_signs(&mut self, node: &Node, base: usize, text: &str, template: bool) {
        if let Some((range, _)) = found(&DOLLAR, text) {
            let message = "this is sent as it is written: the environment is not asked";
            self.lost(node, base, range, message, "write `${NAME}`, with braces");
        }
        let braced = found(&BRACED, text).filter(|(range, name)| {
            template
                && (text.get(range.clone()).is_some_and(|t| t.ends_with("}}")) || self.knows(name))
        });
        if let Some((range, _)) = braced {
            let inner = text.get(range.clone()).unwrap_or_default().trim_matches(['{', '}']);
            let message = "this is sent as it is written: braces are lost for a template";
            let help = format!("write `{{{{{inner}}}}}`");
            self.lost(node, base, range, message, &help);
        }
    }

    fn lost(&mut self, node: &Node, base: usize, range: Range<usize>, message: &str, help: &str) {
        let span = node.span_within(self.source, base + range.start..base + range.end);
        let diagnostic = Diagnostic::warning("lost-sign", self.source, span, message);
        self.report.push(diagnostic.covering().help(help));
    }
}

fn found<'t>(pattern: &Option<Regex>, text: &'t str) -> Option<(Range<usize>, &'t str)> {
    let captures = pattern.as_ref()?.captures(text)?;
    Some((captures.get(1)?.range(), captures.get(2)?.as_str()))
}
