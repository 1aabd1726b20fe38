//! Bodies: JSON shaped by directives, and forms.

use serde_json::json;

use super::{post, processed, sent, stage};

const SHAPED: &str = r#"
extract:
  list: { path: $.pb_data.list, optional: true }
  name: { path: $.pb_data.name, optional: true }
  short:
    value: { $each: list, $when: { item.on: true }, $value: "{{item.id}}" }
rules:
  - name: r
    event: "*"
    steps:
      - request: POST /x
        json:
          short: "{{short}}"
          all: { $each: list, $as: one, $value: { id: "{{one.id}}", at: "{{index}}", gone: "{{one.gone}}" } }
          grid: { $each: list, $as: row, $value: { $each: list, $value: "{{row.id}}{{item.id}}{{index}}" } }
          flag: { $when: { name: { exists: true } }, $value: yes it is }
          rest: [1, { $when: { name: x }, $value: two }, "{{name}}", 3]
          $$ref: "$x"
          name: "{{name}}"
"#;

#[test]
fn directives_shape_what_is_sent() {
    let stage = stage(SHAPED);
    processed(&stage, &json!({ "list": [{ "id": "a", "on": true }, { "id": 2 }], "name": "x" }));
    assert_eq!(
        stage.target.requests()[0].json(),
        json!({
            "short": ["a"],
            "all": [{ "id": "a", "at": 0 }, { "id": 2, "at": 1 }],
            "grid": [["aa0", "a21"], ["2a0", "221"]],
            "flag": "yes it is",
            "rest": [1, "two", "x", 3],
            "$ref": "$x",
            "name": "x",
        }),
    );
}

#[test]
fn what_is_absent_leaves_its_key_or_its_place_out() {
    let stage = stage(SHAPED);
    processed(&stage, &json!({}));
    let expected = r#"POST /api/x {"short":[],"all":[],"grid":[],"rest":[1,3],"$ref":"$x"}"#;
    assert_eq!(sent(&stage), [expected]);
}

#[test]
fn loops_inside_of_loops_end_at_the_size_of_a_body() {
    let stage = stage(SHAPED);
    let list: Vec<_> = (0..3000).map(|id| json!({ "id": id })).collect();
    let answer = post(&stage, &json!({ "list": list }));
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(answer.text().contains("larger than 8388608 bytes"), "{}", answer.text());
}

#[test]
fn a_form_has_exactly_its_names() {
    let stage = stage(
        r#"
extract:
  v: { path: $.pb_data.v, optional: true }
rules:
  - name: r
    event: "*"
    steps:
      - request: POST /x
        form: { a b: "{{v}}", fixed: 1, "yes": true, list: ["{{v}}", x], text: "<{{default v ''}}>" }
"#,
    );
    processed(&stage, &json!({ "v": "x&y=z+ ä\r\n" }));
    processed(&stage, &json!({}));
    let value = "x%26y%3Dz%2B+%C3%A4%0D%0A";
    assert_eq!(
        sent(&stage),
        [
            format!(
                "POST /api/x a+b={value}&fixed=1&yes=true&list={value}&list=x&text=%3C{value}%3E"
            ),
            "POST /api/x fixed=1&yes=true&list=x&text=%3C%3E".to_owned(),
        ],
    );
    let content_type = "application/x-www-form-urlencoded";
    assert_eq!(stage.target.requests()[0].header("content-type"), Some(content_type));
}

const SOAP: &str = r#"
extract:
  v: { path: $.pb_data.v, optional: true }
  list: { path: $.pb_data.list, optional: true }
rules:
  - name: r
    event: "*"
    steps:
      - request: POST /soap
        headers: { SOAPAction: '"urn:x#y"' }
        xml: |
          <?xml version="1.0"?>
          <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">
            <s:Body v="{{default v 'none'}}">
              {{#if v}}<v>{{v}}</v>{{else}}<none/>{{/if}}
              {{#each list}}<item at="{{@index}}">{{this}}</item>{{/each}}
            </s:Body>
          </s:Envelope>
"#;

#[test]
fn xml_holds_values_and_nothing_else() {
    let stage = stage(SOAP);
    processed(&stage, &json!({ "v": "<a b='c'>&\"]]>\r\n", "list": [1, "</item>"] }));
    processed(&stage, &json!({}));
    let requests = stage.target.requests();
    assert_eq!(requests[0].header("content-type"), Some("text/xml; charset=utf-8"));
    assert_eq!(requests[0].header("soapaction"), Some("\"urn:x#y\""));
    let escaped = "&lt;a b=&apos;c&apos;&gt;&amp;&quot;]]&gt;&#13;&#10;";
    for part in [
        format!("<s:Body v=\"{escaped}\">"),
        format!("<v>{escaped}</v>"),
        "<item at=\"0\">1</item><item at=\"1\">&lt;/item&gt;</item>".to_owned(),
    ] {
        assert!(requests[0].text().contains(&part), "{part} in {}", requests[0].text());
    }
    assert!(requests[1].text().contains("<none/>"), "{}", requests[1].text());
    assert!(!requests[1].text().contains("<item"), "{}", requests[1].text());
}

#[test]
fn a_character_that_xml_has_no_place_for_fails_the_event_before_anything_is_sent() {
    let stage = stage(SOAP);
    for character in ["\u{0}", "\u{b}", "\u{fffe}"] {
        let answer = post(&stage, &json!({ "v": format!("a{character}b") }));
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("XML 1.0 does not allow"), "{}", answer.text());
    }
    assert!(sent(&stage).is_empty());
}
