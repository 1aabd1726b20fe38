//! Names with values beside each other: headers, query parameters, form fields.

use std::collections::{HashMap, VecDeque};

use super::sheet::Sheet;

/// A name with one of its values.
type Pair<'p> = (&'p str, &'p str);

/// What is expected and what was sent of it, in the order of the sent; what is missing comes last.
pub(super) struct Beside<'p>(Vec<(Option<Pair<'p>>, Option<Pair<'p>>)>);

impl<'p> Beside<'p> {
    /// Of several values of one name the first stands beside the first, and so on.
    pub(super) fn of(
        expected: &'p [(Box<str>, Vec<String>)],
        sent: impl IntoIterator<Item = Pair<'p>>,
    ) -> Self {
        let mut waiting: HashMap<&str, VecDeque<Pair<'p>>> = HashMap::new();
        for (name, values) in expected {
            let pairs = values.iter().map(|value| (&**name, value.as_str()));
            waiting.entry(name).or_default().extend(pairs);
        }
        let beside =
            |pair: Pair<'p>| (waiting.get_mut(pair.0).and_then(VecDeque::pop_front), Some(pair));
        let mut places: Vec<_> = sent.into_iter().map(beside).collect();
        for (name, _) in expected {
            let missing = waiting.remove(&**name).unwrap_or_default();
            places.extend(missing.into_iter().map(|pair| (Some(pair), None)));
        }
        Self(places)
    }

    /// Whether each name has exactly its values.
    pub(super) fn holds(&self) -> bool {
        self.0.iter().all(|(expected, sent)| expected == sent)
    }

    pub(super) fn write(&self, line: fn(&str, &str) -> String, sheet: &mut Sheet<'_>) {
        for (expected, sent) in &self.0 {
            if sheet.is_over() {
                return;
            }
            let shown = |pair: &Option<Pair<'_>>| pair.map(|(name, value)| line(name, value));
            sheet.row(shown(expected), shown(sent), expected != sent);
        }
    }
}
