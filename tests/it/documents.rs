//! The documents lead somewhere: every link to a file or a heading of ours finds it.

use std::path::{Path, PathBuf};

use crate::support::markdown::headings;
use crate::support::scratch::repository_file;

const DOCUMENTS: [&str; 13] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "llms.txt",
    "docs/mapping-reference.md",
    "docs/cookbook.md",
    "docs/events.md",
    "docs/operations.md",
    "docs/performance.md",
    "fuzz/README.md",
    "benches/compare/README.md",
    "deploy/README.md",
    "helm/nsps-connector/README.md",
];

/// What stands in the parentheses of `[text](target)`, without links to other sites.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets.map(|(target, _)| target).filter(|target| !target.contains("://"))
}

/// The name that a heading has in links, as GitHub makes it: lower case, blanks are `-`, and other
/// marks are left out.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Why a link of a document finds nothing.
fn broken(document: &str, link: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let file = match file {
        "" => PathBuf::from(document),
        file => Path::new(document).parent().unwrap().join(file),
    };
    if !root.join(&file).exists() {
        return Some(format!("{document}: no file {}", file.display()));
    }
    if heading.is_empty() {
        return None;
    }
    let page = repository_file(file.to_str().unwrap());
    let found = headings(&page).any(|(_, text)| anchor(text) == heading);
    (!found).then(|| format!("{document}: no heading {link}"))
}

#[test]
fn every_link_of_the_documents_finds_what_it_leads_to() {
    for document in DOCUMENTS {
        let page = repository_file(document);
        let broken: Vec<String> = links(&page).filter_map(|link| broken(document, link)).collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

#[test]
fn a_link_into_the_void_is_found() {
    for (link, is_broken) in [
        ("README.md", false),
        ("README.md#running-it", false),
        ("docs/mapping-reference.md#going-over-a-list-for_each", false),
        ("README.md#walking-it", true),
        ("LIESMICH.md", true),
        ("#running-it", false),
    ] {
        assert_eq!(broken("README.md", link).is_some(), is_broken, "{link}");
    }
}
