//! `explain`: what people and tools read, and what they never do.

mod repeated;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::command::{Ran, command, run};
use crate::support::scratch::{Scratch, repository_file};

/// Find, create if there is none, add what belongs to it, activate.
const CRM: &str = r#"version: 1
description: find or create
targets:
  crm:
    url: http://crm.test/api
    auth: { bearer: { token: "${TOKEN}" } }
    retry: { attempts: 3, backoff: 400ms }
    responses:
      - when: { $.result: false }
        then: fail
        message: "{{body.error}}"
extract:
  imsi: $.pb_data.sim_info.imsi
  plan: { path: [$.pb_data.plan, $.pb_data.account_info.plan], map: { 1591: gold } }
rules:
  - name: closed
    event: SIM/*
    when: { $.pb_data.status: closed, imsi: { matches: '^001' } }
    ignore: closed
  - name: provision
    event: SIM/Updated
    when: { imsi: { empty: false } }
    steps:
      - name: find
        request: GET /subscribers
        query: { imsi: "{{imsi}}" }
        save: { id: { path: "$.items[0].id", optional: true } }
      - name: create
        when: { id: { exists: false } }
        request: POST /subscribers
        json: { imsi: "{{imsi}}", note: "{{event.pb_data.note}}" }
        save: { id: $.id }
      - name: addon
        for_each: event.pb_data.addons
        request: PUT /subscribers/{{id}}/addons/{{item}}
      - name: activate
        request: POST /subscribers/{{id}}/activate
        json: { plan: "{{plan}}" }
  - { name: rest, event: "*", ignore: not ours }
"#;

fn event(pb_data: &Value) -> String {
    let data = json!({ "event_type": "SIM/Updated" });
    json!({ "event_id": "e-1", "data": data, "pb_data": pb_data }).to_string()
}

fn subscriber() -> Value {
    json!({ "sim_info": { "imsi": "001010000020349" }, "plan": 1591, "addons": ["a b", "c"] })
}

/// A directory with that mapping and that event.
fn stage(mapping: &str, pb_data: &Value) -> Scratch {
    let scratch = Scratch::new();
    scratch.mapping("crm.yaml", mapping);
    scratch.write("event.json", &event(pb_data));
    scratch
}

fn explain(scratch: &Scratch, arguments: &[&str]) -> Ran {
    let arguments =
        [&["explain", "event.json", "--now", "2026-01-31T12:00:00Z"], arguments].concat();
    run(scratch.path(), &arguments, &[("TOKEN", "token-of-crm")])
}

fn told(scratch: &Scratch, arguments: &[&str]) -> Value {
    let ran = explain(scratch, &[&["--format", "json"], arguments].concat());
    assert_eq!(ran.stderr, "");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[track_caller]
fn assert_in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("`{part}` is missing in\n{rest}\nof\n{text}")
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn a_story_of_several_steps_is_told_from_the_event_to_the_answer() {
    let scratch = stage(CRM, &subscriber());
    scratch.write(
        "found.http",
        "HTTP/2 200 \r\ncontent-type: application/json\r\n\r\n{\"items\":[]}\n",
    );
    scratch.write(
        "created.yaml",
        "- { status: 429, headers: { retry-after: 2 } }\n- { status: 201, json: { id: s-1 } }\n",
    );
    scratch.write("added.json", r#"{ "status": 204 }"#);
    scratch.write("refused.yaml", "{ status: 200, json: { result: false, error: too many } }");
    let replies = ["found.http", "created.yaml", "added.json", "refused.yaml"];
    let replies: Vec<&str> = replies.iter().flat_map(|reply| ["--reply", *reply]).collect();
    let ran = explain(&scratch, &replies);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    assert_in_order(
        &ran.stdout,
        &[
            "Event e-1, type SIM/Updated\n",
            "\ncrm.yaml: find or create\n",
            "  Rule `provision` runs (crm.yaml:20)\n    ✓ event: SIM/Updated\n",
            "    ✓ imsi is not empty: it is \"001010000020349\" (crm.yaml:22)\n",
            "  Rule `rest` fits, too, but a rule before it runs (crm.yaml:39)\n",
            "  Rule `closed` does not fit (crm.yaml:16)\n",
            "    ✗ $.pb_data.status equals \"closed\": it is absent (crm.yaml:18) ← because of this\n",
            "    ✓ imsi matches ^001: it is \"001010000020349\" (crm.yaml:18)\n",
            "  Variables\n    imsi = \"001010000020349\"  $.pb_data.sim_info.imsi\n",
            "    plan = \"gold\"\n      ✓ $.pb_data.plan gives 1591\n",
            "      - $.pb_data.account_info.plan was not needed\n      ✓ map gives \"gold\"\n",
            "  Step `find` (crm.yaml:24)\n",
            "    GET http://crm.test/api/subscribers?imsi=001010000020349\n",
            "    authorization: Bearer ***\n",
            "    Reply 1: 200\n",
            "      ✗ response 1 of target `crm` does not hold (crm.yaml:9)\n",
            "        ✗ $.result equals false: it is absent\n",
            "      ✓ by default 200 means ok\n",
            "    It saves\n      id is absent\n        ✗ $.items[0].id selects nothing\n",
            "  Step `create` (crm.yaml:28)\n    ✓ id does not exist: it is absent (crm.yaml:29)\n",
            "    POST http://crm.test/api/subscribers\n",
            "    content-type: application/json\n",
            "\n    {\n      \"imsi\": \"001010000020349\"\n    }\n",
            "    Reply 2, try 1: 429\n",
            "      ✓ by default 429 means retry\n",
            "    Sent again after 2.000 s\n",
            "    Reply 2, try 2: 201\n",
            "      id = \"s-1\"  $.id\n",
            "  Step `addon`, member 0: \"a b\" (crm.yaml:33)\n",
            "    PUT http://crm.test/api/subscribers/s-1/addons/a%20b\n",
            "    Reply 3: 204\n",
            "  Step `addon`, member 1: \"c\" (crm.yaml:33)\n",
            "    Reply 4: 200\n",
            "      ✓ response 1 of target `crm` decides: fail (crm.yaml:9)\n",
            "        ✓ $.result equals false: it is false\n",
            "  Step `activate` is not reached (crm.yaml:36)\n",
            "  Rule `provision` fails at step `addon`, member 1: too many\n",
            "What NSPS is told: 422\n",
            "  \"message\": \"too many\",\n",
        ],
    );
    assert!(!ran.stdout.contains("stand-in"), "{}", ran.stdout);
}

#[test]
fn without_replies_a_stand_in_answers_and_that_is_said_where_it_matters() {
    let scratch = stage(CRM, &subscriber());
    let ran = explain(&scratch, &[]);
    assert_eq!(ran.code, Some(1));
    assert_in_order(
        &ran.stdout,
        &[
            "    Stand-in for a reply: 200 {}\n",
            "      id is absent\n        ✗ $.items[0].id selects nothing\n        the answer is a stand-in: \
             give the real one with `--reply FILE`\n",
            "    Stand-in for a reply: 200 {}\n",
            "      id is absent, and required\n",
            "the answer is a stand-in",
            "  Rule `provision` fails at step `addon`, member 0: step `addon` of rule `provision`: `id` is \
             required and absent: in the answer to step `create`, `$.id` selected nothing",
            "Note: A stand-in, 200 `{}`, answered 2 of 2 requests. Say what",
        ],
    );
    let decided = CRM.replace("$.result: false", "status: 2xx");
    let ran = explain(&stage(&decided, &subscriber()), &[]);
    assert_in_order(
        &ran.stdout,
        &["decides: fail", "the answer is a stand-in", "answered the request"],
    );
}

#[test]
fn a_variable_that_is_missing_names_the_request_that_cannot_be_made() {
    let scratch = stage(CRM, &json!({ "sim_info": { "imsi": "001" }, "plan": 7 }));
    let ran = explain(&scratch, &[]);
    assert_in_order(
        &ran.stdout,
        &[
            "    plan is absent, and required: the request of step `activate` cannot be made\n",
            "      ✓ $.pb_data.plan gives 7\n",
            "      - $.pb_data.account_info.plan was not needed\n",
            "      ✗ map gives nothing\n",
            "  Step `addon` is skipped: its list has no member (crm.yaml:33)\n",
        ],
    );
}

#[test]
fn what_no_request_needs_is_absent_without_harm_and_null_is_called_null() {
    let unneeded =
        CRM.replace("- name: activate\n", "- name: activate\n        when: { plan: gold }\n");
    let scratch = stage(&unneeded, &json!({ "sim_info": { "imsi": "001" }, "plan": null }));
    let ran = explain(&scratch, &[]);
    assert_in_order(
        &ran.stdout,
        &[
            "    plan is absent; no request that is made needs it\n",
            "      ✗ $.pb_data.plan is null, which counts as absent\n",
            "      ✗ $.pb_data.account_info.plan selects nothing\n",
            "  Step `activate` is skipped",
        ],
    );
    let scratch = stage(CRM, &json!({ "sim_info": { "imsi": null } }));
    let ran = explain(&scratch, &[]);
    let told = "    imsi is absent; no request that is made needs it\n      ✗ $.pb_data.sim_info.imsi is null, \
                which counts as absent\n";
    assert_in_order(&ran.stdout, &[told]);
}

#[test]
fn what_keeps_a_request_from_its_target_is_told() {
    let limited = CRM.replace("    retry:", "    limits: { rate: 1/m }\n    retry:");
    let scratch = stage(&limited, &subscriber());
    let ran = explain(&scratch, &[]);
    let reason =
        "    nothing is sent: `limits` leave no place for it before the event's deadline\n";
    assert_in_order(&ran.stdout, &["  Step `find` ", "  Step `create` ", reason, "told: 503"]);
    let told = told(&scratch, &[]);
    let steps = told["mappings"][0]["run"]["steps"].as_array().unwrap();
    let reasons: Vec<&Value> = steps.iter().map(|step| &step["not_sent"]).collect();
    assert_eq!(reasons, [&Value::Null, &json!("limited")]);
}

#[test]
fn members_of_a_reply_that_nothing_asked_for_are_noted() {
    let scratch = stage(CRM, &subscriber());
    scratch.write("both.yaml", "[{ json: { items: [] } }, { json: { id: 1 } }, { status: 204 }]");
    let ran = explain(&scratch, &["--reply", "both.yaml"]);
    assert_in_order(
        &ran.stdout,
        &["Note: Reply 1 is a list of 3, of which 1 came: a list is for successive tries of one\n\
           request. For one request after the other give `--reply FILE` for each\n"],
    );
    let told = told(&scratch, &["--reply", "both.yaml"]);
    assert_eq!(told["members_left"], json!([{ "reply": 1, "given": 3, "left": 2 }]));
}

#[test]
fn the_exit_code_is_what_nsps_would_make_of_it() {
    let closed = json!({ "status": "closed", "sim_info": { "imsi": "001" } });
    for (pb_data, code, status) in
        [(&closed, 0, 200), (&json!({}), 0, 200), (&subscriber(), 1, 422)]
    {
        let scratch = stage(CRM, pb_data);
        let ran = explain(&scratch, &[]);
        assert_eq!(ran.code, Some(code), "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("What NSPS is told: {status}\n")), "{}", ran.stdout);
    }
}

#[test]
fn what_is_no_event_is_told_with_what_nsps_would_hear() {
    let scratch = stage(CRM, &subscriber());
    for (text, reason, status) in [
        ("", "it is not JSON: EOF while parsing a value at line 1 column 0", 400),
        ("{\"a\":\u{1b}", "it is not JSON: expected value at line 1 column 6", 400),
        ("[]", "the body must be an object, it is an array", 422),
        ("{\"event_id\":1,\"data\":{}}", "`event_id` must be a string, it is a number", 422),
    ] {
        scratch.write("odd.json", text);
        let ran = run(scratch.path(), &["explain", "odd.json"], &[("TOKEN", "token-of-crm")]);
        assert_eq!((ran.code, &*ran.stderr), (Some(1), ""), "{text}");
        let expected = format!("odd.json is no event: {reason}\n\nWhat NSPS is told: {status}\n");
        assert!(ran.stdout.starts_with(&expected), "{text}: {}", ran.stdout);
        let ran = run(scratch.path(), &["explain", "odd.json", "--format=json"], &[]);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&told["event"], &told["told"]["status"]), (&Value::Null, &json!(status)));
    }
    let variables = [("TOKEN", "token-of-crm"), ("MAX_BODY", "100B")];
    let ran = run(scratch.path(), &["explain", "event.json"], &variables);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("it is larger than 100 bytes") && ran.stdout.contains("told: 413"));
}

#[test]
fn the_event_may_come_by_the_standard_input() {
    let scratch = stage(CRM, &subscriber());
    let mut child = command(scratch.path(), &[("TOKEN", "token-of-crm")])
        .args(["explain", "-", "--mappings", "mappings/crm.yaml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(event(&json!({})).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Rule `rest` ignores the event: not ours")
    );
}

#[test]
fn mistakes_of_mappings_and_replies_are_told_as_check_tells_them() {
    let scratch = stage(&CRM.replace("request: GET", "reqest: GET"), &subscriber());
    let ran = explain(&scratch, &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    assert_in_order(
        &ran.stdout,
        &["error[unknown-key]", "crm.yaml:25:9", "did you mean `request`?"],
    );
    let mistakes = &told(&scratch, &[])["mistakes"];
    assert!(mistakes["diagnostics"][0]["line"] == 25, "{mistakes}");

    let scratch = stage(CRM, &subscriber());
    for (reply, mistake) in [
        ("statsu: 200", "did you mean `status`?"),
        ("{ status: 200, timeout: true }", "error["),
        ("{ result: false }", "error[unknown-key]"),
        ("[]", "error[empty-list]"),
        ("HTTP/1.1 what", "its first line is not like `HTTP/1.1 200 OK`"),
        ("", "error["),
    ] {
        scratch.write("reply", reply);
        let ran = explain(&scratch, &["--reply", "reply"]);
        assert_eq!((ran.code, &*ran.stderr), (Some(1), ""), "{reply}");
        assert!(ran.stdout.contains(mistake), "{reply}: {}", ran.stdout);
    }
}

#[test]
fn what_cannot_be_read_or_understood_is_no_work_done() {
    let scratch = stage(CRM, &subscriber());
    fs::create_dir(scratch.path().join("empty")).unwrap();
    for (arguments, reason) in [
        (&["explain", "nowhere.json"][..], "nowhere.json cannot be read: No such file"),
        (&["explain", "mappings"], "mappings cannot be read: Is a directory"),
        (&["explain", "event.json", "--reply", "nowhere"], "nowhere cannot be read"),
        (&["explain", "event.json", "--mappings", "nowhere"], "no mapping to ask"),
        (&["explain", "event.json", "--mappings", "empty"], "no mapping to ask"),
        (&["explain", "event.json", "--env-file", "nowhere"], "nowhere"),
        (&["explain", "event.json", "--now", "yesterday"], "'yesterday'"),
        (&["explain", "event.json", "--format", "xml"], "http, curl, json"),
        (&["explain"], "<EVENT>"),
    ] {
        let ran = run(scratch.path(), arguments, &[("TOKEN", "token-of-crm")]);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
    let ran = run(scratch.path(), &["explain", "event.json"], &[("EVENT_DEADLINE", "soon")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("EVENT_DEADLINE"), "{}", ran.stderr);
}

#[test]
fn the_environment_is_read_as_check_reads_it() {
    let scratch = stage(CRM, &subscriber());
    let ran = run(scratch.path(), &["explain", "event.json"], &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("error[unset-environment]"), "{}", ran.stdout);
    let ran = run(scratch.path(), &["explain", "event.json", "--allow-missing-env"], &[]);
    assert!(ran.stdout.contains("authorization: Bearer unset-TOKEN\n"), "{}", ran.stdout);
    scratch.write("other.env", "TOKEN=token-of-crm\n");
    let ran = run(scratch.path(), &["explain", "event.json", "--env-file", "other.env"], &[]);
    assert!(ran.stdout.contains("authorization: Bearer ***\n"), "{}", ran.stdout);
}

#[test]
fn every_mapping_file_is_asked_and_replies_are_counted_through() {
    let scratch = stage(CRM, &subscriber());
    let second = CRM.replace("crm", "b").replace("event.pb_data.addons", "event.pb_data.none");
    scratch.mapping("second.yaml", &second);
    scratch.mapping("third.yaml", &CRM.replace("SIM/Updated", "DID/*").replace("\"*\"", "X"));
    scratch.write("id.yaml", "{ json: { items: [ { id: s-7 } ] } }");
    scratch.write("ok.yaml", "{}");
    let replies = ["id.yaml", "ok.yaml", "ok.yaml", "ok.yaml", "id.yaml", "ok.yaml", "ok.yaml"];
    let replies: Vec<&str> = replies.iter().flat_map(|reply| ["--reply", *reply]).collect();
    let ran = explain(&scratch, &replies);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    assert_in_order(
        &ran.stdout,
        &[
            "\ncrm.yaml: find or create\n",
            "    Reply 1: 200\n",
            "  Step `create` is skipped",
            "    Reply 4: 200\n",
            "  Rule `provision` succeeds",
            "\nsecond.yaml: find or create\n",
            "    Reply 5: 200\n",
            "    Reply 6: 200\n",
            "  Rule `provision` succeeds",
            "\nthird.yaml: find or create\n",
            "  No rule is for this event\n",
            "  Rule `closed` does not fit",
            "  Rule `provision` is for events of type DID/*",
            "What NSPS is told: 200\n",
            "Note: Nothing asked for the last reply\n",
        ],
    );
}

#[test]
fn tools_read_all_of_it_as_one_object() {
    let scratch = stage(CRM, &subscriber());
    scratch.write("found.yaml", "{ json: { items: [ { id: 12345678901234567890123 } ] } }");
    let told = told(&scratch, &["--reply", "found.yaml"]);
    assert_eq!(told["event"], json!({ "id": "e-1", "type": "SIM/Updated" }));
    let mapping = &told["mappings"][0];
    assert_eq!(mapping["file"], "crm.yaml");
    let standings: Vec<_> =
        mapping["rules"].as_array().unwrap().iter().map(|rule| &rule["standing"]).collect();
    assert_eq!(standings, ["runs", "would-run", "misses"]);
    assert_eq!(mapping["rules"][2]["when"]["all"][0]["saw"], json!([]));
    assert_eq!(mapping["rules"][2]["when"]["all"][0]["decides"], true);
    let plan = &mapping["variables"][1];
    assert_eq!((&plan["name"], &plan["value"]), (&json!("plan"), &json!("gold")));
    assert_eq!(plan["trail"][1], json!({ "path": "$.pb_data.account_info.plan", "asked": false }));
    let steps = mapping["run"]["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps.iter().map(|step| (&step["step"], &step["standing"])).collect();
    let [find, create, addon, activate] = ["find", "create", "addon", "activate"].map(Value::from);
    let [runs, skipped] = ["runs", "skipped"].map(Value::from);
    assert_eq!(
        kinds,
        [(&find, &runs), (&create, &skipped), (&addon, &runs), (&addon, &runs), (&activate, &runs)]
    );
    let exchange = &steps[0]["exchanges"][0];
    assert_eq!(exchange["request"]["headers"]["authorization"], "Bearer ***");
    assert_eq!(exchange["request"]["body"], Value::Null);
    assert_eq!(
        exchange["tries"][0]["answer"]["body"]["json"]["items"][0]["id"].to_string(),
        "12345678901234567890123"
    );
    assert_eq!(exchange["tries"][0]["then"], "ok");
    assert_eq!(steps[0]["saved"][0]["value"].to_string(), "12345678901234567890123");
    assert_eq!(steps[4]["exchanges"][0]["request"]["body"], json!({ "json": { "plan": "gold" } }));
    assert_eq!(mapping["run"]["end"], json!({ "outcome": "succeeded" }));
    assert_eq!(told["told"]["status"], 200);
    let counts = (&told["exchanges"], &told["stand_ins"], &told["replies_left"]);
    assert_eq!(counts, (&json!(4), &json!(3), &json!(0)));
}

/// What is in none of the three forms.
fn in_every_form(scratch: &Scratch, arguments: &[&str]) -> String {
    let forms = ["http", "curl", "json"];
    forms.map(|form| explain(scratch, &[&["--format", form], arguments].concat()).all()).concat()
}

#[test]
fn no_form_tells_a_secret() {
    let mapping = CRM
        .replace(
            "    retry:",
            "    headers: { X-Pin: '${file:pin}', X-Given: '${TOKEN}' }\n    retry:",
        )
        .replace(
            "note: \"{{event.pb_data.note}}\"",
            "note: '${TOKEN} ${file:long}', pin: '${file:pin}'",
        )
        .replace(
            "{ imsi: \"{{imsi}}\" }\n        save",
            "{ imsi: \"{{imsi}}\", pin: '${file:pin}' }\n        save",
        )
        .replace("ignore: not ours", "ignore: '${TOKEN}'");
    let scratch =
        stage(&mapping, &json!({ "sim_info": { "imsi": "token-of-crm" }, "note": "token-of-crm" }));
    scratch.write("pin", "4711\n");
    scratch.write("long", "sesame, open/up?\n");
    scratch.write("echo.yaml", "{ status: 200, headers: { x-echo: token-of-crm }, json: { result: false, error: 'token-of-crm' } }");
    scratch.write("id.yaml", "{ status: 404, text: 'sesame%2C%20open%2Fup%3F' }");
    for arguments in [&[][..], &["--reply", "echo.yaml"], &["--reply", "id.yaml"]] {
        let all = in_every_form(&scratch, arguments);
        for secret in ["token-of-crm", "sesame", "4711"] {
            assert!(!all.contains(secret), "{secret} is in\n{all}");
        }
        assert!(all.contains("x-pin: ***") && all.contains("pin=***"), "{all}");
    }
}

#[test]
fn nothing_in_events_and_answers_controls_the_terminal() {
    let hostile = "\u{1b}[31m\u{9b}2J\u{202e}\r\n\u{7}\u{0}";
    let scratch = stage(
        &CRM.replace(
            "json: { imsi: \"{{imsi}}\", note",
            "text: '{{event.pb_data.note}}'\n        x-json: { note",
        )
        .replace("        x-json: { note: \"{{event.pb_data.note}}\" }\n", ""),
        &json!({ "sim_info": { "imsi": hostile }, "note": hostile, "addons": [hostile] }),
    );
    let body = serde_json::to_string(&json!({ "items": [], "x": hostile })).unwrap();
    let line = hostile.replace('\n', "");
    scratch.write("found.http", &format!("HTTP/1.1 200 OK\nX-A: {line}\n\n{body}"));
    scratch.write("page.http", &format!("HTTP/1.1 500 {line}\nX-A: b\n\n{hostile}"));
    let arguments = ["--reply", "found.http", "--reply", "page.http"];
    let all = in_every_form(&scratch, &arguments);
    let odd: Vec<char> = all
        .chars()
        .filter(|c| (c.is_control() && *c != '\n') || ('\u{200e}'..='\u{202e}').contains(c))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert_in_order(&all, &["Reply 2: 500\n", "-X POST", "Reply 2: 500\n", "\"reply\": 2"]);
}

#[test]
fn a_command_that_is_shown_can_be_pasted() {
    let note = "it's \"$HOME\" `id` \\ !x %s\n\u{1b}[31m";
    let scratch = stage(
        &CRM.replace("name: create\n", "name: create\n        headers: { X-Note: '{{imsi}}' }\n"),
        &json!({ "sim_info": { "imsi": "a'b $(id)" }, "note": note }),
    );
    let ran = explain(&scratch, &["--format", "curl"]);
    let lines: Vec<&str> =
        ran.stdout.lines().skip_while(|line| !line.contains("-X POST")).collect();
    let end = lines.iter().position(|line| !line.ends_with('\\')).unwrap();
    let pasted = lines[..=end].join("\n");

    let fake = scratch.write("bin/curl", "#!/bin/sh\nfor a; do printf '%s\\0' \"$a\"; done\n");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", fake.parent().unwrap().display());
    let output = Command::new("sh").args(["-c", &pasted]).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{pasted}");
    let handed = String::from_utf8(output.stdout).unwrap();
    let handed: Vec<&str> = handed.trim_end_matches('\0').split('\0').collect();
    assert_eq!(handed[..4], ["-i", "-X", "POST", "http://crm.test/api/subscribers"]);
    assert!(handed.contains(&"x-note: a'b $(id)"), "{handed:?}");
    assert!(handed.contains(&"authorization: Bearer ***"), "{handed:?}");
    let data = handed.iter().position(|argument| *argument == "--data-raw").unwrap();
    let body: Value = serde_json::from_str(handed[data + 1]).unwrap();
    assert_eq!(body, json!({ "imsi": "a'b $(id)", "note": note }));
}

#[test]
fn two_runs_say_the_same() {
    let scratch = stage(CRM, &subscriber());
    assert_eq!(explain(&scratch, &[]).stdout, explain(&scratch, &[]).stdout);
}

#[test]
fn every_sample_event_is_explained_with_the_example_mapping() {
    for name in [
        "sim-created",
        "sim-deleted",
        "sim-replaced-assigned",
        "sim-replaced-changed",
        "sim-replaced-removed",
        "sim-updated",
    ] {
        let scratch = Scratch::new();
        scratch.example_mapping("wtl-hss.yaml");
        scratch.write("event.json", &repository_file(&format!("tests/events/{name}.json")));
        let variables = [("WTL_API_URL", "http://hss.test/v1"), ("WTL_API_TOKEN", "token-of-wtl")];
        let ran = run(scratch.path(), &["explain", "event.json"], &variables);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{name}");
        assert!(ran.stdout.contains("What NSPS is told: 200"), "{name}: {}", ran.stdout);
    }
}

#[test]
fn a_command_goes_the_way_that_the_request_goes() {
    let way = "    tls: { ca_file: ca.pem, cert_file: nsps.pem, key_file: key.pem }\n    \
               proxy: http://nsps:open-sesame@proxy.test:3128\n    retry:";
    let mapping = CRM.replace("http://crm.test", "https://crm.test").replace("    retry:", way);
    let scratch = stage(&mapping, &subscriber());
    for (name, file) in
        [("ca.pem", "authority.pem"), ("nsps.pem", "client.pem"), ("key.pem", "client-key.pem")]
    {
        scratch.write(name, &repository_file(&format!("tests/certificates/{file}")));
    }
    let ran = explain(&scratch, &["--format", "curl"]);
    let way = [
        "  --cacert ca.pem \\\n",
        "  --cert nsps.pem \\\n",
        "  --key key.pem \\\n",
        "  --proxy http://proxy.test:3128/ \\\n",
        "  --proxy-user 'nsps:***' \\\n",
    ];
    assert_in_order(&ran.stdout, &way);
    for (user, shown) in [("nsps:pw", "nsps:***"), ("token", "***:")] {
        scratch.write("mappings/crm.yaml", &mapping.replace("nsps:open-sesame", user));
        let ran = explain(&scratch, &["--format", "curl"]);
        assert!(ran.stdout.contains(&format!("--proxy-user '{shown}'")), "{}", ran.stdout);
    }
}
