//! The laws of the architecture, held against the source text: each breach with its line.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use crate::support::sources::{Source, sources};

/// Where each third-party name may be used: crate names (a `*` at the end stands for the rest),
/// and the files or folders that are their home.
const HOMES: &[(&[&str], &[&str])] = &[
    (&["serde_yaml", "serde_saphyr", "saphyr*"], &["src/mapping/yaml.rs", "src/mapping/yaml/"]),
    (&["annotate_snippets"], &["src/mapping/diagnostic.rs", "src/mapping/diagnostic/"]),
    (
        &["boon"],
        &[
            "src/mapping/document/schema/tests/",
            "src/event/tests/",
            "src/ingress/openapi/testing.rs",
        ],
    ),
    (&["jsonpath_rust"], &["src/expr/path.rs", "src/expr/path/"]),
    (&["handlebars"], &["src/expr/template.rs", "src/expr/template/"]),
    (&["rust_decimal"], &["src/expr/helpers/numbers.rs"]),
    (&["actix*"], &["src/ingress.rs", "src/ingress/"]),
    (&["reqwest"], &["src/egress.rs", "src/egress/"]),
    (&["slog*"], &["src/telemetry.rs", "src/telemetry/"]),
    (
        &["hyper*", "http_body_util"],
        &["src/egress.rs", "src/egress/", "src/cli/demo.rs", "src/cli/demo/"],
    ),
    (&["tower_service", "rustls_platform_verifier"], &["src/egress.rs", "src/egress/"]),
    (&["thread_local"], &["src/egress/direct.rs"]),
    (&["clap*"], &["src/settings.rs", "src/settings/", "src/cli.rs", "src/cli/", "src/main.rs"]),
    (&["aws_lc_rs"], &["src/assertion.rs", "src/assertion/"]),
    (&["rustls_pki_types"], &["src/assertion.rs", "src/certificate.rs"]),
    (
        &["rustls", "tokio_rustls"],
        &[
            "src/egress.rs",
            "src/egress/",
            "src/certificate.rs",
            "src/certificate/",
            // What is served above TLS is ingress' own, as what is called is egress'.
            "src/ingress/tls.rs",
            "src/ingress/http2.rs",
            "src/ingress/tests/",
        ],
    ),
    (&["h2"], &["src/egress.rs", "src/egress/", "src/ingress/http2.rs", "src/ingress/tests/"]),
    // actix has its own, older types of the same names; `explain` has a module of that name.
    (
        &["http"],
        &[
            "src/egress.rs",
            "src/egress/",
            "src/ingress/http2.rs",
            "src/ingress/tests/",
            "src/cli/explain/",
        ],
    ),
    (&["rcgen"], &["src/certificate/"]),
    (&["cookie"], &["src/engine/session/jar.rs"]),
    (&["mimalloc", "tikv_jemallocator"], &["src/main.rs"]),
    (&["dotenvy"], &["src/settings/environment.rs"]),
    (
        &["quick_xml"],
        &[
            "src/engine/target/xml.rs",
            "src/engine/target/xml/",
            "src/verify/difference/xml.rs",
            "src/verify/difference/xml/",
            XML_TESTS,
        ],
    ),
    (&["rustix"], &["src/cli/serve.rs"]),
    (&["terminal_size"], &["src/cli/output.rs"]),
    (&["unicode_width"], &["src/cli/test/columns.rs"]),
    (&["rusqlite", "sqlx", "tokio_postgres"], &["src/store.rs", "src/store/"]),
];

/// Reads back what XML templates render.
const XML_TESTS: &str = "src/expr/template/xml/tests/";

/// Folders that only turn values into values.
const PURE: [&str; 4] = ["src/expr/", "src/expr.rs", "src/program/", "src/program.rs"];

/// Code that does I/O, or waits for it.
const IO: &str = r"(?x)
    \b(std|core)\s*::\s*(fs|net|env|process|thread)\b
  | \buse\s+std\s*::\s*\{[^;]*\b(fs|net|env|process|thread)\b
  | \b(tokio|mio|futures_util|async_trait)\s*::
  | \buse\s+(tokio|mio|futures_util|async_trait)\b
  | \basync\s+(fn|move|\{)
  | \.\s*await\b
  | \b(e?print(ln)?)!";

/// Other rooms of the house, named from inside `engine`.
const BEYOND_ENGINE: &str = r"(?x)
    \b(crate|super)\s*::\s*(ingress|egress)\b
  | \buse\s+(crate|super)\s*::\s*\{[^;]*\b(ingress|egress)\b
  | \b(reqwest|actix\w*|hyper\w*|http)\s*::";

/// What nobody may leave lying about; in code and in comments alike.
const LITTER: &str = r"\b(TODO|FIXME|XXX)\b|\b(todo|unimplemented|dbg)!";

/// Longest file, tests apart.
const MOST_LINES: usize = 450;

/// Files that may be longer, each with its reason in a comment. There are none.
const LONG_FILES: [&str; 0] = [];

static IO_PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(IO).unwrap());
static BEYOND_ENGINE_PATTERN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(BEYOND_ENGINE).unwrap());
static LITTER_PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(LITTER).unwrap());

/// A pattern for the use of each home's names, in the order of [`HOMES`]. `::name` is a crate's,
/// `crate::name` is ours.
static HOME_PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let pattern = |(names, _): &(&[&str], &[&str])| {
        let names = names.join("|").replace('*', r"\w*");
        let path = format!(r"(?:^|[^:\w])(?:::)?(?<it>(?:{names}))\s*::");
        let import = format!(r"\b(?:use|extern\s+crate)\s+(?:::)?(?<import>(?:{names}))\b");
        Regex::new(&format!("{import}|{path}")).unwrap()
    };
    HOMES.iter().map(pattern).collect()
});

/// Where a law is broken, and how.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Source {
    fn is_in(&self, homes: &[&str]) -> bool {
        homes.iter().any(|home| {
            if home.ends_with('/') { self.path.starts_with(home) } else { self.path == *home }
        })
    }

    fn breach(&self, offset: usize, what: String) -> Breach {
        let line = self.text[..offset].matches('\n').count() + 1;
        Breach { path: self.path.clone(), line, what }
    }

    /// A breach for everything in `text`, which is this file's, that `pattern` finds; a named
    /// group says which part of it is meant.
    fn all(&self, text: &str, pattern: &Regex, why: &str) -> Vec<Breach> {
        let breach = |found: regex::Captures<'_>| {
            let named = found.name("it").or_else(|| found.name("import"));
            let meant = named.or_else(|| found.get(0)).unwrap();
            let words: Vec<&str> = meant.as_str().split_whitespace().collect();
            self.breach(meant.start(), format!("`{}` {why}", words.join(" ")))
        };
        pattern.captures_iter(text).map(breach).collect()
    }
}

fn foreign_names_stay_at_home(source: &Source) -> Vec<Breach> {
    let homes = HOMES.iter().map(|(_, homes)| homes).zip(HOME_PATTERNS.iter());
    let strangers = homes.filter(|(homes, _)| !source.is_in(homes));
    strangers
        .flat_map(|(homes, pattern)| {
            source.all(&source.code, pattern, &format!("has its home in {}", homes.join(", ")))
        })
        .collect()
}

fn pure_folders_do_no_io(source: &Source) -> Vec<Breach> {
    if !source.is_in(&PURE) {
        return Vec::new();
    }
    source.all(
        &source.code[..source.end_of_code()],
        &IO_PATTERN,
        "is I/O, in a folder that does none",
    )
}

fn the_engine_knows_neither_side(source: &Source) -> Vec<Breach> {
    if !source.is_in(&["src/engine.rs", "src/engine/"]) {
        return Vec::new();
    }
    source.all(
        &source.code,
        &BEYOND_ENGINE_PATTERN,
        "is beyond the engine, which knows only `Transport`",
    )
}

fn files_say_what_they_are_for(source: &Source) -> Vec<Breach> {
    let first = source.text.lines().next().unwrap_or_default();
    match first.strip_prefix("//! ") {
        Some(purpose) if !purpose.trim().is_empty() => Vec::new(),
        _ => vec![
            source.breach(0, "the first line does not say `//! what the file is for`".to_owned()),
        ],
    }
}

fn files_stay_short(source: &Source) -> Vec<Breach> {
    let end = source.end_of_code();
    let lines = source.code[..end].lines().count();
    if lines <= MOST_LINES || source.is_in(&LONG_FILES) {
        return Vec::new();
    }
    vec![source.breach(end, format!("{lines} lines; {MOST_LINES} are the most, tests apart"))]
}

fn nothing_is_left_lying_about(source: &Source) -> Vec<Breach> {
    source.all(&source.text, &LITTER_PATTERN, "is for later, and later is now")
}

#[track_caller]
fn assert_holds(law: fn(&Source) -> Vec<Breach>, folders: &[&str]) {
    let sources: Vec<Source> = folders.iter().flat_map(|folder| sources(folder)).collect();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "no sources were found");
    let breaches: Vec<String> =
        sources.iter().flat_map(law).map(|breach| breach.to_string()).collect();
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn each_foreign_name_has_one_home() {
    assert_holds(foreign_names_stay_at_home, &["src"]);
}

#[test]
fn expressions_and_programs_do_no_io() {
    assert_holds(pure_folders_do_no_io, &["src"]);
}

#[test]
fn the_engine_names_neither_ingress_nor_egress() {
    assert_holds(the_engine_knows_neither_side, &["src"]);
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_holds(files_say_what_they_are_for, &["src", "tests/it"]);
}

#[test]
fn no_file_is_too_long() {
    assert_holds(files_stay_short, &["src"]);
}

#[test]
fn nothing_is_put_off() {
    assert_holds(nothing_is_left_lying_about, &["src"]);
}

/// That the laws can fail: made-up files, and the lines on which they must be caught.
mod can_fail {
    use super::*;

    fn lines(law: fn(&Source) -> Vec<Breach>, path: &str, text: &str) -> Vec<usize> {
        law(&Source::new(path, text)).iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn a_foreign_name_away_from_home_is_caught() {
        let law = foreign_names_stay_at_home;
        for (path, text, caught) in [
            (
                "src/engine/run.rs",
                "//! reqwest::Client\nuse reqwest::Client;\nlet x = \"slog::\";",
                &[2][..],
            ),
            ("src/egress/client.rs", "use reqwest::Client;\nuse actix_web::App;", &[2]),
            ("src/egress.rs", "use reqwest::{self, Client};", &[]),
            ("src/egress_too.rs", "use reqwest as r;", &[1]),
            (
                "src/mapping/check.rs",
                "\nfn f(x: serde_yaml::Value) {}\n#[serde_saphyr::x]",
                &[2, 3],
            ),
            ("src/mapping/yaml.rs", "use serde_yaml::Spanned;", &[]),
            ("src/expr/body.rs", "jsonpath_rust::parse();let t=::handlebars::t();", &[1, 1]),
            ("src/expr/template/parse.rs", "handlebars::template::Template", &[]),
            ("src/app.rs", "use crate::expr::handlebars::x;\nlet slog = 1; slog + 1", &[]),
            ("src/app.rs", "{\nreqwest::get(); }", &[2]),
            ("src/app.rs", "use slog_json::Json;\nuse hyper_util\n::rt;\nuse clap;", &[1, 2, 4]),
        ] {
            assert_eq!(lines(law, path, text), caught, "{path}: {text}");
        }
    }

    #[test]
    fn io_in_a_pure_folder_is_caught() {
        for (path, text, caught) in [
            ("src/expr/path.rs", "use std::fs;\nuse std::{\n  fmt,\n  net,\n};", &[1, 2][..]),
            (
                "src/program/mod.rs",
                "async fn f() {}\nx.await;\nlet y = tokio::spawn(1);",
                &[1, 2, 3],
            ),
            ("src/expr/body.rs", "println!(\"x\");\nstd::env::var(\"x\");\nenv!(\"x\")", &[1, 2]),
            (
                "src/expr/body.rs",
                "// std::fs\nuse std::fmt;\n#[cfg(test)]\nmod tests { std::fs::x(); }",
                &[],
            ),
            ("src/expr/body/tests.rs", "std::fs::read(\"x\");", &[]),
            ("src/egress/client.rs", "use std::net;", &[]),
        ] {
            assert_eq!(lines(pure_folders_do_no_io, path, text), caught, "{path}: {text}");
        }
    }

    #[test]
    fn an_engine_that_looks_outside_is_caught() {
        for (path, text, caught) in [
            (
                "src/engine/run.rs",
                "use crate::ingress::answer;\nuse crate::{\n a,\n egress::b};",
                &[1, 2][..],
            ),
            ("src/engine/run.rs", "use crate::engine::transport;\nlet egress = 1;", &[]),
            ("src/engine/target/retry.rs", "http::StatusCode::OK; reqwest::Error", &[1, 1]),
            ("src/app.rs", "use crate::egress::client;", &[]),
        ] {
            assert_eq!(lines(the_engine_knows_neither_side, path, text), caught, "{path}: {text}");
        }
    }

    #[test]
    fn a_file_without_a_purpose_or_an_end_is_caught() {
        for text in ["", "use x;", "//!\n//! Later.", "// Not this.", "\n//! Late."] {
            assert_eq!(lines(files_say_what_they_are_for, "src/a.rs", text), [1], "{text}");
        }
        assert!(lines(files_say_what_they_are_for, "src/a.rs", "//! What for.").is_empty());

        let long = "x\n".repeat(MOST_LINES + 1);
        assert_eq!(lines(files_stay_short, "src/a.rs", &long), [MOST_LINES + 2]);
        assert!(lines(files_stay_short, "src/a/tests.rs", &long).is_empty());
        let tested = format!("x\n#[cfg(test)]\nmod tests {{\n{long}}}");
        assert!(lines(files_stay_short, "src/a.rs", &tested).is_empty());
    }

    #[test]
    fn litter_is_caught_in_code_and_in_comments() {
        let text = "// TODO: x\ntodo!()\nlet todo = 1;\nunimplemented!()\ndbg!(x) // FIXME";
        assert_eq!(lines(nothing_is_left_lying_about, "src/a.rs", text), [1, 2, 4, 5, 5]);
    }

    #[test]
    fn a_breach_says_where_and_why() {
        let source = Source::new("src/app.rs", "//! App.\nuse reqwest::Client;");
        let breach = foreign_names_stay_at_home(&source).remove(0).to_string();
        assert_eq!(breach, "src/app.rs:2: `reqwest` has its home in src/egress.rs, src/egress/");
    }
}
