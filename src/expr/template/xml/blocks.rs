//! Blocks of an XML template: all ways through one come to the same place of the document.

use std::mem;
use std::rc::Rc;

use super::super::{Expression, Node, source};
use super::{Attribute, Check, Element, Lex, State, Tag};

impl Check<'_> {
    pub(super) fn branch(&mut self, test: &Expression, then: &[Node], otherwise: &[Node]) {
        let before = self.state.clone();
        self.body(then);
        let one = mem::replace(&mut self.state, before.clone());
        if self.lost {
            return;
        }
        self.body(otherwise);
        if self.lost {
            return;
        }
        match join(&one, &self.state) {
            Some(joined) => self.state = joined,
            None => {
                let (message, help) = difference(&before, &one, &self.state);
                self.lose(source::expression(self.source, test.at), &message, help);
            }
        }
    }

    pub(super) fn each(&mut self, over: &Expression, each: &[Node], otherwise: &[Node]) {
        let before = self.state.clone();
        // Another turn may be before this one, and it may have ended with `]]`.
        self.state.fresh = false;
        if let Lex::Content { brackets } = &mut self.state.lex {
            *brackets = 2;
        }
        self.turn(over, each);
        if self.lost {
            return;
        }
        let turned = mem::replace(&mut self.state, before);
        self.turn(over, otherwise);
        if let Some(joined) = join(&turned, &self.state) {
            self.state = joined;
        }
    }

    fn body(&mut self, nodes: &[Node]) {
        self.nodes(nodes);
        if !self.lost {
            self.end_reference();
        }
    }

    /// What may come any number of times must end where it began.
    fn turn(&mut self, over: &Expression, body: &[Node]) {
        let begin = self.state.clone();
        self.body(body);
        if !self.lost && !repeats(&begin, &self.state) {
            let (message, help) = difference(&begin, &begin, &self.state);
            self.lose(source::expression(self.source, over.at), &message, help);
        }
    }
}

/// The state that knows no more than either way has made sure; `None` if they lead to different
/// places.
fn join(one: &State, other: &State) -> Option<State> {
    if let Some(settled) = settled(one, other) {
        return join(&settled, other);
    }
    if let Some(settled) = settled(other, one) {
        return join(one, &settled);
    }
    let lex = match (&one.lex, &other.lex) {
        (Lex::Content { brackets: one }, Lex::Content { brackets: other }) => {
            Lex::Content { brackets: *one.max(other) }
        }
        (Lex::Between { space: one }, Lex::Between { space: other }) => {
            Lex::Between { space: *one && *other }
        }
        (one, other) if one == other => one.clone(),
        _ => return None,
    };
    if one.rooted != other.rooted || one.open.len() != other.open.len() {
        return None;
    }
    let tag = match (&one.tag, &other.tag) {
        (None, None) => None,
        (Some(one), Some(other)) => Some(join_tags(one, other)?),
        _ => return None,
    };
    let open = one.open.iter().zip(&other.open).map(|(one, other)| join_elements(one, other));
    Some(State {
        lex,
        since: one.since.clone(),
        name_at: one.name_at,
        open: open.collect::<Option<_>>()?,
        tag,
        rooted: one.rooted,
        fresh: one.fresh && other.fresh,
    })
}

/// `one` with the name of its tag ended, where `other` has gone on in the same tag: `<x` beside
/// `<x k="1"`. From there it can only go on in ways in which the name ends.
fn settled(one: &State, other: &State) -> Option<State> {
    match (&one.lex, &other.lex, &other.tag) {
        (Lex::StartName(name), Lex::Between { .. }, Some(tag)) if **name == *tag.name => {
            let tag = Tag { name: tag.name.clone(), at: tag.at.clone(), attributes: Vec::new() };
            let lex = Lex::Between { space: false };
            Some(State { lex, tag: Some(tag), rooted: true, ..one.clone() })
        }
        _ => None,
    }
}

fn join_tags(one: &Tag, other: &Tag) -> Option<Tag> {
    if one.name != other.name {
        return None;
    }
    let mut joined = one.clone();
    for attribute in &other.attributes {
        if !one.attributes.iter().any(|known| known.name == attribute.name) {
            joined.attributes.push(attribute.clone());
        }
    }
    Some(joined)
}

fn join_elements(one: &Element, other: &Element) -> Option<Element> {
    if one.name != other.name {
        return None;
    }
    let mut joined = one.clone();
    if !Rc::ptr_eq(&one.prefixes, &other.prefixes) {
        joined.prefixes = Rc::new(one.prefixes.union(&other.prefixes).cloned().collect());
    }
    Some(joined)
}

/// Whether what led from `begin` to `end` could follow once more.
fn repeats(begin: &State, end: &State) -> bool {
    let is_content = |state: &State| matches!(state.lex, Lex::Content { .. });
    let same_lex = begin.lex == end.lex || is_content(begin) && is_content(end);
    // An attribute that was added in the first turn would be there again in the second.
    let known =
        |attribute: &Attribute| begin.attributes().iter().any(|other| other.name == attribute.name);
    same_lex && end.attributes().iter().all(known) && join(begin, end).is_some()
}

/// How two ways through a block differ, and what to do about it.
fn difference(before: &State, one: &State, other: &State) -> (String, &'static str) {
    let same = |(one, other): &(&Element, &Element)| one.name == other.name;
    let shared = one.open.iter().zip(&other.open).take_while(same).count();
    let (one_open, other_open) = (one.open.get(shared), other.open.get(shared));
    let ended = before.open.get(shared).filter(|element| {
        [one_open, other_open].iter().flatten().any(|open| open.name == element.name)
    });
    let help = "begin and end it in the same branch, or begin it in each branch, with `{{else}}`";
    match (ended, one_open, other_open) {
        (_, None, None) => {}
        (Some(element), ..) => {
            let message = format!(
                "the element `{}` begins before this block and may end inside of it",
                element.name
            );
            return (message, "end it behind the block, or in each branch, with `{{else}}`");
        }
        (None, Some(one), Some(other)) => {
            let (one, other) = (&one.name, &other.name);
            let message =
                format!("this block may begin the element `{one}` or `{other}`, and end neither");
            return (message, help);
        }
        (None, Some(element), None) | (None, None, Some(element)) => {
            let message = format!(
                "the element `{}` begins inside this block and does not end in it",
                element.name
            );
            return (message, help);
        }
    }
    if one.rooted != other.rooted {
        let message = "the root element may be missing, or be there several times";
        return (message.to_owned(), "write it around this block, or into each branch of an `#if`");
    }
    if one.lex == other.lex {
        let message = "attributes cannot be repeated";
        return (message.to_owned(), "write elements, or each attribute by itself");
    }
    let (one, other) = (one.place(), other.place());
    let message = match one == other {
        true => format!("this block may end at different places {one}"),
        false => format!("this block may end {one} or {other}"),
    };
    (message, "let each branch end where it began, as a missing `{{else}}` does")
}
