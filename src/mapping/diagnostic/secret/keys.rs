//! Keys, and what may stand before a value or for one: anchors, tags, aliases.

use super::lines::{ends_key, is_blank};
use super::names::{self, Meaning, Regime};
use super::scan::{Pending, Scan};
use super::values::quote_end;

impl Scan<'_, '_> {
    /// A key that stands alone behind `?`.
    pub(super) fn explicit_key(&mut self) {
        let name = self.rest_of_line().trim_start();
        if name.is_empty() || name.contains([':', '{', '[', '|', '>']) {
            return;
        }
        self.key(name, self.at);
        self.explicit = self.pending.take();
        self.at += self.rest_of_line().len();
    }

    /// A text: a key, or a value.
    pub(super) fn piece(&mut self) {
        if let Some(pending) = self.pending.take_if(|pending| pending.on_its_line) {
            return self.value(pending);
        }
        let start = self.at;
        let end = if self.regime() == Regime::Nothing { None } else { self.key_end() };
        if let Some((end, colon)) = end {
            self.key(&self.text[start..end], start);
            self.at = colon + 1;
            return;
        }
        match self.pending.take() {
            Some(pending) => self.value(pending),
            None if self.regime() >= Regime::Keys => {
                let column = self.column().saturating_sub(1);
                self.hidden_value(false, column);
            }
            None => self.lost_colon(),
        }
    }

    /// Where the key ends that begins here, and where its colon stands.
    fn key_end(&self) -> Option<(usize, usize)> {
        let line = self.rest_of_line();
        let name_end = match line.chars().next()? {
            '"' | '\'' => quote_end(line, |_| false).ok()?,
            _ => self.plain_end(line, true),
        };
        let colon = name_end + (line[name_end..].len() - line[name_end..].trim_start().len());
        let is_key = line[colon..].starts_with(':')
            && (ends_key(&line[colon + 1..])
                || (line.starts_with(['"', '\'']) && self.in_brackets())
                || line[colon + 1..].starts_with([',', '}', ']']));
        (is_key && name_end > 0).then_some((self.at + name_end, self.at + colon))
    }

    fn key(&mut self, written: &str, start: usize) {
        let around = self.regime();
        let name = written.trim_matches(['"', '\'']);
        let mut meaning = names::meaning(name, around);
        if self.awaits_value && name == "value" {
            meaning = Meaning { below: Regime::Keys.max(around), hides: true };
        }
        self.awaits_value &= name != "value" && !names::ends_targets(name);
        self.awaits_value |= names::has_secret_value(name);
        self.at = start;
        let column = if self.in_brackets() { 0 } else { self.column() };
        self.pending = Some(Pending {
            meaning,
            may_be_path: around == Regime::Names && name != "value",
            column,
            on_its_line: true,
        });
    }

    /// `&name`, `!tag` and `*name`, which stand before a value or for one.
    pub(super) fn property(&mut self, sign: char) {
        let line = self.rest_of_line();
        let end = line.find(|c: char| is_blank(c) || (self.in_brackets() && ",}]".contains(c)));
        let (name, follows) = line.split_at(end.unwrap_or(line.len()));
        let hides = self.pending.map_or(self.regime() >= Regime::Keys, |p| p.meaning.hides);
        let stands_alone = follows.trim_start().is_empty() || follows.starts_with([',', '}', ']']);
        let label = name.get(1..).unwrap_or_default();
        match sign {
            // `&token: x` has its sign by mistake.
            _ if name.len() > 1 && name.ends_with(':') => {
                self.at += 1;
                return;
            }
            '*' if self.anchors.contains(label) => {
                let below = self.pending.take().map_or(self.regime(), |p| p.meaning.below);
                if hides {
                    self.aliases.insert(label, below);
                }
            }
            '&' if !(hides && stands_alone && self.pending.is_some_and(|p| p.on_its_line)) => {
                self.anchors.insert(label);
                if let Some(below) = self.secret_anchors.get(label) {
                    self.anchored_secret(*below);
                }
            }
            '!' if !hides || name.starts_with("!!") => {}
            _ => return self.piece(),
        }
        self.at += name.len();
    }

    /// What follows is a secret by the place where an alias repeats it.
    fn anchored_secret(&mut self, below: Regime) {
        let pending = self.pending.unwrap_or(Pending {
            meaning: Meaning { below, hides: true },
            may_be_path: false,
            column: self.indentation,
            on_its_line: true,
        });
        let meaning = Meaning { below: pending.meaning.below.max(below), hides: true };
        self.pending = Some(Pending { meaning, ..pending });
    }
}
