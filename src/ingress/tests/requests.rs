//! What a request is answered with.

use super::*;

#[tokio::test]
async fn an_event_is_processed_on_each_of_its_paths() {
    let setup = start();
    for path in ["/", "/process-event", "/api/events", "/?a=b", "http://c/api/events"] {
        let request = event("succeed").replacen("POST / ", &format!("POST {path} "), 1);
        let answer = setup.answer_to(&request).await;
        assert_eq!((answer.status, answer.text("event_id")), (200, "e1"), "{path}");
        assert_eq!(answer.text("message"), "Event processed successfully");
    }
}

#[tokio::test]
async fn outcomes_become_answers() {
    let setup = start();
    let ignored = setup.answer_to_event("ignore").await;
    assert_eq!((ignored.status, ignored.text("message")), (200, "Event ignored: not ours"));
    let unknown = setup.answer_to_event("SIM/Foo").await;
    assert_eq!(unknown.text("message"), "Event ignored: no rule for SIM/Foo");
    let failed = setup.answer_to_event("fail").await;
    assert_eq!((failed.status, failed.text("type")), (503, "CONNECTION_ERROR"));
    assert_eq!(failed.header("retry-after"), Some("30"));
    assert_eq!(failed.body["details"][0]["target"], "hss");
}

#[tokio::test]
async fn a_small_event_runs_on_the_thread_that_it_came_in_on_and_a_large_one_does_not() {
    let setup = start();
    let small = setup.answer_to_event("where").await;
    assert!(small.text("message").contains("actix-server worker"), "{}", small.body);
    let blanks = " ".repeat(16 * 1024);
    let large = format!("{blanks}{}", body("where"));
    let large = setup.answer_to(&post("authorization: Bearer token\r\n", &large)).await;
    assert_eq!(large.status, 200);
    assert!(!large.text("message").contains("actix-server worker"), "{}", large.body);
}

#[tokio::test]
async fn what_is_no_event_is_refused_where_it_is_read_and_leaves_nothing_behind() {
    let setup = start();
    for size in [1, 16 * 1024, 64 * 1024] {
        for (body, status) in [("[", 400), ("[]", 422)] {
            let body = format!("{}{body}", " ".repeat(size));
            let answer = setup.answer_to(&post("authorization: Bearer token\r\n", &body)).await;
            assert_eq!(
                (answer.status, answer.text("type")),
                (status, "VALIDATION_ERROR"),
                "{size}"
            );
        }
    }
    assert_eq!((setup.admission.in_flight(), setup.admission.bytes_in_flight()), (0, 0));
}

#[tokio::test]
async fn a_panic_is_an_answer_with_all_its_fields() {
    let setup = start();
    for script in ["panic", "panic at once"] {
        let answer = setup.answer_to_event(script).await;
        assert_eq!((answer.status, answer.text("type")), (500, "INTERNAL_ERROR"));
        for field in ["message", "error", "event_id", "request_id", "unique_id"] {
            assert!(!answer.text(field).is_empty(), "{field} is missing");
        }
        assert!(!answer.body.to_string().contains("script"));
    }
    assert_eq!(setup.admission.in_flight(), 0);
}

#[tokio::test]
async fn probes_need_no_token() {
    let setup = start();
    for path in ["/", "/health"] {
        let answer = setup.answer_to(&format!("GET {path} HTTP/1.1\r\nhost: c\r\n\r\n")).await;
        assert_eq!((answer.status, answer.text("status")), (200, "Healthy"));
    }
    let ready = setup.answer_to("GET /ready HTTP/1.1\r\nhost: c\r\n\r\n").await;
    assert_eq!(ready.status, 200);
    assert_eq!(
        ready.body,
        json!({
            "status": "Ready", "generation": 3, "hash": "abc",
            "last_reload": {
                "ok": false, "at": "1970-01-01T00:00:00Z", "errors": ["*** is no URL"],
            },
        })
    );
    setup.service.ready.store(false, Ordering::Relaxed);
    let unready = setup.answer_to("GET /ready HTTP/1.1\r\nhost: c\r\n\r\n").await;
    assert_eq!((unready.status, unready.text("missing")), (503, "no mappings"));
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let setup = start();
    for path in ["/", "/health", "/ready"] {
        let mut client = setup.client().await;
        client.sends(&format!("HEAD {path} HTTP/1.1\r\nhost: c\r\n\r\n")).await;
        assert!(client.hears_head().await.starts_with("HTTP/1.1 200 "));
        assert_eq!(client.asks("GET / HTTP/1.1\r\nhost: c\r\n\r\n").await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let setup = start();
    for (line, status, allow) in [
        ("GET /nothing", 404, None),
        ("POST /health", 405, Some("GET, HEAD")),
        ("DELETE /", 405, Some("GET, HEAD, POST")),
        ("GET /api/events", 405, Some("POST")),
        ("OPTIONS *", 404, None),
        ("POST /api/events/", 404, None),
        ("BREW /", 405, Some("GET, HEAD, POST")),
    ] {
        let answer = setup.answer_to(&format!("{line} HTTP/1.1\r\nhost: c\r\n\r\n")).await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{line}");
        assert_eq!(answer.text("type"), "VALIDATION_ERROR");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_processed() {
    let setup = start();
    for headers in [
        "",
        "authorization: Bearer wrong\r\n",
        "authorization: Basic token\r\n",
        "authorization: Bearer token\r\nauthorization: Bearer token\r\n",
    ] {
        let answer = setup.answer_to(&post(headers, &body("succeed"))).await;
        assert_eq!((answer.status, answer.text("type")), (401, "AUTHENTICATION_ERROR"));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    setup.tokens.replace(["new"]);
    assert_eq!(setup.answer_to_event("succeed").await.status, 401);
    assert_eq!(*setup.service.begun.borrow(), 0);
}

#[tokio::test]
async fn identifiers_come_back_or_are_made() {
    let setup = start();
    let given = "x-b3-traceid: 80f198ee56343ba864fe8b2a57d3eff7\r\nx-request-id: a b\r\n";
    let answer = setup.answer_to(&post(given, "")).await;
    assert_eq!(answer.header("x-b3-traceid"), Some("80f198ee56343ba864fe8b2a57d3eff7"));
    assert_eq!((answer.status, answer.header("x-request-id")), (401, Some("a b")));
    assert_eq!(answer.text("request_id"), "80f198ee56343ba864fe8b2a57d3eff7");

    let too_long = "x".repeat(129);
    for bad in ["", "\u{e9}", "a\tb", &too_long] {
        let headers = format!("x-b3-traceid: {bad}\r\nx-request-id: {bad}\r\n");
        for line in ["GET /health", "GET /nothing"] {
            let answer =
                setup.answer_to(&format!("{line} HTTP/1.1\r\nhost: c\r\n{headers}\r\n")).await;
            let made = answer.header("x-b3-traceid").unwrap();
            assert!(made.len() == 32 && made.bytes().all(|digit| digit.is_ascii_hexdigit()));
            assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
        }
    }
}

#[tokio::test]
async fn the_kind_of_body_must_be_json() {
    let setup = start();
    for (headers, status) in [
        ("content-type: application/json\r\n", 200),
        ("content-type: Application/JSON; charset=utf-8\r\n", 200),
        ("content-type: application/cloudevents+json\r\n", 200),
        ("content-type:\r\n", 200),
        ("content-encoding: identity\r\n", 200),
        ("content-type: text/plain\r\n", 415),
        ("content-type: application/jsonp\r\n", 415),
        ("content-type: /+json\r\n", 415),
        ("content-encoding: gzip\r\n", 415),
    ] {
        let headers = format!("authorization: Bearer token\r\n{headers}");
        let answer = setup.answer_to(&post(&headers, &body("succeed"))).await;
        assert_eq!(answer.status, status, "{headers}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_event_says_why() {
    let setup = start();
    for (body, status, error) in [
        ("", 400, "EOF while parsing"),
        ("{", 400, "EOF while parsing"),
        ("[]", 422, "the body must be an object"),
        (r#"{"event_id":"e","data":{"event_type":"X"}}"#, 422, "neither `data.variables` nor"),
    ] {
        let answer = setup.answer_to(&post("authorization: Bearer token\r\n", body)).await;
        assert_eq!((answer.status, answer.text("type")), (status, "VALIDATION_ERROR"));
        assert!(answer.text("error").contains(error), "{}", answer.body);
    }
}

#[tokio::test]
async fn past_a_limit_of_admission_the_answer_is_503_at_once() {
    let setup = start_with(config(), Limits { events: 1, bytes: 200 });
    let mut hanging = setup.client().await;
    hanging.sends(&event("hang")).await;
    setup.has_begun(1).await;
    let refused = setup.answer_to_event("succeed").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("30")));
    assert!(refused.text("error").contains("MAX_IN_FLIGHT"), "{}", refused.body);
    setup.release();
    assert_eq!(hanging.hears().await.status, 200);

    let large = format!("{}{}", body("succeed"), " ".repeat(200));
    let refused = setup.answer_to(&post("authorization: Bearer token\r\n", &large)).await;
    assert_eq!((refused.status, refused.text("type")), (503, "CONNECTION_ERROR"));
    assert!(refused.text("error").contains("MAX_IN_FLIGHT_BYTES"), "{}", refused.body);
    assert_eq!((setup.admission.in_flight(), setup.admission.bytes_in_flight()), (0, 0));
}
