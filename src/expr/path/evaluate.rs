//! Queries over documents (RFC 9535): the crate's tree, evaluated over borrowed values, depth first
//! and without a list of the nodes in between.
//!
//! The crate's own evaluation compares numbers as floats with a tolerance, mistakes filters inside
//! filters, and makes a text of the way to every node.

mod filter;

use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};

use super::super::Fault;
use super::More;
use crate::document::{Node, View};

/// Most work of one evaluation: values looked at, long texts counting for several. A document of
/// the largest size that is read has 2 million values; a path with one `..` looks at each of them
/// a few times.
pub(super) const MOST_WORK: usize = 20_000_000;

/// Hands over the nodes that a query, written as `text`, selects, in the order of the document,
/// while more are wanted; or a fault if that is more than the `most` work; and how much it was.
pub(super) fn each<'v, N: Node<'v>>(
    text: &Arc<str>,
    query: &JpQuery,
    document: N,
    most: usize,
    take: &mut dyn FnMut(N) -> More,
) -> (Result<(), Fault>, usize) {
    let mut evaluation = Evaluation { root: document, left: most };
    let done = match evaluation.segments(&query.segments, document, take) {
        Ok(()) | Err(End::Enough) => Ok(()),
        Err(End::TooMuch) => Err(Fault::TooMuchWork { path: text.clone() }),
    };
    (done, most - evaluation.left)
}

/// Why an evaluation ends before the last node.
enum End {
    Enough,
    TooMuch,
}

struct Evaluation<N> {
    root: N,
    /// What may still be done.
    left: usize,
}

impl<'v, N: Node<'v>> Evaluation<N> {
    fn work(&mut self, amount: usize) -> Result<(), End> {
        self.left = self.left.checked_sub(amount).ok_or(End::TooMuch)?;
        Ok(())
    }

    /// Goes on from a node with what is left of a path.
    fn segments(
        &mut self,
        segments: &[Segment],
        node: N,
        take: &mut dyn FnMut(N) -> More,
    ) -> Result<(), End> {
        match segments.split_first() {
            Some((segment, rest)) => self.segment(segment, rest, node, take),
            None if take(node) == More::Enough => Err(End::Enough),
            None => Ok(()),
        }
    }

    fn segment(
        &mut self,
        segment: &Segment,
        rest: &[Segment],
        node: N,
        take: &mut dyn FnMut(N) -> More,
    ) -> Result<(), End> {
        match segment {
            Segment::Selector(selector) => self.selector(selector, rest, node, take),
            Segment::Selectors(selectors) => {
                selectors.iter().try_for_each(|selector| self.selector(selector, rest, node, take))
            }
            // RFC 9535, section 2.5.2.2: a node before what is below it.
            Segment::Descendant(inner) => {
                node.descent().try_for_each(|node| self.segment(inner, rest, node, take))
            }
        }
    }

    fn selector(
        &mut self,
        selector: &Selector,
        rest: &[Segment],
        node: N,
        take: &mut dyn FnMut(N) -> More,
    ) -> Result<(), End> {
        self.work(1)?;
        let found = match selector {
            Selector::Name(name) => self.member(node, name)?,
            Selector::Index(position) => self.at(node, *position)?,
            Selector::Wildcard => {
                for child in node.children() {
                    self.work(1)?;
                    self.segments(rest, child, take)?;
                }
                None
            }
            Selector::Slice(start, end, step) => {
                for member in self.slice(node, *start, *end, *step)? {
                    self.work(1)?;
                    self.segments(rest, member, take)?;
                }
                None
            }
            Selector::Filter(filter) => {
                for child in node.children() {
                    self.work(1)?;
                    if self.holds(filter, child)? {
                        self.segments(rest, child, take)?;
                    }
                }
                None
            }
        };
        found.map_or(Ok(()), |found| self.segments(rest, found, take))
    }

    fn member(&mut self, node: N, name: &str) -> Result<Option<N>, End> {
        self.work(node.search())?;
        Ok(node.get(name))
    }

    fn at(&mut self, node: N, position: i64) -> Result<Option<N>, End> {
        self.work(node.search())?;
        Ok(at(node, position))
    }

    /// RFC 9535, section 2.3.4.2.2. Positions are within 53 bits, so nothing overflows.
    fn slice(
        &mut self,
        node: N,
        start: Option<i64>,
        end: Option<i64>,
        step: Option<i64>,
    ) -> Result<impl Iterator<Item = N> + use<'v, N>, End> {
        let length = match node.view() {
            View::Array(length) => i64::try_from(length).unwrap_or(i64::MAX),
            _ => 0,
        };
        let step = step.unwrap_or(1);
        let normal = |position: i64| if position < 0 { position + length } else { position };
        // The first and the last of the positions that may be taken, and the others in between.
        let (low, high) = if step < 0 {
            let start = start.map_or(length - 1, normal).clamp(-1, length - 1);
            (end.map_or(-1, normal).clamp(-1, length - 1) + 1, start + 1)
        } else {
            let start = start.map_or(0, normal).clamp(0, length);
            (start, end.map_or(length, normal).clamp(0, length))
        };
        let size = |positions: i64| usize::try_from(positions).unwrap_or(0);
        let count = if step == 0 { 0 } else { size(high - low) };
        self.work(node.search())?;
        let members = node.children().skip(size(low)).take(count);
        let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX).max(1);
        let (forth, back) = if step < 0 {
            self.work(count)?;
            let members: Vec<N> = members.collect();
            (None, Some(members.into_iter().rev().step_by(stride)))
        } else {
            (Some(members.step_by(stride)), None)
        };
        Ok(forth.into_iter().flatten().chain(back.into_iter().flatten()))
    }
}

/// The member of an array at a position, which counts from the end if it is negative.
pub(super) fn at<'v, N: Node<'v>>(node: N, position: i64) -> Option<N> {
    let View::Array(length) = node.view() else { return None };
    let distance = usize::try_from(position.unsigned_abs()).ok()?;
    node.at(if position < 0 { length.checked_sub(distance)? } else { distance })
}
