//! Which event types a rule is for: an exact name, or a glob.

use std::fmt;

/// `SIM/Updated`, `SIM/*`, `*`: `*` stands for any run of characters, `/` included. Compared
/// case-sensitively.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventPattern {
    text: Box<str>,
}

impl EventPattern {
    /// A pattern from its text; `None` if the text is empty or holds a control character.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = !text.is_empty() && !text.chars().any(char::is_control);
        sound.then(|| Self { text: text.into() })
    }

    /// The one event type that matches; `None` if there may be several.
    pub fn name(&self) -> Option<&str> {
        (!self.text.contains('*')).then_some(&*self.text)
    }

    /// Whether an event type matches.
    pub fn matches(&self, event_type: &str) -> bool {
        let Some((prefix, others)) = self.text.split_once('*') else {
            return *self.text == *event_type;
        };
        let Some(rest) = event_type.strip_prefix(prefix) else { return false };
        let (middle, suffix) = others.rsplit_once('*').unwrap_or(("", others));
        // Leftmost matches of the middle parts leave the most room for the suffix.
        let behind = middle
            .split('*')
            .try_fold(rest, |rest, part| rest.find(part).map(|at| &rest[at + part.len()..]));
        behind.is_some_and(|rest| rest.ends_with(suffix))
    }

    /// Whether every event type that `other` matches is matched by this pattern too. Exact for
    /// plain names and for patterns with one trailing `*`; otherwise it may say no.
    pub fn covers(&self, other: &Self) -> bool {
        if self == other || &*self.text == "*" {
            return true;
        }
        match self.text.strip_suffix('*') {
            Some(prefix) if !prefix.contains('*') => other.text.starts_with(prefix),
            _ => !other.text.contains('*') && self.matches(&other.text),
        }
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> EventPattern {
        EventPattern::parse(text).expect(text)
    }

    #[test]
    fn a_pattern_matches_whole_names_case_sensitively() {
        for (glob, event_type, expected) in [
            ("SIM/Updated", "SIM/Updated", true),
            ("SIM/Updated", "SIM/UpdatedX", false),
            ("SIM/Updated", "sim/updated", false),
            ("SIM/*", "SIM/Created", true),
            ("SIM/*", "SIM/", true),
            ("SIM/*", "DID/Created", false),
            ("*", "", true),
            ("*/Created", "SIM/Created", true),
            ("*/Created", "SIM/CreatedX", false),
            ("S*M/*ed", "SIM/Updated", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(pattern(glob).matches(event_type), expected, "{glob} on {event_type}");
        }
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one() {
        for (wide, narrow, expected) in [
            ("*", "SIM/*", true),
            ("SIM/*", "SIM/Updated", true),
            ("SIM/*", "SIM/Up*", true),
            ("SIM/Updated", "SIM/*", false),
            ("*/Updated", "SIM/Updated", true),
            ("DID/*", "SIM/Updated", false),
        ] {
            assert_eq!(pattern(wide).covers(&pattern(narrow)), expected, "{wide} over {narrow}");
        }
    }
}
