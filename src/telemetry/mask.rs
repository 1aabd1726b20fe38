//! What must never be read in a log: secrets, and identifiers of subscribers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

pub use super::identifiers::{IdentifierMode, Identifiers};
use super::scout::Scout;
use super::spans::{self, HIDDEN, Span};
use super::{encodings, identifiers};

/// Fewest bytes of a secret that is looked for; a shorter one would hide half of every text.
const SHORTEST_SECRET: usize = 8;

/// Most bytes of a secret that a value may be without being taken for it.
const SHORTEST_WHOLE: usize = 2;

/// Bytes of a secret that are looked for; of a longer one, what follows them is masked with them.
pub(super) const LONGEST_SECRET: usize = 4096;

/// No occurrence of anything that is masked is longer than this, in bytes, unless it is masked up
/// to the end of its text.
pub(super) const LONGEST_FORM: usize = LONGEST_SECRET * encodings::GROWTH;

const _: () = assert!(identifiers::LONGEST_FORM <= LONGEST_FORM);

/// Secret texts, found wherever they occur and in every encoding in which they are sent: as they
/// are, percent-encoded (RFC 3986) and form-encoded, XML-escaped, JSON-escaped, and in base64 of
/// either alphabet. Base64 of a longer text that merely contains a secret is not recognized:
/// `user:password`, as HTTP Basic sends it, has to be registered as a secret of its own.
#[derive(Clone, Default)]
pub struct Secrets {
    texts: BTreeSet<String>,
    /// Those that are too short to be looked for.
    short: BTreeSet<String>,
    finder: Finder,
}

#[derive(Clone, Default)]
enum Finder {
    #[default]
    Nothing,
    Forms {
        /// Tells of most texts that the automaton has nothing to find.
        scout: Scout,
        automaton: AhoCorasick,
        /// By pattern: the secret goes on, and everything up to the end of the text is masked.
        is_open: Vec<bool>,
    },
    /// The automaton could not be built. Rather no text at all than one with a secret.
    Everything,
}

/// How many there are, and not one of them.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.texts.len())
    }
}

/// Hides what must not be shown.
pub trait Mask {
    /// The text with `***` in place of every secret.
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str>;
}

impl Mask for Secrets {
    fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.mask(text)
    }
}

impl Secrets {
    /// Texts of fewer than 8 bytes are left out: they would be found where nobody meant them.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter().filter(|text| !text.is_empty());
        let (texts, short): (BTreeSet<String>, BTreeSet<String>) =
            secrets.partition(|text| text.len() >= SHORTEST_SECRET);
        let finder = Finder::new(&texts);
        Self { texts, short, finder }
    }

    /// The secrets of both.
    pub fn merge(&self, other: &Secrets) -> Secrets {
        let both = self.texts.union(&other.texts).chain(self.short.union(&other.short));
        Secrets::new(both.cloned())
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// `text` with `***` in place of every secret of 8 bytes or more. Where secrets overlap, all
    /// that belongs to any of them becomes one `***`.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        spans::replace(Cow::Borrowed(text), text.len(), self.spans(text)).0
    }

    /// The same, for a value that stands by itself: a short secret is masked if it is all of it. One
    /// or two characters are a flag rather than a secret.
    pub fn mask_whole<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask_whole(text, &[self], |text| self.mask(text))
    }

    /// The same, for the value of a header or a parameter, where secrets of any length have their
    /// place: a short one is masked also within it, and one or two characters if they are all of it
    /// or all that is behind a scheme (`Bearer ab`).
    pub fn mask_field<'t>(&self, text: &'t str) -> Cow<'t, str> {
        mask_field(text, &[self], |text| self.mask(text))
    }

    /// Where secrets stand in `text`, in bytes.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        self.spans(text).into_iter().map(|span| span.start..span.end).collect()
    }

    pub(super) fn spans(&self, text: &str) -> Vec<Span> {
        match &self.finder {
            Finder::Nothing => Vec::new(),
            Finder::Everything => vec![hidden(0, text.len())],
            Finder::Forms { scout, .. } if !scout.any(text.as_bytes(), |_| true) => Vec::new(),
            Finder::Forms { automaton, is_open, .. } => found(automaton, is_open, text),
        }
    }
}

/// [`Secrets::mask_whole`] for several, of which `mask` hides the long ones.
pub(super) fn mask_whole<'t>(
    text: &'t str,
    secrets: &[&Secrets],
    mask: impl Fn(&'t str) -> Cow<'t, str>,
) -> Cow<'t, str> {
    let is_one = secrets.iter().any(|secrets| secrets.short.contains(text));
    if is_one && text.len() > SHORTEST_WHOLE { Cow::Borrowed(HIDDEN) } else { mask(text) }
}

/// [`Secrets::mask_field`] for several, of which `mask` hides the long ones.
pub(super) fn mask_field<'t>(
    text: &'t str,
    secrets: &[&Secrets],
    mask: impl Fn(&'t str) -> Cow<'t, str>,
) -> Cow<'t, str> {
    let is_one = |text: &str| secrets.iter().any(|secrets| secrets.short.contains(text));
    if is_one(text) {
        return Cow::Borrowed(HIDDEN);
    }
    let within = |text: &'t str| {
        let short = secrets.iter().flat_map(|secrets| &secrets.short);
        let short = short.filter(|short| short.len() > SHORTEST_WHOLE);
        short.fold(mask(text), |text, short| match text.contains(short.as_str()) {
            true => Cow::Owned(text.replace(short.as_str(), HIDDEN)),
            false => text,
        })
    };
    match text.split_once(' ') {
        Some((scheme, secret)) if is_one(secret.trim()) => {
            Cow::Owned(format!("{} {HIDDEN}", within(scheme)))
        }
        _ => within(text),
    }
}

/// Where secrets are in `text`. Overlapping matches are asked for, so that nothing is left of a
/// secret that begins inside another; they come in the order of their ends.
fn found(automaton: &AhoCorasick, is_open: &[bool], text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for found in automaton.find_overlapping_iter(text) {
        let mut start = found.start();
        let mut end = if is_open[found.pattern().as_usize()] { text.len() } else { found.end() };
        while let Some(last) = spans.pop_if(|last| last.end > start) {
            start = start.min(last.start);
            end = end.max(last.end);
        }
        spans.push(hidden(start, end));
    }
    spans
}

fn hidden(start: usize, end: usize) -> Span {
    Span { start, end, with: Cow::Borrowed(HIDDEN) }
}

impl Finder {
    fn new(texts: &BTreeSet<String>) -> Self {
        if texts.is_empty() {
            return Self::Nothing;
        }
        let mut forms: BTreeMap<String, bool> = BTreeMap::new();
        for text in texts {
            let head = &text[..spans::boundary(text, LONGEST_SECRET)];
            let is_open = head.len() < text.len();
            // Base64 of a beginning is the beginning of the base64 if it ends with a group of 3.
            let groups = if is_open { head.len() / 3 * 3 } else { head.len() };
            let encoded = encodings::of_base64(&head.as_bytes()[..groups]);
            let forms_of_head = encodings::of(head).map(Cow::into_owned);
            for form in forms_of_head.chain(encoded) {
                *forms.entry(form).or_default() |= is_open;
            }
        }
        let (forms, is_open): (Vec<String>, Vec<bool>) = forms.into_iter().unzip();
        let scout = Scout::new(forms.iter().map(String::as_str));
        // Small enough for fetched tokens of some kilobytes, which a table of all states isn't.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(forms);
        match automaton {
            Ok(automaton) => Self::Forms { scout, automaton, is_open },
            Err(_) => Self::Everything,
        }
    }
}

/// `text` with this event's own values, and digit runs of 10 to 20, hidden as `mode` says. Mask
/// secrets first: half of a masked identifier would hide a secret from its search.
pub fn identifiers<'t>(text: &'t str, own: &Identifiers, mode: IdentifierMode) -> Cow<'t, str> {
    spans::replace(Cow::Borrowed(text), text.len(), own.spans(text, mode)).0
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const PASSWORD: &str = "p?>~ \"w'ö<&/+";

    fn secrets(texts: &[&str]) -> Secrets {
        Secrets::new(texts.iter().map(|text| (*text).to_owned()))
    }

    #[test]
    fn a_secret_is_masked_in_every_encoding() {
        let secrets = secrets(&[PASSWORD]);
        for form in [
            PASSWORD,
            "p%3F%3E~%20%22w%27%C3%B6%3C%26%2F%2B",
            "p%3f%3e~%20%22w%27%c3%b6%3c%26%2f%2b",
            "p%3F%3E%7E+%22w%27%C3%B6%3C%26%2F%2B",
            "p?&gt;~ &quot;w&apos;ö&lt;&amp;/+",
            "p?&gt;~ \"w'ö&lt;&amp;/+",
            "p?>~ \\\"w'ö<&/+",
            "p?>~ \\\"w'\\u00f6<&\\/+".replace("\\/", "/").as_str(),
            &STANDARD.encode(PASSWORD),
            &STANDARD_NO_PAD.encode(PASSWORD),
            &URL_SAFE.encode(PASSWORD),
            &URL_SAFE_NO_PAD.encode(PASSWORD),
        ] {
            assert_eq!(secrets.mask(&format!("a {form} b")), "a *** b", "{form}");
        }
    }

    #[test]
    fn short_secrets_are_not_looked_for_and_no_secrets_cost_nothing() {
        for secrets in [secrets(&[]), secrets(&["", "1234567"]), Secrets::default()] {
            assert!(secrets.is_empty());
            assert!(matches!(secrets.mask("id 1234567"), Cow::Borrowed("id 1234567")));
        }
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_by_itself() {
        let secrets = secrets(&["4711", "ab", "x", "password1"]);
        for (text, whole, field) in [
            ("4711", "***", "***"),
            ("a 4711", "a 4711", "a ***"),
            ("Bearer 4711", "Bearer 4711", "Bearer ***"),
            ("Bearer password1", "Bearer ***", "Bearer ***"),
            ("password1 4711", "*** 4711", "*** ***"),
            ("47111", "47111", "***1"),
            ("sid=4711; x=ab", "sid=4711; x=ab", "sid=***; x=ab"),
            ("ab", "ab", "***"),
            ("x", "x", "***"),
            ("", "", ""),
            ("a b c", "a b c", "a b c"),
        ] {
            assert_eq!(secrets.mask_whole(text), whole, "{text}");
            assert_eq!(secrets.mask_field(text), field, "{text}");
        }
        let both = secrets.merge(&Secrets::new(["0815".to_owned(), String::new()]));
        assert_eq!(
            (both.mask_whole("4711"), both.mask_whole("0815")),
            ("***".into(), "***".into())
        );
        assert_eq!(both.mask_field(""), "");
    }

    #[test]
    fn the_longest_secret_wins_and_nothing_is_left_of_overlapping_ones() {
        for (texts, text, shown) in [
            (&["password", "password1234"][..], "<password1234>", "<***>"),
            (&["password1234", "word1234"], "<password1234>", "<***>"),
            (&["abcdefgh", "efghijkl"], "<abcdefghijkl>", "<***>"),
            (&["abcdefgh", "ghijklmn", "mnopqrst"], "<abcdefghijklmnopqrst>", "<***>"),
            (&["aaaaaaaa"], "<aaaaaaaaaaaa>", "<***>"),
            (&["abcdefgh", "ijklmnop"], "<abcdefghijklmnop>", "<******>"),
            (&["abcdefgh"], "<abcdefg>", "<abcdefg>"),
        ] {
            assert_eq!(secrets(texts).mask(text), shown, "{texts:?}");
        }
    }

    #[test]
    fn merged_secrets_are_masked_together() {
        let both = secrets(&["first-secret"]).merge(&secrets(&["second-secret"]));
        assert_eq!(both.mask("first-secret, second-secret"), "***, ***");
    }

    #[test]
    fn a_very_long_secret_is_found_by_its_beginning() {
        let token = "é+k3".repeat(300_000);
        let secrets = secrets(&[&token]);
        assert_eq!(secrets.mask(&format!("Bearer {token}")), "Bearer ***");
        assert_eq!(secrets.mask(&format!("Basic {}", STANDARD.encode(&token))), "Basic ***");
        assert_eq!(secrets.mask("é+k3é+k3"), "é+k3é+k3");
    }

    #[test]
    fn secrets_are_not_shown_by_debug() {
        assert_eq!(format!("{:?}", secrets(&["first-secret"])), "Secrets(1)");
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(48))]

        #[test]
        fn no_secret_survives_in_any_text(
            secret in "[^*]{8,12}", other in "[^*]{8,12}", around in ".{0,20}"
        ) {
            let secrets = secrets(&[&secret, &other]);
            let encoded = encodings::of_base64(secret.as_bytes());
            for form in encodings::of(&secret).map(Cow::into_owned).chain(encoded) {
                let text = format!("{around}{form}{other}{around}{secret}");
                let shown = secrets.mask(&text);
                proptest::prop_assert!(!shown.contains(&form) && !shown.contains(&secret));
            }
        }

        #[test]
        fn identifiers_of_any_event_are_masked_in_any_text(
            name in "[^*\\pC]{3,9}", digits in "[0-9]{3,22}", around in ".{0,20}"
        ) {
            let event = serde_json::json!({"pb_data": {
                "account_info": {"firstname": name, "id": format!("+{digits}@x")},
            }});
            let text = format!("{around}{name}{around}{digits}");
            let shown = identifiers(&text, &Identifiers::of(&event), IdentifierMode::Off);
            proptest::prop_assert!(!shown.contains(&digits), "{shown}");
            let is_short = name.trim().chars().count() < 3;
            proptest::prop_assert!(is_short || !shown.contains(&name), "{shown}");
        }
    }
}
