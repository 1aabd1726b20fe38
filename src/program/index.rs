//! Which mappings have a rule for an event, without asking each of them: what other mappings listen
//! to costs an event nothing.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::{EventPattern, Mapping};

/// Mappings by the event types of their rules.
#[derive(Debug, Default)]
pub struct Index {
    /// By whole names: positions of mappings, ascending.
    named: HashMap<Box<str>, Vec<usize>>,
    /// Patterns with a `*`, each with the mappings that have it.
    patterns: Vec<(EventPattern, Vec<usize>)>,
}

impl Index {
    pub fn of(mappings: &[Mapping]) -> Self {
        let rules = mappings.iter().enumerate();
        let rules =
            rules.flat_map(|(at, mapping)| mapping.rules.iter().map(move |rule| (at, rule)));
        Self::listing(rules.flat_map(|(at, rule)| rule.events.iter().map(move |one| (at, one))))
    }

    /// Of patterns in the order of their mappings.
    fn listing<'p>(patterns: impl Iterator<Item = (usize, &'p EventPattern)>) -> Self {
        let mut index = Self::default();
        let mut known: HashMap<&EventPattern, usize> = HashMap::new();
        for (at, pattern) in patterns {
            let positions = match pattern.name() {
                Some(name) => index.named.entry(name.into()).or_default(),
                None => {
                    let place = *known.entry(pattern).or_insert_with(|| {
                        index.patterns.push((pattern.clone(), Vec::new()));
                        index.patterns.len() - 1
                    });
                    &mut index.patterns[place].1
                }
            };
            if positions.last() != Some(&at) {
                positions.push(at);
            }
        }
        index
    }

    /// Positions of the mappings that have a rule for events of this type, whatever its condition,
    /// ascending.
    pub fn find(&self, event_type: &str) -> Cow<'_, [usize]> {
        let named = self.named.get(event_type).map(Vec::as_slice).unwrap_or_default();
        let fitting = self.patterns.iter().filter(|(pattern, _)| pattern.matches(event_type));
        let mut fitting = fitting.map(|(_, positions)| positions.as_slice()).peekable();
        match (named, fitting.next(), fitting.peek()) {
            (named, None, _) => Cow::Borrowed(named),
            ([], Some(only), None) => Cow::Borrowed(only),
            (named, Some(first), _) => {
                let all = named.iter().chain(first).chain(fitting.flatten());
                Cow::Owned(all.copied().collect::<BTreeSet<_>>().into_iter().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(of_mappings: &[Vec<String>]) -> Vec<(usize, EventPattern)> {
        let all = of_mappings.iter().enumerate();
        all.flat_map(|(at, texts)| {
            texts.iter().map(move |text| (at, EventPattern::parse(text).expect("a pattern")))
        })
        .collect()
    }

    proptest! {
        #[test]
        fn it_finds_the_mappings_that_asking_each_would_find(
            of_mappings in prop::collection::vec(prop::collection::vec("[ab*]{1,3}", 0..3), 0..6),
            event_type in "[ab]{0,4}",
        ) {
            let patterns = patterns(&of_mappings);
            let index = Index::listing(patterns.iter().map(|(at, pattern)| (*at, pattern)));
            let asked: BTreeSet<usize> =
                patterns.iter().filter(|(_, one)| one.matches(&event_type)).map(|(at, _)| *at).collect();
            let found = index.find(&event_type);
            prop_assert_eq!(found.into_owned(), asked.into_iter().collect::<Vec<_>>());
        }
    }
}
