//! JSONPath (RFC 9535), compiled once at load. Only this file and its folder name the JSONPath
//! crate: its parser makes the tree, which is checked before by `syntax` and evaluated by
//! `evaluate`.

mod change;
mod evaluate;
mod syntax;

use std::ops::Range;
use std::sync::Arc;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;

pub use change::ChangeFault;

use super::{Effort, Fault};
use crate::document::Node;

/// Longest accepted path, in bytes. A path that a person writes is short.
const LONGEST: usize = 2048;

/// A query over one document.
#[derive(Debug, Clone)]
pub struct Path {
    text: Arc<str>,
    plan: Plan,
}

/// Most paths only name members and positions; those need no node lists.
#[derive(Debug, Clone)]
enum Plan {
    Chain(Vec<Link>),
    Query(JpQuery),
}

#[derive(Debug, Clone)]
enum Link {
    Member(Box<str>),
    Position(i64),
}

/// Why a text is not a path that mappings may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFault {
    pub message: String,
    /// Where in the text, in bytes; none for all of it.
    pub range: Option<Range<usize>>,
    pub help: String,
}

impl Path {
    /// Compiles a path. Functions with regular expressions are refused: what they cost depends on
    /// the event.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        if text.len() > LONGEST {
            return Err(PathFault {
                message: format!("this JSONPath is longer than {LONGEST} bytes"),
                range: None,
                help: "split it into several variables".to_owned(),
            });
        }
        syntax::check(text)?;
        // Nothing that passes the check is known to be refused here.
        let query = parse_json_path(text).map_err(|_| PathFault {
            message: "this is not a JSONPath (RFC 9535)".to_owned(),
            range: None,
            help: "write it in another way, and please tell the developers of this one".to_owned(),
        })?;
        let plan = chain(&query.segments).map_or(Plan::Query(query), Plan::Chain);
        Ok(Self { text: Arc::from(text), plan })
    }

    /// As written.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The first selected node that is not null; null if only nulls are selected. The only fault
    /// is too much work.
    pub fn first<'v, N: Node<'v>>(&self, document: N, effort: &Effort) -> Result<Option<N>, Fault> {
        let mut first = None;
        self.each(document, effort, &mut |node| {
            first = match first {
                Some(null) if node.is_null() => Some(null),
                _ => Some(node),
            };
            if node.is_null() { More::Wanted } else { More::Enough }
        })?;
        Ok(first)
    }

    /// Every selected node, in the order of the document. The only fault is too much work.
    pub fn all<'v, N: Node<'v>>(&self, document: N, effort: &Effort) -> Result<Vec<N>, Fault> {
        let mut nodes = Vec::new();
        self.each(document, effort, &mut |node| {
            nodes.push(node);
            More::Wanted
        })?;
        Ok(nodes)
    }

    /// Hands over the selected nodes, one after the other, while more are wanted.
    fn each<'v, N: Node<'v>>(
        &self,
        document: N,
        effort: &Effort,
        take: &mut dyn FnMut(N) -> More,
    ) -> Result<(), Fault> {
        match &self.plan {
            Plan::Chain(links) => {
                if let Some(node) = follow(document, links, effort)? {
                    take(node);
                }
                Ok(())
            }
            Plan::Query(query) => {
                let most = evaluate::MOST_WORK.min(effort.left());
                let (done, work) = evaluate::each(&self.text, query, document, most, take);
                effort.spend(work)?;
                done
            }
        }
    }
}

/// Whether whoever takes nodes wants another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum More {
    Wanted,
    Enough,
}

fn follow<'v, N: Node<'v>>(
    document: N,
    links: &[Link],
    effort: &Effort,
) -> Result<Option<N>, Fault> {
    let mut node = document;
    for link in links {
        effort.spend(node.search())?;
        let found = match link {
            Link::Member(name) => node.get(name),
            Link::Position(position) => evaluate::at(node, *position),
        };
        let Some(found) = found else { return Ok(None) };
        node = found;
    }
    Ok(Some(node))
}

fn chain(segments: &[Segment]) -> Option<Vec<Link>> {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Selector(selector) => link(selector),
            Segment::Selectors(selectors) => match selectors.as_slice() {
                [selector] => link(selector),
                _ => None,
            },
            Segment::Descendant(_) => None,
        })
        .collect()
}

fn link(selector: &Selector) -> Option<Link> {
    match selector {
        Selector::Name(name) => Some(Link::Member(name.as_str().into())),
        Selector::Index(position) => Some(Link::Position(*position)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
