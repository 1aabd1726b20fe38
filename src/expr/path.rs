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
use serde_json::Value;

pub use change::ChangeFault;

use super::{Effort, Fault};

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
    pub fn first<'v>(
        &self,
        document: &'v Value,
        effort: &Effort,
    ) -> Result<Option<&'v Value>, Fault> {
        match &self.plan {
            Plan::Chain(links) => Ok(follow(document, links)),
            Plan::Query(query) => {
                let nodes = self.select(query, document, effort)?;
                Ok(nodes.iter().find(|node| !node.is_null()).or(nodes.first()).copied())
            }
        }
    }

    /// Every selected node, in the order of the document. The only fault is too much work.
    pub fn all<'v>(&self, document: &'v Value, effort: &Effort) -> Result<Vec<&'v Value>, Fault> {
        match &self.plan {
            Plan::Chain(links) => Ok(follow(document, links).into_iter().collect()),
            Plan::Query(query) => self.select(query, document, effort),
        }
    }

    fn select<'v>(
        &self,
        query: &JpQuery,
        document: &'v Value,
        effort: &Effort,
    ) -> Result<Vec<&'v Value>, Fault> {
        let most = evaluate::MOST_WORK.min(effort.left());
        let (nodes, work) = evaluate::select(&self.text, query, document, most);
        effort.spend(work)?;
        nodes
    }
}

fn follow<'v>(document: &'v Value, links: &[Link]) -> Option<&'v Value> {
    links.iter().try_fold(document, |value, link| match link {
        Link::Member(name) => evaluate::member(value, name),
        Link::Position(position) => evaluate::at(value, *position),
    })
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
