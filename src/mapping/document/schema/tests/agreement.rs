//! Whole mappings: what `check` accepts the schema accepts, and much of what it refuses.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{by_check, by_schema, value_of};

/// A mapping in which every key is used.
const RICH: &str = r#"
version: 1
description: everything at once
x-anchors: { anything: [goes] }
targets:
  hss:
    url: ${HSS_URL}
    auth: { basic: { username: "${HSS_USER}", password: "${file:/run/secrets/hss}" } }
    headers: { X-Client: nsps, X-Version: 2, X-Test: false }
    timeout: 5s
    connect_timeout: 500ms
    idle_timeout: ${IDLE:-4s}
    retry: { attempts: 4, backoff: 1s, max_backoff: 1m30s, unsafe: true }
    responses:
      - { when: { status: 404 }, then: stop }
      - { when: { status: 4xx, $.code: [LOCKED, BUSY] }, then: retry, message: "{{body.x}}", answer: 503 }
      - { when: {}, then: fail, answer: "${ANSWER:-422}" }
  sso:
    url: https://sso.example
    auth:
      oauth2:
        token_url: https://sso.example/token?tenant=1
        grant: client_credentials
        client_id: nsps
        client_secret: "${file:/run/secrets/hss}"
        scope: a b
        audience: https://sso.example
        client_auth: body
    responses: [{ when: { status: 419 }, then: login, message: "{{session.access_token}}" }]
  account:
    url: https://account.example
    allow_hosts: ["[2001:db8::7]:8443", "[::1]"]
    auth:
      oauth2:
        token_url: "${HSS_URL}/token"
        grant: jwt_bearer
        assertion: { issuer: a, subject: b, audience: c, key_file: /run/secrets/shared-key, key_id: k, algorithm: HS256 }
  user:
    url: https://user.example
    auth: { oauth2: { token_url: https://sso.example/, grant: password, username: u, password: secret-word } }
  old:
    url: https://old.example
    auth: { oauth2: { token_url: https://sso.example/, grant: refresh_token, refresh_token: secret-word, client_id: c } }
  guarded:
    url: https://guarded.example
    cookies: true
    auth:
      session:
        login: [{ request: POST /login, json: { p: "${KEY}" }, save: { token: $.token, place: headers.location, life: $.life } }]
        refresh: [{ request: "POST {{session.place}}", save: { token: $.token } }]
        expires_in: "{{session.life}}"
        headers: { Token: "{{session.token}}", X: 1 }
        query: { sid: ["{{session.token}}"] }
  crm:
    url: https://crm.example
    tls: { ca_file: /etc/ca.pem, cert_file: "${CERT}", key_file: /run/secrets/key.pem }
    proxy: http://nsps:open-sesame@proxy.example:3128
    allow_hosts: [node.example, "10.0.0.7:8443", "${NODES}"]
    auth: { api_key: { header: X-Key, value: "Token ${KEY}" } }
    retry: { attempts: "${TRIES}" }
extract:
  imsi: $.sim.imsi
  numbers: { path: $.numbers, all: true, first: false, nullable: true }
  msisdn:
    path: [$.account.id, $.account.name]
    split: ","
    first: true
    capture: '^(\d+)'
    as: string
    map: { 1591: "2101" }
    default: none
    optional: true
  plan: { from: event.data.plan, map: plans, optional: true }
  profile:
    cases:
      - { when: { plan: { in_table: plans } }, value: ["{{plan}}"] }
      - { value: { $each: numbers, $as: n, $when: { n: { exists: true } }, $value: "{{n}}" } }
tables:
  plans: { 1591: "2101", other: { a: 1 } }
rules:
  - name: ignored
    event: [DID/*, "*/Deleted"]
    when:
      any:
        - { imsi: { empty: true } }
        - not: { plan: [1, "2", true] }
        - all: [{ plan: 5 }, { msisdn: { matches: '^7', prefix: "7", suffix: "9", contains: "1" } }]
      $.data.size: { lt: 1, lte: 2, gt: 0, gte: "{{imsi}}", not: { exists: false } }
    ignore: nothing to do for {{imsi}}
  - name: refused
    event: SIM/Created
    reject: never
  - name: done
    event: SIM/*
    extract: { imsi: { from: imsi, capture: '\d+' } }
    steps:
      - name: create
        target: hss
        when: { imsi: { not: closed } }
        request: POST /sims/{{imsi}}
        query: { force: true, tag: "{{numbers}}", list: [1, "{{imsi}}"] }
        headers: { X-Reason: "{{event_type}}" }
        json: { numbers: "{{numbers}}", $$literal: 1, opt: { $when: { plan: 1 }, $value: "{{profile}}" } }
        content_type: application/merge-patch+json
        responses: [{ when: { headers.x-odd: { exists: true } }, then: restart }]
        save: { id: $.id, location: headers.location, code: status, all_ids: { path: $..id, all: true } }
        timeout: 2s
      - { target: crm, request: "GET {{location}}", for_each: all_ids, extract: { one: { from: item } }, query: { one: "{{one}}" } }
      - { target: crm, request: PUT /x, form: { a: "{{id}}", b: [1, 2] } }
      - { target: crm, request: PATCH /x, text: "{{code}} {{msisdn}}" }
      - { target: crm, request: DELETE /x, xml: "<a/>" }
      - { when: { steps.create.status: 200 }, fail: "no {{imsi}}" }
"#;

#[test]
fn a_mapping_with_every_key_is_accepted_by_both() {
    let checked = by_check(RICH);
    let faults: Vec<_> = checked.report.errors().collect();
    assert!(checked.program.is_some(), "{faults:#?}");
    assert_eq!(by_schema(&value_of(RICH)), Ok(()));
}

/// The smallest mapping, with something in place of each part.
fn with(target: &str, variable: &str, rule: &str, step: &str) -> String {
    format!(
        "{{version: 1, targets: {{a: {{url: 'http://a' {target}}}}}, extract: {{v: {variable}}},\n\
         rules: [{{name: r, event: '*', steps: [{{ {step} }}] {rule}}}]}}"
    )
}

fn of_target(keys: &str) -> String {
    with(&format!(", {keys}"), "$.a", "", "request: POST /a")
}

fn of_variable(variable: &str) -> String {
    with("", variable, "", "request: 'POST /{{v}}'")
}

fn of_rule(keys: &str) -> String {
    with("", "$.a", &format!(", {keys}"), "request: POST /a")
}

fn of_step(keys: &str) -> String {
    with("", "$.a", "", keys)
}

#[test]
fn wrong_mappings_are_refused_by_both() {
    let wrong = [
        // Types.
        "[]".to_owned(),
        "text".to_owned(),
        of_target("tls: false"),
        of_target("tls: {}"),
        of_target("tls: { cert_file: a }"),
        of_target("tls: { key_file: a }"),
        of_target("tls: { verify: false, ca_file: a }"),
        of_target("proxy: 'proxy.test:3128'"),
        of_target("proxy: 'https://proxy.test'"),
        of_target("allow_hosts: node.test"),
        of_target("allow_hosts: ['https://node.test']"),
        of_target("allow_hosts: ['*.test']"),
        of_target("allow_hosts: ['10.0.0.0/8']"),
        of_target("allow_hosts: ['2001:db8::7']"),
        of_target("timeout: 10"),
        of_target("retry: often"),
        of_target("retry: { unsafe: 'yes' }"),
        of_target("retry: { attempts: 0 }"),
        of_target("retry: { attempts: 101 }"),
        of_target("retry: { attempts: 1.5 }"),
        of_target("retry: { attempts: many }"),
        of_target("headers: [X-Client]"),
        of_target("headers: { X-Client: null }"),
        of_target("headers: { 'X Client': a }"),
        of_target("responses: { when: {}, then: ok }"),
        of_variable("[$.a]"),
        of_variable("null"),
        of_variable("a"),
        of_variable("{ path: [] }"),
        of_variable("{ path: a }"),
        of_variable("{ path: [a] }"),
        of_variable("{ path: $.a, all: 1 }"),
        of_variable("{ from: $.a }"),
        of_variable("{ path: $.a, as: int }"),
        of_variable("{ path: $.a, split: '' }"),
        of_variable("{ path: $.a, map: [a] }"),
        of_variable("{ cases: [] }"),
        of_rule("when: []"),
        of_rule("when: { v: null }"),
        of_rule("when: { v: [] }"),
        of_rule("when: { v: {} }"),
        of_rule("when: { v: [[1]] }"),
        of_rule("when: { V: 1 }"),
        of_rule("when: { any: [] }"),
        of_rule("when: { any: { v: 1 } }"),
        of_rule("when: { not: [] }"),
        of_rule("when: { v: { exists: 1 } }"),
        of_rule("when: { v: { contains: [1] } }"),
        of_rule("when: { v: { in_table: No Table } }"),
        of_step("request: 5"),
        of_step("request: POST a"),
        of_step("request: TRACE /a"),
        of_step("request: POST /a, query: { a: {} }"),
        of_step("request: POST /a, form: [a]"),
        of_step("request: POST /a, xml: { a: 1 }"),
        of_step("request: POST /a, content_type: json"),
        of_step("request: POST /a, name: The Step"),
        of_step("request: POST /a, responses: [{ when: {}, then: okay }]"),
        of_step("request: POST /a, responses: [{ when: {}, then: fail, answer: 300 }]"),
        of_step("request: POST /a, responses: [{ when: {}, then: fail, answer: never }]"),
        // Unknown keys.
        of_target("tiemout: 5s"),
        of_target("auth: { digest: { username: a } }"),
        of_variable("{ path: $.a, transform: upper }"),
        of_rule("then: ok"),
        of_rule("when: { v: { equals: 1 } }"),
        of_step("request: POST /a, body: {}"),
        // Missing keys.
        "{}".to_owned(),
        "{ version: 1, targets: {}, rules: [] }".to_owned(),
        "{ version: 2, targets: { a: { url: 'http://a' } }, rules: [] }".to_owned(),
        "{ version: '1', targets: { a: { url: 'http://a' } }, rules: [] }".to_owned(),
        "{ version: 1, targets: { a: {} }, rules: [] }".to_owned(),
        of_target("auth: {}"),
        of_target("auth: { basic: { username: a } }"),
        of_target("auth: { api_key: { value: abcdefgh } }"),
        of_variable("{ optional: true }"),
        of_variable("{ cases: [{ when: { v: 1 } }] }"),
        of_step("json: {}"),
        of_step("request: POST /a, responses: [{ then: ok }]"),
        of_step("request: POST /a, responses: [{ when: {} }]"),
        // Keys that exclude each other.
        of_target(
            "auth: { bearer: { token: abcdefgh }, basic: { username: a, password: abcdefgh } }",
        ),
        of_target("auth: { api_key: { header: a, query: b, value: abcdefgh } }"),
        of_variable("{ path: $.a, from: event }"),
        of_variable("{ from: event, all: true }"),
        of_rule("ignore: no"),
        of_step("request: POST /a, json: {}, text: a"),
        of_step("request: POST /a, fail: no"),
        of_step("fail: no, timeout: 5s"),
        of_step("request: POST /a, responses: [{ when: {}, then: ok, answer: 200 }]"),
    ];
    for text in wrong {
        assert!(by_check(&text).program.is_none(), "check takes {text}");
        assert!(by_schema(&value_of(&text)).is_err(), "the schema takes {text}");
    }
}

#[test]
fn the_mapping_that_the_wrong_ones_are_made_of_is_accepted() {
    for text in [of_target("timeout: 5s"), of_variable("$.a"), of_rule("when: { v: 1 }")] {
        let report = by_check(&text).report;
        assert!(!report.has_errors(), "{}: {text}", report.summary());
        assert_eq!(by_schema(&value_of(&text)), Ok(()), "{text}");
    }
}

/// The mapping, and pointers to everything in it.
static RICH_PARTS: LazyLock<(Value, Vec<String>)> = LazyLock::new(|| {
    let (mapping, mut all) = (value_of(RICH), Vec::new());
    pointers(&mapping, "", &mut all);
    (mapping, all)
});

/// Pointers to everything in a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let below: Vec<(String, &Value)> = match value {
        Value::Array(members) => {
            members.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect()
        }
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        _ => Vec::new(),
    };
    for (name, part) in below {
        let name = name.replace('~', "~0").replace('/', "~1");
        pointers(part, &format!("{at}/{name}"), found);
    }
}

fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1i64..1000).prop_map(Value::from),
        prop_oneof![
            Just("x"),
            Just(""),
            Just("$.a"),
            Just("imsi"),
            Just("10s"),
            Just("3"),
            Just("POST /a"),
            Just("${X}"),
            Just("{{imsi}}"),
            Just("ok"),
            Just("fail"),
            Just("string"),
            Just("plans"),
            Just("crm"),
            Just("*"),
            Just("status"),
            Just("HTTP://A"),
            Just("a/b"),
        ]
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["$.a"])),
        Just(json!({ "imsi": "x" })),
        Just(json!({ "path": "$.a", "optional": true })),
        Just(json!({ "value": ["{{imsi}}"] })),
    ]
}

proptest! {
    #[test]
    fn a_mapping_changed_somewhere_is_not_refused_by_the_schema_alone(
        at in any::<prop::sample::Index>(),
        change in prop_oneof![1 => Just(None), 3 => replacement().prop_map(Some)],
    ) {
        let (mut mapping, all) = RICH_PARTS.clone();
        let pointer = at.get(&all);
        match change {
            Some(value) => *mapping.pointer_mut(pointer).unwrap() = value,
            None => remove(&mut mapping, pointer),
        }
        if by_check(&mapping.to_string()).program.is_some() {
            prop_assert_eq!(by_schema(&mapping), Ok(()), "{}", pointer);
        }
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(members)) => {
            members.remove(name.parse().unwrap());
        }
        _ => {}
    }
}
