//! What names below `event` stand for, without a tree of the whole event.

use std::cell::OnceCell;

use serde_json::Value;

use crate::document::{Document, Node, Spot, View};
use crate::expr::descend;

/// Most texts, numbers and the like that are taken one by one.
const MOST: usize = 16;

/// An event's values as they are asked for: one by one, or all of them at once where a list or an
/// object is asked for, or too many others.
#[derive(Debug, Default)]
pub(super) struct Parts {
    whole: OnceCell<Value>,
    /// Apart, since most mappings ask for none.
    single: OnceCell<Box<[OnceCell<Part>; MOST]>>,
}

#[derive(Debug)]
struct Part {
    way: Box<[Box<str>]>,
    value: Value,
}

impl Parts {
    pub(super) fn whole(&self, event: &Document) -> &Value {
        self.whole.get_or_init(|| event.to_value())
    }

    /// The value below, by names of members and positions.
    pub(super) fn below(&self, event: &Document, way: &[Box<str>]) -> Option<&Value> {
        if let Some(whole) = self.whole.get() {
            return descend(whole, way);
        }
        let single = self.single.get_or_init(Box::default);
        let known = single.iter().map_while(OnceCell::get).find(|part| *part.way == *way);
        if let Some(part) = known {
            return Some(&part.value);
        }
        let spot = follow(event.root(), way)?;
        let free = single.iter().find(|part| part.get().is_none());
        match (spot.view(), free) {
            (View::Array(_) | View::Object(_), _) | (_, None) => descend(self.whole(event), way),
            (_, Some(free)) => {
                Some(&free.get_or_init(|| Part { way: way.into(), value: spot.owned() }).value)
            }
        }
    }
}

/// As [`descend`] does in a tree.
fn follow<'d>(event: Spot<'d>, way: &[Box<str>]) -> Option<Spot<'d>> {
    way.iter().try_fold(event, |spot, key| match spot.view() {
        View::Object(_) => spot.get(key),
        View::Array(_) => spot.at(key.parse().ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_below_the_event_is_the_same_before_and_after_the_whole_of_it_was_asked_for() {
        let tree = json!({"a": {"b": [1, "x", {"c": null}]}, "n": {"1": true}, "0": 7});
        let event = Document::of(&tree);
        let parts = Parts::default();
        for text in [
            "a.b.0", "a.b.1", "a.b.2.c", "a.b.9", "a.b.x", "a.b.1.x", "n.1", "n", "0", "x", "a.b.1",
        ] {
            let way: Vec<Box<str>> = text.split('.').map(Box::from).collect();
            let expected = descend(&tree, &way);
            assert_eq!(Parts::default().below(&event, &way), expected, "{text}");
            assert_eq!(parts.below(&event, &way), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_named_is_made_unless_that_is_much() {
        let tree: Value = (0..=MOST).map(|n| (format!("n{n}"), json!(n))).collect();
        let (event, parts) = (Document::of(&tree), Parts::default());
        for n in 0..=MOST {
            assert!(parts.whole.get().is_none());
            let way = [format!("n{n}").into()];
            assert_eq!(parts.below(&event, &way), Some(&json!(n)));
        }
        assert_eq!(parts.whole.get(), Some(&tree));
    }
}
