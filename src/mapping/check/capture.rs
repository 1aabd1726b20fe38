//! What a regular expression takes: whether its first group has something wherever it matches.

use regex_syntax::hir::{Hir, HirKind};

use super::super::document::decode::Text;
use super::Checker;

impl Checker<'_, '_> {
    /// Warns of a `capture` that can match and take nothing, which counts as absent.
    pub(super) fn group_that_may_be_skipped(&mut self, text: &Text, pattern: &str) {
        let Ok(hir) = regex_syntax::parse(pattern) else { return };
        if !has_group(&hir) || takes(&hir) {
            return;
        }
        let message = "the first `(…)` of this regular expression can be skipped: it may match and \
                       take nothing, which counts as absent";
        let help = "write `(?:…)` for groups that only group, or put the `?`, `*` or `|` inside \
                    the first `(…)`";
        self.warning("capture-skips", text.span(), message, help);
    }
}

fn has_group(hir: &Hir) -> bool {
    hir.properties().explicit_captures_len() > 0
}

/// Whether the first group is part of every match.
fn takes(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => group.index == 1 || takes(&group.sub),
        HirKind::Concat(parts) => parts.iter().any(takes),
        HirKind::Alternation(branches) => branches.iter().all(takes),
        HirKind::Repetition(repeated) => repeated.min > 0 && takes(&repeated.sub),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_skipped_where_a_match_can_do_without_it() {
        for (pattern, expected) in [
            (r"^(\d+)@msisdn$", true),
            (r"^(\d*)$", true),
            (r"(?:\+|00)?(\d+)", true),
            (r"((\d)?x)", true),
            (r"(?:(\d+))+", true),
            (r"(?:a(b)|a(b))", false),
            (r"^(\+)?(\d+)$", false),
            (r"(\d+)?@msisdn", false),
            (r"(\d+)*", false),
            (r"(a)|b", false),
            (r"(a){0,3}", false),
            (r"(?<number>\d+)|x", false),
        ] {
            let hir = regex_syntax::parse(pattern).unwrap();
            assert!(has_group(&hir), "{pattern}");
            assert_eq!(takes(&hir), expected, "{pattern}");
        }
        assert!(!has_group(&regex_syntax::parse(r"^(?:\d+)?$").unwrap()));
    }
}
