//! JSON beside JSON: keys by name, members of arrays as they fit best.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};

use super::align::{Fuel, SAME, Scale, align};
use super::sheet::Sheet;
use crate::expr::compare;

/// What of two values has to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Objects may have more keys than expected.
    Contains,
}

impl Extent {
    /// Whether `sent` is what was expected.
    pub(super) fn holds(self, expected: &Value, sent: &Value) -> bool {
        match self {
            Self::Whole => compare::equal(expected, sent),
            Self::Contains => contains(expected, sent, &mut || true),
        }
    }
}

/// `more`: whether to go on comparing; where not, it does not hold.
fn contains(expected: &Value, sent: &Value, more: &mut impl FnMut() -> bool) -> bool {
    more()
        && match (expected, sent) {
            (Value::Object(expected), Value::Object(sent)) => expected
                .iter()
                .all(|(name, e)| sent.get(name).is_some_and(|s| contains(e, s, more))),
            (Value::Array(expected), Value::Array(sent)) => {
                expected.len() == sent.len()
                    && expected.iter().zip(sent).all(|(e, s)| contains(e, s, more))
            }
            _ => compare::equal(expected, sent),
        }
}

/// Writes both, pretty-printed.
pub(super) fn write(extent: Extent, expected: &Value, sent: &Value, sheet: &mut Sheet<'_>) {
    let mut writer = Writer { extent, hashing: Fuel::default(), fuel: Fuel::default(), sheet };
    writer.pair(&Place::default(), expected, sent);
}

/// The lines of a value, pretty-printed.
pub(super) fn lines(value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    print(&Place::default(), "", value, &mut |line| lines.push(line));
    lines
}

/// Where a value stands in what is around it, on both sides.
#[derive(Debug, Default)]
struct Place {
    depth: usize,
    /// `"key": ` for a member of an object.
    name: String,
    /// What follows it, on each side: a comma or nothing.
    after_expected: &'static str,
    after_sent: &'static str,
}

impl Place {
    fn line(&self, text: &str, after: &str) -> String {
        format!("{:indent$}{}{text}{after}", "", self.name, indent = self.depth * 2)
    }

    /// A line of the same depth that is no member's first.
    fn end(&self, text: &str, after: &str) -> String {
        format!("{:indent$}{text}{after}", "", indent = self.depth * 2)
    }
}

/// A member of a container on each side, or on one.
struct Pair<'v> {
    name: Option<&'v str>,
    expected: Option<&'v Value>,
    sent: Option<&'v Value>,
}

struct Writer<'w, 'm> {
    extent: Extent,
    /// For looking at members at first sight.
    hashing: Fuel,
    /// For weighing them.
    fuel: Fuel,
    sheet: &'w mut Sheet<'m>,
}

impl Writer<'_, '_> {
    fn pair(&mut self, place: &Place, expected: &Value, sent: &Value) {
        let pairs = match (expected, sent) {
            (Value::Object(e), Value::Object(s)) if !(e.is_empty() && s.is_empty()) => {
                by_name(e, s)
            }
            (Value::Array(e), Value::Array(s)) if !(e.is_empty() && s.is_empty()) => {
                self.by_fit(e, s)
            }
            _ => return self.unlike(place, expected, sent),
        };
        let (open, close) = brackets(expected);
        self.sheet.row(Some(place.line(open, "")), Some(place.line(open, "")), false);
        let extra_differs = self.extent == Extent::Whole || expected.is_array();
        self.members(place.depth + 1, &pairs, extra_differs);
        let ends = [place.after_expected, place.after_sent].map(|after| place.end(close, after));
        let [expected, sent] = ends;
        self.sheet.row(Some(expected), Some(sent), false);
    }

    fn members(&mut self, depth: usize, pairs: &[Pair<'_>], extra_differs: bool) {
        let last_expected = pairs.iter().rposition(|pair| pair.expected.is_some());
        let last_sent = pairs.iter().rposition(|pair| pair.sent.is_some());
        let comma = |at: usize, last: Option<usize>| if Some(at) < last { "," } else { "" };
        for (at, pair) in pairs.iter().enumerate() {
            if self.sheet.is_over() {
                return;
            }
            let place = Place {
                depth,
                name: pair.name.map(|name| format!("{}: ", Value::from(name))).unwrap_or_default(),
                after_expected: comma(at, last_expected),
                after_sent: comma(at, last_sent),
            };
            match (pair.expected, pair.sent) {
                (Some(expected), Some(sent)) => self.pair(&place, expected, sent),
                (Some(expected), None) => {
                    print(&place, place.after_expected, expected, &mut |line| {
                        self.sheet.row(Some(line), None, true);
                    })
                }
                (None, Some(sent)) => print(&place, place.after_sent, sent, &mut |line| {
                    self.sheet.row(None, Some(line), extra_differs);
                }),
                (None, None) => {}
            }
        }
    }

    /// Values that have no members to go by: one line each, or as many as each has.
    fn unlike(&mut self, place: &Place, expected: &Value, sent: &Value) {
        let differs = !self.extent.holds(expected, sent);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        print(place, place.after_expected, expected, &mut |line| left.push(line));
        print(place, place.after_sent, sent, &mut |line| right.push(line));
        let rows = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        for _ in 0..rows {
            self.sheet.row(left.next(), right.next(), differs);
        }
    }

    fn by_fit<'v>(&self, expected: &'v [Value], sent: &'v [Value]) -> Vec<Pair<'v>> {
        let marks = match self.extent {
            Extent::Whole => marks(expected, &self.hashing).zip(marks(sent, &self.hashing)),
            Extent::Contains => None,
        };
        let marks = marks.as_ref().map(|(expected, sent)| (expected.as_slice(), sent.as_slice()));
        let is_exact = self.extent == Extent::Whole;
        let score = |row: usize, column: usize| {
            let (e, s) = (&expected[row], &sent[column]);
            let same = match marks {
                Some((expected, sent)) => expected[row] == sent[column],
                None => !is_exact && contains(e, s, &mut || self.fuel.spend(1)),
            };
            if same { SAME } else { likeness(e, s) }
        };
        let scale = Scale { score: &score, marks, fuel: &self.fuel };
        let places = align(expected.len(), sent.len(), &scale);
        let pair = |place: super::align::Place| Pair {
            name: None,
            expected: place.expected.map(|at| &expected[at]),
            sent: place.sent.map(|at| &sent[at]),
        };
        places.into_iter().map(pair).collect()
    }
}

fn by_name<'v>(expected: &'v Map<String, Value>, sent: &'v Map<String, Value>) -> Vec<Pair<'v>> {
    let known = expected.iter().map(|(name, value)| Pair {
        name: Some(name),
        expected: Some(value),
        sent: sent.get(name),
    });
    let others = sent
        .iter()
        .filter(|(name, _)| !expected.contains_key(*name))
        .map(|(name, value)| Pair { name: Some(name), expected: None, sent: Some(value) });
    known.chain(others).collect()
}

/// Of an object the members that are looked at to see whether it is the same one, changed.
const TELLING: usize = 32;

/// How much two values that are not the same have in common; 0 if they are of different kinds.
fn likeness(expected: &Value, sent: &Value) -> u32 {
    match (expected, sent) {
        (Value::Object(expected), Value::Object(sent)) => {
            let is_shared = |(name, value): &(&String, &Value)| {
                is_scalar(value) && sent.get(*name).is_some_and(|sent| compare::equal(*value, sent))
            };
            let shared = expected.iter().take(TELLING).filter(is_shared).count();
            2 + 16 * u32::try_from(shared).unwrap_or_default()
        }
        (Value::Array(_), Value::Array(_)) => 2,
        (expected, sent) if is_scalar(expected) && is_scalar(sent) => 1,
        _ => 0,
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

fn brackets(value: &Value) -> (&'static str, &'static str) {
    if value.is_array() { ("[", "]") } else { ("{", "}") }
}

/// The lines of a value at its place.
fn print(place: &Place, after: &str, value: &Value, line: &mut dyn FnMut(String)) {
    let members: Vec<(Option<&String>, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (Some(name), value)).collect(),
        Value::Array(members) => members.iter().map(|value| (None, value)).collect(),
        _ => Vec::new(),
    };
    if members.is_empty() {
        return line(place.line(&value.to_string(), after));
    }
    let (open, close) = brackets(value);
    line(place.line(open, ""));
    let last = members.len() - 1;
    for (at, (name, member)) in members.into_iter().enumerate() {
        let name = name.map(|name| format!("{}: ", Value::from(name.as_str()))).unwrap_or_default();
        let inner = Place { depth: place.depth + 1, name, ..Place::default() };
        print(&inner, if at < last { "," } else { "" }, member, line);
    }
    line(place.end(close, after));
}

/// What tells members of an array apart at first sight: equal values have the same. None if it would
/// take too long.
fn marks(members: &[Value], fuel: &Fuel) -> Option<Vec<u64>> {
    members.iter().map(|member| hash(member, fuel)).collect()
}

fn hash(value: &Value, fuel: &Fuel) -> Option<u64> {
    if !fuel.spend(1) {
        return None;
    }
    let mut state = DefaultHasher::new();
    std::mem::discriminant(value).hash(&mut state);
    match value {
        Value::Null => {}
        Value::Bool(truth) => truth.hash(&mut state),
        Value::Number(number) => compare::hash_number(number, &mut state),
        Value::String(text) => text.hash(&mut state),
        Value::Array(members) => {
            for member in members {
                hash(member, fuel)?.hash(&mut state);
            }
        }
        Value::Object(members) => {
            // The order of keys does not count.
            let mut sum = 0_u64;
            for (name, member) in members {
                let mut state = DefaultHasher::new();
                (name, hash(member, fuel)?).hash(&mut state);
                sum = sum.wrapping_add(state.finish());
            }
            (members.len(), sum).hash(&mut state);
        }
    }
    Some(state.finish())
}

#[cfg(test)]
mod tests;
