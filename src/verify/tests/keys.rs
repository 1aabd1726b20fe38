//! Each key of a test file does what it says: a case that is right passes, and one that is not fails
//! for that reason alone.

use super::{MAPPING, case, cases, failures, of_file, of_mapping};

/// The request of rule `update` for the usual event.
const PUT: &str = "request: PUT /sims/001010000020349";

#[test]
fn what_is_expected_is_held_against_what_is_sent() {
    for (expected, told) in [
        ("exchange: [{ PUT }]", ""),
        ("exchange: [{ PUT, target: hss }]", ""),
        ("exchange: [{ request: PUT http://hss.test/api/sims/001010000020349 }]", ""),
        ("exchange: [{ PUT, json: { plan: gold, imsi: '001010000020349' } }]", ""),
        ("exchange: [{ PUT, json: { imsi: '001010000020349' } }]", "request 1 differs"),
        ("exchange: [{ PUT, target: crm }]", "target: crm is expected, target: hss is sent"),
        ("exchange: [{ request: POST /sims/001010000020349 }]", "request 1 differs"),
        ("exchange: [{ PUT, headers: { X-None: null, X-Plan: gold }, query: { m: null } }]", ""),
        ("exchange: [{ PUT, headers: { X-Plan: null } }]", "x-plan: gold is sent and not expected"),
        ("exchange: [{ PUT, query: { force: null } }]", "?force=true is sent and not expected"),
        ("exchange: []", "a request is sent that nothing expects"),
        ("rule: update", "a request is sent that nothing expects"),
        ("exchange: [{ PUT }, { PUT }]", "request 2 is not sent"),
        ("rule: update, exchange: [{ PUT }]", ""),
        ("rule: delete, exchange: [{ PUT }]", "the rule `delete` must run, and `update` does"),
        (
            "variables: { imsi: '001010000020349', short: '349', plan: gold, size: null }, exchange: [{ PUT }]",
            "",
        ),
        (
            "variables: { imsi: 1010000020349 }, exchange: [{ PUT }]",
            "the variable `imsi` must be 1010000020349, and is \"001010000020349\"",
        ),
        (
            "variables: { plan: null }, exchange: [{ PUT }]",
            "the variable `plan` must be null, and is \"gold\"",
        ),
        (
            "variables: { size: 1 }, exchange: [{ PUT }]",
            "the variable `size` must be 1, and is absent",
        ),
        ("variables: { numbers: ['1', '2'] }, exchange: [{ PUT }]", ""),
        ("variables: { id: 7 }, exchange: [{ PUT, reply: { json: { id: 7.0 } } }]", ""),
        (
            "variables: { id: 7 }, exchange: [{ PUT, reply: { json: { id: '7' } } }]",
            "the variable `id` must be 7, and is \"7\"",
        ),
        ("variables: { id: null }, exchange: [{ PUT }]", ""),
        ("answer: { status: 200 }, exchange: [{ PUT }]", ""),
        (
            "answer: { status: 2xx, message: { contains: success }, error: { exists: false } }, exchange: [{ PUT }]",
            "",
        ),
        (
            "answer: { status: [201, 202] }, exchange: [{ PUT }]",
            "`status` of the answer is expected to be one of [201, 202], and is 200",
        ),
        (
            "answer: { message: { matches: '^No' } }, exchange: [{ PUT }]",
            "`message` of the answer is expected to pass { matches: '^No' }, and is \"Event processed successfully\"",
        ),
        (
            "answer: { type: SERVICE_ERROR }, exchange: [{ PUT }]",
            "`type` of the answer is expected to be SERVICE_ERROR, and is null",
        ),
    ] {
        let text = format!(
            "event: event.json, {}",
            expected.replace("PUT }", &format!("{PUT} }}")).replace("PUT,", &format!("{PUT},"))
        );
        let found = case(&text);
        match told.is_empty() {
            true => assert_eq!(found, [""; 0], "{text}"),
            false => {
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert!(found[0].contains(told), "{text}: {found:?}");
            }
        }
    }
}

#[test]
fn an_event_can_stand_in_a_file_or_in_the_case_and_be_changed() {
    const INLINE: &str =
        "{ event_id: e, data: { event_type: SIM/Updated }, pb_data: { sim_info: { imsi: '7' } } }";
    for event in [
        "event: event.json, set: { $.pb_data.sim_info.imsi: '7', $.pb_data.plan: null }",
        "event: event.json, set: { $.pb_data.sim_info.imsi: '7' }, remove: [$.pb_data.plan]",
        "event: event.json, set: { $.pb_data.sim_info.imsi: '7' }, remove: $.pb_data.plan",
        &format!("event: {INLINE}"),
        &format!("event: {INLINE}, set: {{ $.pb_data.plan: null }}"),
        "event: event.json, set: { '$..imsi': '7', '$.pb_data.plan': null }",
    ] {
        let text = format!(
            "{event}, variables: {{ imsi: '7', plan: null }}, exchange: [{{ request: PUT /sims/7 }}]"
        );
        assert_eq!(case(&text), [""; 0], "{text}");
    }
}

#[test]
fn an_ignored_event_is_told_of() {
    let text = "event: event.json, remove: [$.pb_data.sim_info], rule: no-imsi, \
                answer: { status: 200, message: 'Event ignored: no IMSI' }";
    assert_eq!(case(text), [""; 0]);
    let no_rule = "event: event.json, set: { $.data.event_type: DID/New }, exchange: []";
    assert_eq!(case(no_rule), [""; 0]);
    let none = format!("{no_rule}, rule: update, variables: {{ imsi: '1' }}");
    assert_eq!(
        case(&none),
        [
            "the rule `update` must run, and none does",
            "the variable `imsi` must be \"1\", and is absent: no rule ran",
        ]
    );
}

#[test]
fn one_answer_goes_through_the_table_of_the_mapping() {
    let text = "event: event.json, exchange: [{ request: PUT /sims/001010000020349, \
                reply: { json: { result: false, error: unknown profile } } }], \
                answer: { status: 422, type: SERVICE_ERROR, message: 'refused: unknown profile', \
                error: { contains: hss } }";
    assert_eq!(case(text), [""; 0]);
}

#[test]
fn the_environment_is_the_files_and_the_cases_and_no_other() {
    let file = "
mapping: hss.yaml
env: { HSS_URL: http://one.test, HSS_TOKEN: token-number-one }
cases:
  - name: of the file
    event: event.json
    exchange: [{ request: PUT http://one.test/sims/001010000020349, headers: { Authorization: Bearer token-number-one } }]
  - name: of the case
    env: { HSS_URL: http://two.test }
    event: event.json
    exchange: [{ request: PUT http://two.test/sims/001010000020349, headers: { Authorization: Bearer token-number-one } }]
";
    let report = of_file(MAPPING, file);
    assert_eq!((failures(&report, 0), failures(&report, 1)), (Vec::new(), Vec::new()));
    assert!(report.mistakes.is_empty());

    // PATH is set wherever this runs.
    let mapping = MAPPING.replace("${HSS_URL:-http://hss.test/api}", "http://${PATH}");
    let report = of_mapping(&mapping, &["event: event.json, exchange: []"]);
    let mistakes = super::mistakes(&report);
    assert_eq!(mistakes, ["unset-environment: the environment variable `PATH` is not set"]);
    assert!(report.cases.is_empty());
    let help = report.mistakes.errors().next().map(|error| error.cures().collect::<String>());
    assert!(help.is_some_and(|help| help.contains("add `PATH: …` to `env`")));
}

#[test]
fn a_file_of_the_environment_is_what_the_test_says() {
    let mapping = MAPPING.replace("${HSS_TOKEN:-token-of-tests}", "${file:/run/secrets/token}");
    let file = |env: &str| {
        format!(
            "mapping: hss.yaml\nenv: {env}\ncases:\n  - {{ name: a, event: event.json, exchange: [{{ \
             request: PUT /sims/001010000020349, headers: {{ authorization: Bearer from-a-file }} }}] }}\n"
        )
    };
    let report = of_file(&mapping, &file("{ 'file:/run/secrets/token': \"from-a-file\\n\" }"));
    assert_eq!(failures(&report, 0), [""; 0]);
    let report = of_file(&mapping, &file("{}"));
    assert_eq!(
        super::mistakes(&report),
        [
            "unreadable-file: the file `/run/secrets/token` cannot be read: the test does not have it"
        ]
    );
}

#[test]
fn what_nothing_asks_for_is_told() {
    let file = "mapping: hss.yaml\nenv: { HSS_URI: http://x.test, OTHER: 1 }\ncases: [{ name: a, event: event.json, exchange: [{ request: PUT /sims/001010000020349 }] }]";
    let report = of_file(MAPPING, file);
    let told: Vec<String> = report
        .mistakes
        .warnings()
        .map(|it| format!("{}: {} ({})", it.code, it.message(), it.cures().collect::<String>()))
        .collect();
    assert_eq!(
        told,
        [
            "unused-environment: hss.yaml does not ask for `HSS_URI` (did you mean `HSS_URL`?)",
            "unused-environment: hss.yaml does not ask for `OTHER` (leave it out)",
        ]
    );
    assert_eq!(failures(&report, 0), [""; 0]);
}

#[test]
fn time_is_what_the_case_says() {
    let mapping = "
version: 1
targets: { a: { url: http://a.test } }
rules: [{ name: all, event: '*', steps: [{ request: POST /a, json: { now: '{{now}}' } }] }]
";
    let file = "
mapping: hss.yaml
now: 2026-01-31T12:00:00Z
cases:
  - { name: of the file, event: event.json, exchange: [{ request: POST /a, json: { now: '2026-01-31T12:00:00Z' } }] }
  - { name: of the case, now: '2020-02-29T01:00:00+01:00', event: event.json, exchange: [{ request: POST /a, json: { now: '2020-02-29T00:00:00Z' } }] }
  - name: a sequence
    sequence:
      - { event: event.json, exchange: [{ request: POST /a, json: { now: '2026-01-31T12:00:00Z' }, reply: { after: 1s } }] }
      - { after: 1h, event: event.json, exchange: [{ request: POST /a, json: { now: '2026-01-31T13:00:01Z' } }] }
";
    let report = of_file(mapping, file);
    for at in 0..3 {
        assert_eq!(failures(&report, at), [""; 0]);
    }
    let default = of_mapping(
        mapping,
        &[
            "event: event.json, exchange: [{ request: POST /a, json: { now: '2026-01-01T00:00:00Z' } }]",
        ],
    );
    assert_eq!(failures(&default, 0), [""; 0]);
}

#[test]
fn a_failure_in_a_sequence_names_its_event_and_its_place() {
    let report = cases(&[
        "sequence: [{ event: event.json, exchange: [{ request: PUT /sims/001010000020349 }] }, { event: event.json, exchange: [] }]",
    ]);
    let told = failures(&report, 0);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("event 2: a request is sent that nothing expects: "), "{told:?}");
    let failure = &report.cases[0].failures[0];
    assert_eq!((failure.scene, failure.at.line), (Some(2), 3));
    assert_eq!(report.cases[0].at.line, 3);
}

#[test]
fn coverage_is_what_the_cases_reached() {
    let report = cases(&["event: event.json, exchange: [{ request: PUT /sims/001010000020349 }]"]);
    let coverage = report.coverage.unwrap();
    let missed: Vec<&str> = coverage.missed().map(|part| &*part.name).collect();
    assert_eq!(
        missed,
        [
            "target `hss`, response 1",
            "rule `no-imsi`",
            "rule `delete`",
            "rule `delete`, step `1`",
            "rule `delete`, step `2`",
            "rule `create`",
            "rule `create`, step `1`",
            "rule `create`, step `2`",
        ]
    );
}
