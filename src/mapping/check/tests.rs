//! What is said of texts that look like mistakes, and of those that only seem to.

use crate::mapping::env::Environment;
use crate::mapping::load_text;

/// The codes of what is found in a mapping with this variable and this body.
fn codes(variable: &str, body: &str) -> Vec<&'static str> {
    let mapping = format!(
        "version: 1\ntargets: {{ t: {{ url: 'http://t.test' }} }}\nextract:\n  x: {variable}\n\
         rules:\n  - name: r\n    event: SIM/*\n    steps:\n      - request: POST /a\n        \
         text: '{{{{x}}}}'\n      - request: POST /b\n        json: {body}\n"
    );
    let variables = |name: &str| (name == "SET").then(|| "1".to_owned());
    let files = |_: &str| Err("none".to_owned());
    let loaded = load_text("a.yaml", &mapping, Environment::new(&variables, &files, false));
    loaded.report.sorted().into_iter().map(|found| found.code).collect()
}

#[test]
fn texts_that_lack_a_sign_are_told_from_those_that_mean_what_they_say() {
    for (body, expected) in [
        ("'{x}}'", &["lost-sign"][..]),
        ("'a {unknown}} b'", &["lost-sign"]),
        ("'{x}'", &["lost-sign"]),
        ("'{event_id}'", &["lost-sign"]),
        ("'{ x.y }'", &["lost-sign"]),
        ("'{unknown}'", &[]),
        ("'{{x}}'", &[]),
        (r"'\{{x}}'", &[]),
        ("'{{#if x}}{{x}}{{/if}}'", &[]),
        ("'${SET}'", &[]),
        ("'$${x}'", &[]),
        ("'{1,2}'", &[]),
        ("{ a: { b: x } }", &[]),
        ("$SET", &["lost-sign"]),
        ("'$SET}'", &["lost-sign"]),
        ("'http://$HOST_NAME/x'", &["lost-sign"]),
        ("'US$USD'", &[]),
        ("'5$ AB'", &[]),
        ("'$1 and $x'", &[]),
        ("'$$SET'", &[]),
        ("'$AB'", &[]),
    ] {
        let body = if body.starts_with('{') { body.to_owned() } else { format!("[{body}]") };
        assert_eq!(codes("$.a", &body), expected, "{body}");
    }
}

#[test]
fn a_path_where_none_is_followed_is_told() {
    for (body, expected) in [
        ("[$.a.b]", &["path-as-text"][..]),
        ("['$.a[0]']", &["path-as-text"]),
        ("[$5.00]", &[]),
        ("['$.']", &[]),
        ("[$.a costs]", &[]),
        ("'{\"a\": 1}'", &["json-as-text"]),
        ("'[1]'", &["json-as-text"]),
        ("'{{x}}'", &[]),
        ("'{{#if x}}[1]{{/if}}'", &[]),
        ("{ '{{x}}': 1 }", &["template-in-key"]),
    ] {
        assert_eq!(codes("$.a", body), expected, "{body}");
    }
}

#[test]
fn quotes_and_comments_that_belong_where_they_are_are_not_minded() {
    for (variable, expected) in [
        ("{ path: $.a, capture: ^7' }", &["stray-quote"][..]),
        ("{ path: $.a, default: it's }", &[]),
        ("{ path: $.a, default: say \"no\" }", &[]),
        ("{ path: $.a, default: 5\" }", &["stray-quote"]),
        ("$.a # the first", &[]),
        ("$.a #b", &["cut-by-comment"]),
        ("$.a ## the first", &[]),
        ("$.a[?@.b == 'c #1']", &["cut-by-comment"]),
    ] {
        assert_eq!(codes(variable, "1"), expected, "{variable}");
    }
}

#[test]
fn no_name_hides_a_table() {
    let codes = |rule: &str| {
        let mapping = format!(
            "version: 1\ntargets: {{ t: {{ url: 'http://t.test' }} }}\ntables: {{ plans: {{ a: 1 }} }}\n\
             rules:\n  - {{ name: r, event: '*', {rule} }}\n"
        );
        let files = |_: &str| Err("none".to_owned());
        let loaded = load_text("a.yaml", &mapping, Environment::new(&|_| None, &files, false));
        loaded.report.sorted().into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    for rule in [
        "extract: { plans: $.a }, ignore: '{{plans}}'",
        "steps: [{ extract: { plans: $.a }, request: POST /, json: '{{plans}}' }]",
        "steps: [{ request: POST /, save: { plans: $.a } }, { request: POST /, json: '{{plans}}' }]",
        "steps: [{ request: POST /, json: { $each: event.a, $as: plans, $value: '{{plans}}' } }]",
    ] {
        assert_eq!(codes(rule), ["duplicate-name"], "{rule}");
    }
    assert_eq!(codes("ignore: '{{lookup plans \"a\"}}'"), [""; 0]);
}
