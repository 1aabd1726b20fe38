//! JSONPath (RFC 9535), compiled once at load: the only file that names the JSONPath crate.

use std::ops::Range;
use std::sync::Arc;

use jsonpath_rust::parser::errors::JsonPathError;
use jsonpath_rust::parser::model::{
    Comparable, Comparison, Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, Test,
    TestFunction,
};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use pest::error::{InputLocation, LineColLocation};
use serde_json::Value;

/// Longest accepted path, in bytes. The parser is recursive; a path that a person writes is short.
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

impl PathFault {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), range: None, help: help.into() }
    }

    fn at(self, range: Range<usize>) -> Self {
        Self { range: Some(range), ..self }
    }
}

impl Path {
    /// Compiles a path. Regular expressions inside filters are refused: the library compiles them
    /// anew for every node.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        if text.len() > LONGEST {
            return Err(PathFault::new(
                format!("this JSONPath is longer than {LONGEST} bytes"),
                "split it into several variables",
            ));
        }
        if !text.starts_with('$') {
            return Err(PathFault::new(
                "a JSONPath starts with `$`, the whole document",
                format!("write `$.{text}`"),
            ));
        }
        if let Some(offset) = blank_in_name(text) {
            let message = "a name with a blank in it stands in brackets and quotes";
            let fault = PathFault::new(message, "write e.g. `$['a name'].b`");
            return Err(fault.at(offset..text.len()));
        }
        let query = parse_json_path(text).map_err(|error| syntax_fault(text, error))?;
        query
            .segments
            .iter()
            .try_for_each(allowed_segment)
            .map_err(|fault| located(fault, text))?;
        let plan = chain(&query.segments).map_or(Plan::Query(query), Plan::Chain);
        Ok(Self { text: Arc::from(text), plan })
    }

    /// As written.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The first selected node that is not null; null if only nulls are selected.
    pub fn first<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        match &self.plan {
            Plan::Chain(links) => follow(document, links),
            Plan::Query(query) => {
                let nodes = select(query, document);
                nodes.iter().find(|node| !node.is_null()).or(nodes.first()).copied()
            }
        }
    }

    /// Every selected node, in the order of the document.
    pub fn all<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        match &self.plan {
            Plan::Chain(links) => follow(document, links).into_iter().collect(),
            Plan::Query(query) => select(query, document),
        }
    }
}

fn select<'v>(query: &JpQuery, document: &'v Value) -> Vec<&'v Value> {
    // The only error the library knows here is a query that yields a computed value, which a
    // parsed query cannot: no node is the honest answer to it.
    js_path_process(query, document)
        .map(|nodes| nodes.into_iter().map(|node| node.val()).collect())
        .unwrap_or_default()
}

fn follow<'v>(document: &'v Value, links: &[Link]) -> Option<&'v Value> {
    links.iter().try_fold(document, |value, link| match (link, value) {
        (Link::Member(name), Value::Object(members)) => members.get(&**name),
        (Link::Position(position), Value::Array(members)) => {
            let from_start = usize::try_from(*position).ok();
            let index = from_start.or_else(|| {
                members.len().checked_sub(usize::try_from(position.unsigned_abs()).ok()?)
            })?;
            members.get(index)
        }
        _ => None,
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

fn allowed_segment(segment: &Segment) -> Result<(), PathFault> {
    match segment {
        Segment::Descendant(inner) => allowed_segment(inner),
        Segment::Selector(selector) => allowed_selector(selector),
        Segment::Selectors(selectors) => selectors.iter().try_for_each(allowed_selector),
    }
}

fn allowed_selector(selector: &Selector) -> Result<(), PathFault> {
    match selector {
        Selector::Filter(filter) => allowed_filter(filter),
        _ => Ok(()),
    }
}

fn allowed_filter(filter: &Filter) -> Result<(), PathFault> {
    match filter {
        Filter::Or(parts) | Filter::And(parts) => parts.iter().try_for_each(allowed_filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => allowed_filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => allowed_test(expr),
        Filter::Atom(FilterAtom::Comparison(comparison)) => allowed_comparison(comparison),
    }
}

fn allowed_comparison(comparison: &Comparison) -> Result<(), PathFault> {
    let (left, right) = comparison.vals();
    for side in [left, right] {
        if let Comparable::Function(function) = side {
            allowed_function(function)?;
        }
    }
    Ok(())
}

fn allowed_test(test: &Test) -> Result<(), PathFault> {
    match test {
        Test::RelQuery(segments) => segments.iter().try_for_each(allowed_segment),
        Test::AbsQuery(query) => query.segments.iter().try_for_each(allowed_segment),
        Test::Function(function) => allowed_function(function),
    }
}

fn allowed_function(function: &TestFunction) -> Result<(), PathFault> {
    match function {
        TestFunction::Length(argument) => allowed_argument(argument),
        TestFunction::Value(argument) | TestFunction::Count(argument) => allowed_argument(argument),
        TestFunction::Search(..) | TestFunction::Match(..) => Err(PathFault::new(
            "regular expressions are not allowed inside a JSONPath filter: they would be compiled \
             again for every node",
            "select with `==`, or take the values with `all: true` and use `capture`",
        )),
        TestFunction::Custom(name, _) => Err(unknown_function(name)),
    }
}

fn allowed_argument(argument: &FnArg) -> Result<(), PathFault> {
    match argument {
        FnArg::Literal(_) => Ok(()),
        FnArg::Test(test) => allowed_test(test),
        FnArg::Filter(filter) => allowed_filter(filter),
    }
}

/// The library takes `$.a b` for the member `a b`; RFC 9535 allows blanks between segments only.
fn blank_in_name(text: &str) -> Option<usize> {
    let mut quote: Option<(char, bool)> = None;
    let (mut brackets, mut blank) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some((mark, escaped)), _) => {
                let ends = c == mark && !escaped;
                quote = (!ends).then_some((mark, c == '\\' && !escaped));
            }
            (None, '\'' | '"') => quote = Some((c, false)),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, '.') => {}
            (None, _) if brackets > 0 => {}
            (None, c) if c.is_whitespace() => {
                blank.get_or_insert(at);
                continue;
            }
            (None, _) if blank.is_some() => return blank,
            _ => {}
        }
        blank = None;
    }
    None
}

fn unknown_function(name: &str) -> PathFault {
    PathFault::new(
        format!("`{name}` is not a function of RFC 9535"),
        "the functions of filters are `length`, `count` and `value`",
    )
}

/// A fault of a function, with the place where that is called. The parser keeps none.
fn located(fault: PathFault, text: &str) -> PathFault {
    let called = ["match", "search"].into_iter().find_map(|name| {
        let at = text.find(&format!("{name}("))?;
        Some(at..at + name.len())
    });
    PathFault { range: called, ..fault }
}

/// The name before a parenthesis at which the parser stopped.
fn called_at(text: &str, offset: usize) -> Option<&str> {
    let (name, _) = text.get(offset..)?.split_once('(')?;
    let named = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (named && !name.is_empty()).then_some(name)
}

fn syntax_fault(text: &str, error: JsonPathError) -> PathFault {
    match error {
        JsonPathError::PestError(error) => {
            let offset = match error.location {
                InputLocation::Pos(offset) | InputLocation::Span((offset, _)) => offset,
            };
            if let Some(name) = called_at(text, offset) {
                return unknown_function(name).at(offset..offset + name.len());
            }
            let (LineColLocation::Pos((_, column)) | LineColLocation::Span((_, column), _)) =
                error.line_col;
            let rest = text.get(offset..).unwrap_or_default();
            let message = match rest.is_empty() {
                true => "this is not a JSONPath: something is missing at its end".to_owned(),
                false => {
                    format!("this is not a JSONPath: unexpected text at column {column} of it")
                }
            };
            let help = match rest.as_bytes() {
                [b'=', next, ..] if *next != b'=' => "a filter compares with `==`".to_owned(),
                _ if offset == 1 && !rest.starts_with(['[', '.']) && !rest.is_empty() => {
                    format!("write `$.{rest}`")
                }
                _ => LOOKS.to_owned(),
            };
            PathFault::new(message, help).at(offset..text.len())
        }
        other => PathFault::new(other.to_string(), LOOKS),
    }
}

const LOOKS: &str = "a JSONPath looks like `$.pb_data.sim_info.imsi` or \
                     `$..attributes[?@.name == 'x'].value` (RFC 9535)";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(path: &str, document: &Value) -> Option<Value> {
        Path::parse(path).expect(path).first(document).cloned()
    }

    #[test]
    fn member_chains_and_queries_select_alike() {
        let document = json!({"a": {"b": [10, 20, 30]}, "x y": 1, "big": 12345678901234567890123_i128.to_string()});
        for (path, expected) in [
            ("$.a.b[0]", Some(json!(10))),
            ("$['a']['b'][-1]", Some(json!(30))),
            ("$.a.b[3]", None),
            ("$.a.b[-4]", None),
            ("$['x y']", Some(json!(1))),
            ("$.a.c.d", None),
            ("$ .a .b [0]", Some(json!(10))),
            ("$.a.b[?@ > 10 && @ < 30]", Some(json!(20))),
            ("$.a['b'][ 0 ]", Some(json!(10))),
            (r"$['x\u0020y']", Some(json!(1))),
            ("$.a.b[?@ > 10]", Some(json!(20))),
            ("$..b[1]", Some(json!(20))),
            ("$", Some(document.clone())),
        ] {
            assert_eq!(first(path, &document), expected, "{path}");
        }
    }

    #[test]
    fn a_null_gives_way_to_a_later_node() {
        let document = json!([{"n": "x", "v": null}, {"n": "x", "v": 2}]);
        assert_eq!(first("$[?@.n == 'x'].v", &document), Some(json!(2)));
        assert_eq!(first("$[0].v", &document), Some(json!(null)));
    }

    #[test]
    fn a_policy_is_found_in_an_object_and_in_a_list_of_objects() {
        let path = "$.pb_data.access_policy_info..attributes[?@.name == 'cs'].value";
        let policy =
            json!({"attributes": [{"name": "eps", "value": 1}, {"name": "cs", "value": 2}]});
        let one = json!({"pb_data": {"access_policy_info": policy}});
        let list = json!({"pb_data": {"access_policy_info": [{"attributes": []}, policy]}});
        assert_eq!(first(path, &one), Some(json!(2)));
        assert_eq!(first(path, &list), Some(json!(2)));
    }

    #[test]
    fn numbers_in_filters_compare_by_value() {
        let document: Value =
            serde_json::from_str(r#"[{"i": 5, "v": "a"}, {"i": 5.0, "v": "b"}, {"i": 1e1}]"#)
                .unwrap();
        assert_eq!(Path::parse("$[?@.i == 5].v").unwrap().all(&document).len(), 2);
        assert_eq!(Path::parse("$[?@.i > 5]").unwrap().all(&document).len(), 1);
    }

    #[test]
    fn what_mappings_may_not_use_is_refused_with_a_cure() {
        for (path, message) in [
            ("pb_data.x", "starts with `$`"),
            ("$.a[?match(@.b, 'x')]", "regular expressions are not allowed"),
            ("$.a[?(@.c && search(@.b, 'x'))]", "regular expressions are not allowed"),
            ("$.a[?foo(@.b)]", "not a function of RFC 9535"),
            ("$.a[", "not a JSONPath"),
            ("$.a b", "stands in brackets and quotes"),
            ("$.a[0] b", "stands in brackets and quotes"),
            ("", "starts with `$`"),
        ] {
            let fault = Path::parse(path).expect_err(path);
            assert!(fault.message.contains(message), "{path}: {}", fault.message);
        }
    }

    #[test]
    fn a_hostile_path_is_refused_not_followed() {
        for path in [
            format!("${}", "[".repeat(1500)),
            format!("$[?{}@.a{}]", "(".repeat(900), ")".repeat(900)),
            format!("$.{}", "a".repeat(LONGEST)),
        ] {
            assert!(Path::parse(&path).is_err());
        }
    }
}
