//! `tables`: `map`, `in_table` and `lookup`.

use serde_json::json;

use super::{processed, sent, stage};

const MAPPING: &str = r#"
tables:
  plans: { 1591: "2101", 1592: 77, "none": null, deep: { a: [1] } }
extract:
  plan: $.pb_data.plan
  code: { from: plan, map: plans, optional: true }
  codes: { path: "$.pb_data.all[*]", all: true, map: plans }
rules:
  - name: known
    event: "*"
    when: { plan: { in_table: plans } }
    steps:
      - request: POST /known
        json: { code: "{{code}}", codes: "{{codes}}", looked: "{{lookup plans plan}}", text: "<{{default (lookup plans plan) '-'}}>" }
  - name: unknown
    event: "*"
    when: { plan: { not: { in_table: plans } } }
    ignore: no such plan
"#;

#[test]
fn keys_compare_by_their_text_and_values_keep_their_type() {
    for (plan, expected) in [
        (json!(1591), r#"{"code":"2101","codes":["2101",77],"looked":"2101","text":"<2101>"}"#),
        (json!("1591"), r#"{"code":"2101","codes":["2101",77],"looked":"2101","text":"<2101>"}"#),
        (json!(1592), r#"{"code":77,"codes":["2101",77],"looked":77,"text":"<77>"}"#),
        (json!("deep"), r#"{"code":{"a":[1]},"codes":["2101",77],"looked":{"a":[1]}"#),
    ] {
        let stage = stage(&match plan == "deep" {
            true => MAPPING.replace(r#", text: "<{{default (lookup plans plan) '-'}}>""#, ""),
            false => MAPPING.to_owned(),
        });
        processed(&stage, &json!({ "plan": plan, "all": [1591, "nope", "none", "1592"] }));
        let request = sent(&stage).remove(0);
        assert!(request.starts_with(&format!("POST /api/known {expected}")), "{plan}: {request}");
    }
}

#[test]
fn what_is_not_in_the_table_is_absent() {
    let stage = stage(MAPPING);
    let answer = super::post(&stage, &json!({ "plan": 1593 }));
    assert_eq!(answer.json()["message"], "Event ignored: no such plan");
    assert!(sent(&stage).is_empty());
}
