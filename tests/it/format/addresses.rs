//! What a step saved, as the URL of another request.

use serde_json::json;

use super::{post, processed, sent, stage};
use crate::support::reply::{Answer, Reply};

const JOBS: &str = r#"
rules:
  - name: r
    event: "*"
    steps:
      - request: POST /jobs
        save: { job: headers.location }
      - request: GET {{job}}
        query: { wait: true }
"#;

fn answered_with(location: &str) -> crate::support::stage::Stage {
    let stage = stage(JOBS);
    let location = location.replace("TARGET", &stage.target.url());
    stage.target.next(Answer::new(202).header("location", &location).into());
    stage
}

#[test]
fn a_url_reference_leads_to_where_the_target_says() {
    for (location, expected) in [
        ("TARGET/other/1", "/other/1?wait=true"),
        ("/other/1?x=%20y", "/other/1?x=%20y&wait=true"),
        ("jobs/1", "/api/jobs/1?wait=true"),
        ("?x", "/api/?x&wait=true"),
        ("../up#part", "/up?wait=true"),
    ] {
        let stage = answered_with(location);
        processed(&stage, &json!({}));
        assert_eq!(sent(&stage)[1], format!("GET {expected}"), "{location}");
    }
}

#[test]
fn no_answer_can_lead_a_request_to_another_origin() {
    for location in [
        "http://other.example/jobs/1",
        "//other.example/jobs/1",
        r"\\other.example\jobs",
        "https://127.0.0.1/jobs/1",
        "http://127.0.0.1:1/jobs/1",
        "http://user:secret@127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[",
    ] {
        let stage = answered_with(location);
        let answer = post(&stage, &json!({}));
        assert_eq!(answer.status, 422, "{location}: {}", answer.text());
        assert_eq!(sent(&stage).len(), 1, "{location}");
    }
    let stage = stage(&JOBS.replace("headers.location", "$.where"));
    for odd in [json!("/a b"), json!("/a\nb"), json!(""), json!(5), json!(["/a"]), json!({})] {
        stage.target.next(Reply::json(200, json!({ "where": odd })));
        let answer = post(&stage, &json!({}));
        assert_eq!(answer.status, 422, "{odd}: {}", answer.text());
    }
}

#[test]
fn user_names_cannot_be_smuggled_in() {
    let stage = stage(JOBS);
    let port = stage.target.address().port();
    let location = format!("http://someone@127.0.0.1:{port}/x");
    stage.target.next(Answer::new(202).header("location", &location).into());
    assert_eq!(post(&stage, &json!({})).status, 422);
}
