//! Queries over documents (RFC 9535): the crate's tree, evaluated over borrowed values.
//!
//! The crate's own evaluation compares numbers as floats with a tolerance, mistakes filters inside
//! filters, and makes a text of the way to every node.

mod filter;

use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use serde_json::Value;

use super::super::Fault;

/// Most work of one evaluation: values looked at, long texts counting for several. A document of
/// the largest size that is read has 2 million values; a path with one `..` looks at each of them
/// a few times.
pub(super) const MOST_WORK: usize = 20_000_000;

/// The nodes that a query, written as `text`, selects, in the order of the document, or a fault if
/// that is more than the `most` work; and how much it was.
pub(super) fn select<'v>(
    text: &Arc<str>,
    query: &JpQuery,
    document: &'v Value,
    most: usize,
) -> (Result<Vec<&'v Value>, Fault>, usize) {
    let mut evaluation = Evaluation { text, root: document, left: most };
    let nodes = evaluation.segments(&query.segments, document);
    (nodes, most - evaluation.left)
}

/// How much work a query is.
#[cfg(test)]
pub(super) fn work(query: &JpQuery, document: &Value) -> usize {
    let (nodes, work) = select(&"".into(), query, document, MOST_WORK);
    assert!(nodes.is_ok(), "{nodes:?}");
    work
}

struct Evaluation<'p, 'v> {
    /// The path as written.
    text: &'p Arc<str>,
    root: &'v Value,
    /// What may still be done.
    left: usize,
}

impl<'v> Evaluation<'_, 'v> {
    fn work(&mut self, amount: usize) -> Result<(), Fault> {
        self.left = self
            .left
            .checked_sub(amount)
            .ok_or_else(|| Fault::TooMuchWork { path: self.text.clone() })?;
        Ok(())
    }

    fn segments(&mut self, segments: &[Segment], from: &'v Value) -> Result<Vec<&'v Value>, Fault> {
        let mut nodes = vec![from];
        for segment in segments {
            let mut selected = Vec::new();
            for node in nodes {
                self.segment(segment, node, &mut selected)?;
            }
            nodes = selected;
        }
        Ok(nodes)
    }

    fn segment(
        &mut self,
        segment: &Segment,
        node: &'v Value,
        selected: &mut Vec<&'v Value>,
    ) -> Result<(), Fault> {
        match segment {
            Segment::Selector(selector) => self.selector(selector, node, selected),
            Segment::Selectors(selectors) => {
                selectors.iter().try_for_each(|selector| self.selector(selector, node, selected))
            }
            Segment::Descendant(inner) => {
                // RFC 9535, section 2.5.2.2: a node before what is below it.
                let mut waiting = vec![node];
                while let Some(node) = waiting.pop() {
                    self.segment(inner, node, selected)?;
                    waiting.extend(children(node).rev());
                }
                Ok(())
            }
        }
    }

    fn selector(
        &mut self,
        selector: &Selector,
        node: &'v Value,
        selected: &mut Vec<&'v Value>,
    ) -> Result<(), Fault> {
        self.work(1)?;
        match selector {
            Selector::Name(name) => selected.extend(member(node, name)),
            Selector::Index(position) => selected.extend(at(node, *position)),
            Selector::Wildcard => {
                let before = selected.len();
                selected.extend(children(node));
                self.work(selected.len() - before)?;
            }
            Selector::Slice(start, end, step) => {
                let before = selected.len();
                selected.extend(slice(node, *start, *end, *step));
                self.work(selected.len() - before)?;
            }
            Selector::Filter(filter) => {
                for child in children(node) {
                    self.work(1)?;
                    if self.holds(filter, child)? {
                        selected.push(child);
                    }
                }
            }
        }
        Ok(())
    }
}

pub(super) fn member<'v>(node: &'v Value, name: &str) -> Option<&'v Value> {
    node.as_object()?.get(name)
}

/// The member of an array at a position, which counts from the end if it is negative.
pub(super) fn at(node: &Value, position: i64) -> Option<&Value> {
    let members = node.as_array()?;
    let distance = usize::try_from(position.unsigned_abs()).ok()?;
    let index = if position < 0 { members.len().checked_sub(distance)? } else { distance };
    members.get(index)
}

fn children(node: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let (array, object) = match node {
        Value::Array(members) => (Some(members), None),
        Value::Object(members) => (None, Some(members)),
        _ => (None, None),
    };
    array.into_iter().flatten().chain(object.into_iter().flat_map(|members| members.values()))
}

/// RFC 9535, section 2.3.4.2.2. Positions are within 53 bits, so nothing overflows.
fn slice(
    node: &Value,
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
) -> impl Iterator<Item = &Value> {
    let members = node.as_array().map(Vec::as_slice).unwrap_or_default();
    let length = i64::try_from(members.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    let normal = |position: i64| if position < 0 { position + length } else { position };
    let (mut next, stop) = if step < 0 {
        let start = start.map_or(length - 1, normal).clamp(-1, length - 1);
        (start, end.map_or(-1, normal).clamp(-1, length - 1))
    } else {
        (start.map_or(0, normal).clamp(0, length), end.map_or(length, normal).clamp(0, length))
    };
    std::iter::from_fn(move || {
        let more = if step < 0 { next > stop } else { step > 0 && next < stop };
        let member = more.then(|| usize::try_from(next).ok()).flatten()?;
        next += step;
        members.get(member)
    })
}
