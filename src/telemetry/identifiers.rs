//! Personal data in texts: this event's own values, and whatever looks like a subscriber's number.

use std::borrow::Cow;
use std::fmt;
use std::iter::repeat_n;
use std::str::FromStr;
use std::sync::OnceLock;

use super::encodings;
use super::spans::{self, HIDDEN, Span};
use super::texts::{Bytes, Texts};
use crate::document::{Node, View};

/// Below `pb_data`, the sections that hold personal data, and which of their members are that.
const PERSONAL: [(&str, IsPersonal); 3] =
    [("account_info", is_of_account), ("sim_info", is_of_sim), ("prev_sim_info", is_of_sim)];

type IsPersonal = fn(&str) -> bool;

#[rustfmt::skip]
fn is_of_account(name: &str) -> bool {
    matches!(
        name,
        "id" | "login" | "email" | "subscriber_email"
            | "firstname" | "midinit" | "lastname" | "companyname"
            | "phone1" | "phone2" | "faxnum" | "cont1" | "cont2"
            | "baddr1" | "baddr2" | "baddr3" | "baddr4" | "baddr5" | "zip"
    )
}

fn is_of_sim(name: &str) -> bool {
    matches!(name, "imsi" | "iccid" | "msisdn")
}

/// As many values as most events have, and as many bytes in all.
const USUAL: (usize, usize) = (8, 120);

/// Fewest characters of a value that is masked; shorter ones are in every other word.
const SHORTEST: usize = 3;

/// Bytes of a value that are looked for; of a longer one, what follows them is masked with them.
const LONGEST: usize = 256;

/// No occurrence that is looked for is longer than this, in bytes.
pub(super) const LONGEST_FORM: usize = LONGEST * encodings::GROWTH;

/// What is done to identifiers: the setting `LOG_IDENTIFIERS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdentifierMode {
    /// They are shown.
    Full,
    /// Digits keep the first 5 and last 2 (fewer than 8 keep none), other texts the first letter.
    #[default]
    Masked,
    /// `***` stands for them.
    Off,
}

impl FromStr for IdentifierMode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "full" => Ok(Self::Full),
            "masked" => Ok(Self::Masked),
            "off" => Ok(Self::Off),
            _ => Err(format!("`{name}` is not one of `full`, `masked`, `off`")),
        }
    }
}

/// One event's own identifying values, to be masked in every record about it.
#[derive(Clone, Default)]
pub struct Identifiers {
    values: Texts,
    /// Made by the first record that is formatted, not by the event's own thread.
    hints: OnceLock<Hints>,
    /// Made by the first text that may have one of them.
    finder: OnceLock<Finder>,
}

/// How many there are: the values themselves must not get into a log by this way either.
impl fmt::Debug for Identifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifiers({})", self.values.len())
    }
}

impl Identifiers {
    /// Collects the values (texts and numbers) at the known identifier and name paths of an
    /// event's body: those of 3 characters or more, as they are, without `+` before digits and
    /// without the realm of an id such as `79123456789@msisdn`.
    pub fn of<'v>(event: impl Node<'v>) -> Self {
        let Some(sections) = event.get("pb_data") else {
            return Self::default();
        };
        let values = Texts::with_capacity(USUAL.0, USUAL.1);
        let mut own = Self { values, ..Self::default() };
        for (section, is_personal) in PERSONAL {
            let Some(section) = sections.get(section) else {
                continue;
            };
            let personal = section.members().filter(|(name, _)| is_personal(name));
            for (name, value) in personal {
                match value.view() {
                    View::Text(text) => own.collect(name, text),
                    View::Number(digits) => own.add(digits),
                    _ => {}
                }
            }
        }
        own
    }

    fn collect(&mut self, name: &str, text: &str) {
        let text = text.trim();
        let Some((local, _)) = text.split_once('@').filter(|_| name == "id") else {
            return self.add(text);
        };
        if !is_digits(local.trim_start_matches('+')) {
            self.add(text);
        }
        self.add(local);
    }

    fn add(&mut self, value: &str) {
        let value = match value.strip_prefix('+') {
            Some(number) if is_digits(number) => number,
            _ => value,
        };
        // A character more than is looked for tells that there was more.
        let value = &value[..spans::boundary(value, LONGEST + 4)];
        let is_new = !self.values.iter().any(|known| known == value);
        if is_new && value.chars().nth(SHORTEST - 1).is_some() {
            self.values.push(value);
        }
    }

    /// Everything in `text` that `mode` hides.
    pub(super) fn spans(&self, text: &str, mode: IdentifierMode) -> Vec<Span> {
        let mut spans = Vec::new();
        if mode == IdentifierMode::Full {
            return spans;
        }
        if self.may_be_in(text) {
            let finder = self.finder.get_or_init(|| Finder::new(&self.values));
            finder.find(&self.values, text, &mut spans);
        }
        if has_long_run(text.as_bytes()) {
            digit_runs(text, &mut spans);
        }
        if mode == IdentifierMode::Off {
            for span in &mut spans {
                span.with = Cow::Borrowed(HIDDEN);
            }
        }
        spans
    }

    /// Whether there is more to look for than hints: few texts have one of the values, and to tell
    /// that takes less than the forms of all values do.
    fn may_be_in(&self, text: &str) -> bool {
        self.values.len() > 0 && self.hints.get_or_init(|| Hints::new(&self.values)).are_in(text)
    }

    /// What to show for a number, given as JSON has it, if `mode` hides it. No identifier has a
    /// fraction: digits behind a decimal point are not counted.
    pub(super) fn number(&self, number: &str, mode: IdentifierMode) -> Option<String> {
        if mode == IdentifierMode::Full {
            return None;
        }
        let whole = match number.split_once('.') {
            Some((whole, fraction)) if !fraction.contains(['e', 'E']) => whole,
            _ => number,
        };
        let mut spans = Vec::new();
        if self.values.iter().any(|value| value == number) {
            spans.push(Span { start: 0, end: number.len(), with: Cow::Owned(masked(number)) });
        } else {
            digit_runs(whole, &mut spans);
        }
        match mode {
            _ if spans.is_empty() => None,
            IdentifierMode::Off => Some(HIDDEN.to_owned()),
            _ => Some(spans::replace(number.into(), number.len(), spans).0.into_owned()),
        }
    }
}

/// What must be in a text that has any form of an event's values.
#[derive(Clone, Default)]
struct Hints {
    words: Texts,
    /// What words begin with, and what they have behind that.
    heads: (Bytes, Bytes),
    /// Some value has no word but a letter beyond ASCII.
    has_foreign: bool,
    /// Some value has neither.
    has_other: bool,
}

impl Hints {
    fn new(values: &Texts) -> Self {
        let mut hints = Self { words: Texts::with_capacity_of(values), ..Self::default() };
        for value in values.iter() {
            match word(value) {
                Some(word) => hints.add(word),
                None if value.is_ascii() => hints.has_other = true,
                None => hints.has_foreign = true,
            }
        }
        hints
    }

    fn add(&mut self, word: &str) {
        if let [first, second, ..] = *word.as_bytes() {
            self.heads.0.add(first);
            self.heads.1.add(second);
            self.words.push(word);
        }
    }

    fn are_in(&self, text: &str) -> bool {
        let text = text.as_bytes();
        let has_word = |here: &[u8]| self.words.iter().any(|it| here.starts_with(it.as_bytes()));
        // As it is, percent-encoded, or as `\u`.
        let is_foreign = |byte: &u8| !byte.is_ascii() || matches!(byte, b'%' | b'\\');
        let (first, second) = &self.heads;
        self.has_other
            || (self.has_foreign && text.iter().any(is_foreign))
            || text.windows(2).enumerate().any(|(at, pair)| {
                first.has(pair[0]) && second.has(pair[1]) && has_word(&text[at..])
            })
    }
}

/// The first 3 or more characters of a value that no encoding changes, and that therefore are in
/// each of its forms. Of most values that is all of it.
fn word(value: &str) -> Option<&str> {
    let head = head(value);
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if head.len() >= SHORTEST && head.bytes().all(is_kept) {
        return Some(head);
    }
    let is_changed = |c: char| !u8::try_from(c).is_ok_and(is_kept);
    head.split(is_changed).find(|word| word.len() >= SHORTEST)
}

/// The forms of an event's values. Building it costs less than an automaton, which would serve for two
/// or three records only.
#[derive(Clone)]
struct Finder {
    texts: Texts,
    /// In order of the first byte, then longest first.
    forms: Vec<Form>,
    /// What forms begin with.
    heads: Bytes,
}

#[derive(Clone)]
struct Form {
    first: u8,
    length: usize,
    text: usize,
    /// Which of the values it is one of.
    of: usize,
    /// The value goes on, unknown how: it is masked up to the end of the text.
    is_open: bool,
}

impl Finder {
    fn new(values: &Texts) -> Self {
        let (mut texts, mut heads) = (Texts::with_capacity_of(values), Bytes::default());
        let mut forms = Vec::with_capacity(values.len());
        for (of, value) in values.iter().enumerate() {
            let head = head(value);
            let is_open = head.len() < value.len();
            for text in encodings::of(head) {
                let first = text.as_bytes().first().copied().unwrap_or_default();
                heads.add(first);
                forms.push(Form { first, length: text.len(), text: texts.len(), of, is_open });
                texts.push(&text);
            }
        }
        forms.sort_by_key(|form| (form.first, usize::MAX - form.length));
        Self { texts, forms, heads }
    }

    fn find(&self, values: &Texts, text: &str, spans: &mut Vec<Span>) {
        let bytes = text.as_bytes();
        for (start, byte) in bytes.iter().enumerate() {
            if !self.heads.has(*byte) {
                continue;
            }
            let from = self.forms.partition_point(|form| form.first < *byte);
            let candidates = self.forms[from..].iter().take_while(|form| form.first == *byte);
            let is_here = |form: &&Form| {
                self.texts
                    .get(form.text)
                    .is_some_and(|it| bytes[start..].starts_with(it.as_bytes()))
            };
            if let Some(form) = candidates.into_iter().find(is_here) {
                let end = if form.is_open { text.len() } else { start + form.length };
                let with = values.get(form.of).map_or(HIDDEN.into(), |it| masked(head(it)).into());
                spans::push(spans, Span { start, end, with });
                if form.is_open {
                    return;
                }
            }
        }
    }
}

/// What is looked for of a value.
fn head(value: &str) -> &str {
    &value[..spans::boundary(value, LONGEST)]
}

/// Whether there are 10 digits in a row: one of them is the 10th, the 20th, ... byte of the text.
fn has_long_run(bytes: &[u8]) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    (9..bytes.len()).step_by(10).filter(|at| bytes[*at].is_ascii_digit()).any(|at| {
        let before = bytes[..at].iter().rev().take_while(is_digit).count();
        before >= 9 || before + bytes[at..].iter().take(10).take_while(is_digit).count() >= 10
    })
}

/// Runs of 10 to 20 digits, wherever they stand but in a UUID or a hexadecimal id.
fn digit_runs(text: &str, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(offset) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + offset;
        let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = start + length;
        at = end;
        let start = after_escape(bytes, start).min(end);
        if (10..=20).contains(&(end - start)) && !is_in_id(bytes, start, end) {
            spans.push(Span { start, end, with: Cow::Owned(masked(&text[start..end])) });
        }
    }
}

/// Digits behind `%` or `\u` belong to the escape, not to the number that follows it.
fn after_escape(bytes: &[u8], start: usize) -> usize {
    let before = &bytes[..start];
    if before.ends_with(b"%") {
        start + 2
    } else if before.ends_with(b"\\u") {
        start + 4
    } else {
        start
    }
}

/// Whether the digits at `start..end` are part of an id that people search logs by: a UUID, or
/// hexadecimal of 32 digits or more (trace ids, hashes) or of 16 (span ids). Those have letters
/// among the digits; for 16, one letter is not enough, because a 15-digit IMSI with a letter
/// before it looks the same. Letters beside a run do not otherwise protect it: `imsi00101…` is
/// masked.
fn is_in_id(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_hex = |byte: &&u8| byte.is_ascii_hexdigit();
    let from = start - bytes[..start].iter().rev().take(64).take_while(is_hex).count();
    let to = end + bytes[end..].iter().take(64).take_while(is_hex).count();
    let is_token = !bytes[..from].last().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && !bytes.get(to).is_some_and(|byte| byte.is_ascii_alphanumeric());
    let letters = bytes[from..to].iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    match to - from {
        12 => is_token && ends_like_a_uuid(&bytes[..from]),
        16 => is_token && letters >= 2,
        length => is_token && length >= 32 && letters >= 1,
    }
}

/// Whether `before` ends with the first four groups of a UUID, `8-4-4-4-`.
fn ends_like_a_uuid(before: &[u8]) -> bool {
    let Some(at) = before.len().checked_sub(24) else {
        return false;
    };
    before[at..].iter().enumerate().all(|(index, byte)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits keep the first 5 and last 2, unless there are fewer than 8; other texts keep the first
/// letter or digit. The length in characters stays.
fn masked(value: &str) -> String {
    if is_digits(value) {
        return match value.len() {
            length @ ..8 => "*".repeat(length),
            length => {
                let mut masked = String::with_capacity(length);
                masked.push_str(&value[..5]);
                masked.extend(repeat_n('*', length - 7));
                masked.push_str(&value[length - 2..]);
                masked
            }
        };
    }
    let first = |(index, character): (usize, char)| match character {
        _ if index == 0 && character.is_alphanumeric() => character,
        _ => '*',
    };
    value.chars().enumerate().map(first).collect()
}

#[cfg(test)]
mod tests;
