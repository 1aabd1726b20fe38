//! `${…}` in every string that may hold it: what it gives is a value, wherever it stands.

use serde_json::json;

use crate::support::stage::{Stage, fresh_id};

/// Every place there is, for what the environment gives.
const EVERYWHERE: &str = r#"
version: 1
description: for ${TEXT}
targets:
  hss:
    url: ${TARGET_URL}/${SEGMENT}
    auth: { api_key: { header: X-Key, value: "Token ${SECRET}" } }
    headers: { X-Of-Target: "${HIDDEN}" }
    timeout: ${PERIOD}
    connect_timeout: ${PERIOD}
    idle_timeout: ${PERIOD}
    retry: { attempts: "${NUMBER}", backoff: "${PERIOD}", max_backoff: "${PERIOD}" }
    responses:
      - { when: { status: 418, text: "${TEXT}" }, then: fail, answer: "${STATUS}", message: "${TEXT}!" }
tables:
  table: { k: "${TEXT}" }
extract:
  of_path: { path: $.pb_data.a, capture: "${REGEX}", map: { b: "${TEXT}" } }
  of_default: { path: $.pb_data.none, default: "${TEXT}" }
  of_value: { value: { list: ["${TEXT}", "x${TEXT}x"] } }
  of_cases: { cases: [{ when: { of_default: "${TEXT}" }, value: "${TEXT}" }] }
  of_split: { path: $.pb_data.split, split: "${MARK}" }
rules:
  - name: refused
    event: "${EVENT}/Refused"
    reject: not for ${TEXT}
  - name: ignored
    event: "${EVENT}/Ignored"
    ignore: not for ${TEXT}
  - name: failed
    event: "${EVENT}/Failed"
    steps: [{ fail: "not for ${TEXT}" }]
  - name: sent
    event: ["${EVENT}/*"]
    when: { of_path: { prefix: "${TEXT}", not: ["${MARK}"] }, event_type: { matches: "${REGEX}" } }
    steps:
      - request: PUT /${SEGMENT}/${TEXT}
        query: { q: "${HIDDEN}" }
        headers: { X-Of-Step: "${HIDDEN}" }
        content_type: ${TYPE}
        json: [ "{{of_path}}", "{{of_default}}", "{{of_value}}", "{{of_cases}}", "{{of_split}}", "${TEXT}", "{{lookup table 'k'}}", "{{default of_path '${TEXT}'}}", "$${TEXT}", "${UNSET:-fallback}" ]
      - request: POST /form
        form: { f: "${HIDDEN}" }
        timeout: ${PERIOD}
      - request: POST /xml
        xml: <a b="${TEXT}">${TEXT}</a>
      - request: POST /text
        text: "${TEXT}|{{event_type}}"
"#;

/// A text that would do harm anywhere if it were more than a value.
const TEXT: &str = "{{event}}${X}<&\"'/?";

/// The same for headers, queries and forms: there it is a secret.
const HIDDEN: &str = "{{now}}${Y}<&\"'/?";

#[test]
fn what_the_environment_gives_is_a_value_wherever_it_stands() {
    let stage = Stage::set_with(&[("hss.yaml", EVERYWHERE.to_owned())], |setup| {
        let given = [
            ("TEXT", TEXT),
            ("HIDDEN", HIDDEN),
            ("SEGMENT", "seg"),
            ("SECRET", "12345678-secret"),
            ("PERIOD", "3s"),
            ("NUMBER", "2"),
            ("STATUS", "409"),
            ("REGEX", "[a-zA-Z]+"),
            ("MARK", ";"),
            ("EVENT", "SIM"),
            ("TYPE", "application/merge-patch+json"),
        ];
        given.into_iter().fold(setup, |setup, (name, value)| setup.env(name, value))
    });
    let post = |event_type: &str| {
        stage.post(&json!({
            "event_id": fresh_id(),
            "data": { "event_type": event_type },
            "pb_data": { "a": "12b", "split": "x; y" },
        }))
    };
    for (event_type, status, message) in [
        ("SIM/Refused", 422, format!("not for {TEXT}")),
        ("SIM/Ignored", 200, format!("Event ignored: not for {TEXT}")),
        ("SIM/Failed", 422, format!("not for {TEXT}")),
        ("SIM/Sent", 200, "Event processed successfully".to_owned()),
    ] {
        let answer = post(event_type);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.json()["message"], message, "{event_type}");
    }
    let requests = stage.target.requests();
    let encoded = "%7B%7Bevent%7D%7D%24%7BX%7D%3C%26%22%27%2F%3F";
    let hidden = "%7B%7Bnow%7D%7D%24%7BY%7D%3C%26%22%27%2F%3F";
    let uris: Vec<&str> = requests.iter().map(|request| request.uri.as_str()).collect();
    assert_eq!(
        uris,
        [&*format!("/seg/seg/{encoded}?q={hidden}"), "/seg/form", "/seg/xml", "/seg/text"],
    );
    for (header, value) in [
        ("x-key", "Token 12345678-secret"),
        ("x-of-target", HIDDEN),
        ("x-of-step", HIDDEN),
        ("content-type", "application/merge-patch+json"),
    ] {
        assert_eq!(requests[0].header(header), Some(value), "{header}");
    }
    assert_eq!(
        requests[0].json(),
        json!([
            TEXT,
            TEXT,
            { "list": [TEXT, format!("x{TEXT}x")] },
            TEXT,
            ["x", "y"],
            TEXT,
            TEXT,
            TEXT,
            "${TEXT}",
            "fallback",
        ]),
    );
    assert_eq!(requests[1].text(), format!("f={hidden}"));
    let escaped = "{{event}}${X}&lt;&amp;&quot;&apos;/?";
    assert_eq!(requests[2].text(), format!("<a b=\"{escaped}\">{escaped}</a>"));
    assert_eq!(requests[3].text(), format!("{TEXT}|SIM/Sent"));
}
