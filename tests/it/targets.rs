//! Targets that misbehave: each is a clear failure in time, and the connector goes on.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::support::SOON;
use crate::support::reply::{Answer, Reply};
use crate::support::stage::{OneStep, Stage, event};
use crate::support::target::Target;

/// Far longer than a try of these mappings may take, far shorter than the event's deadline.
const IN_TIME: Duration = Duration::from_secs(5);

/// Posts an event to a target that misbehaves like that; what NSPS is told must be a failure of
/// that kind with these words, which name the target and where it failed.
#[track_caller]
fn check(stage: &Stage, what: &str, status: u16, kind: &str, words: &str, reason: &str) -> Value {
    let event = event("SIM/Updated");
    let began = Instant::now();
    let answer = stage.post(&event);
    assert!(began.elapsed() < IN_TIME, "{what}: {:?}", began.elapsed());

    let body = answer.json();
    assert_eq!((answer.status, &body["type"]), (status, &kind.into()), "{what}: {body}");
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("hss") && message.contains(words), "{what}: {message}");
    let error = body["error"].as_str().unwrap();
    assert!(error.contains(reason) && !error.contains("os error"), "{what}: {error}");
    assert_eq!(body["event_id"], event["event_id"]);
    let detail = &body["details"][0];
    let place = ["mapping", "rule", "step", "target"].map(|field| &detail[field]);
    assert_eq!(place, ["hss.yaml", "all", "send", "hss"], "{what}: {body}");
    body
}

/// Whether the next event, to a target that behaves, succeeds.
#[track_caller]
fn goes_on(stage: &Stage, what: &str) {
    let answer = stage.post_type("SIM/Updated");
    assert_eq!(answer.status, 200, "after {what}: {}", answer.text());
    assert_eq!(stage.connector.get("/health").status, 200, "after {what}");
    assert_eq!(stage.connector.get("/ready").status, 200, "after {what}");
}

fn profile() -> Answer {
    Answer::json(200, serde_json::json!({"profile": "cs-pp-20250319", "result": true}))
}

#[test]
fn a_target_that_breaks_off_is_a_connection_error() {
    let stage = Stage::set(OneStep::new("POST /x").target("timeout: 300ms"));
    let endless = Answer::new(200).header("transfer-encoding", "chunked").body("5\r\nhello\r\n");
    for (what, reply, words, reason) in [
        ("a hang", Reply::Hang, "did not answer within 300 ms", "300ms"),
        ("a close before the answer", Reply::CloseUnanswered, "broke the connection off", ""),
        ("a close after the head", Reply::CloseAfterHead(profile()), "broke the connection", ""),
        ("a close in the body", Reply::CloseInBody(profile()), "broke the connection off", ""),
        ("a close in a chunked body", Reply::CloseInBody(endless.clone()), "broke", ""),
        ("garbage", Reply::Garbage, "broke the connection off", ""),
        ("a reset", Reply::Reset, "broke the connection off", "reset"),
        (
            "a drip",
            Reply::Drip { answer: profile(), every: Duration::from_millis(20) },
            "did not answer within 300 ms",
            "300ms",
        ),
        ("a body that never ends", endless.into(), "did not answer within 300 ms", ""),
    ] {
        stage.target.next(reply);
        let body = check(&stage, what, 503, "CONNECTION_ERROR", words, reason);
        let address = stage.target.address().to_string();
        assert!(body["error"].as_str().unwrap().contains(&address), "{what}: {body}");
        goes_on(&stage, what);
    }
    let none: [&str; 0] = [];
    assert_eq!(stage.target.faults(), none, "the target understood all it got");
}

#[test]
fn a_target_that_refuses_the_connection_is_a_connection_error() {
    // Bound and not listening: nobody else can get this port meanwhile.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();

    let mapping = OneStep::new("POST /x").to_string();
    let nowhere = mapping.replace("${TARGET_URL}", &format!("http://127.0.0.1:{port}"));
    let stage = Stage::set(nowhere);
    check(&stage, "refusal", 503, "CONNECTION_ERROR", "cannot be reached", "connection refused");
    // Nothing has reached the target, so even a POST is tried again.
    stage.connector.wait_for_log(|record| record["try"] == 3, SOON);
}

#[test]
fn a_name_that_does_not_resolve_is_a_connection_error() {
    let mapping = OneStep::new("POST /x").target("retry: { attempts: 1 }").to_string();
    let stage = Stage::set(mapping.replace("${TARGET_URL}", "http://hss.invalid"));
    let answer = stage.post_type("SIM/Updated");
    let body = answer.json();
    assert_eq!((answer.status, &body["type"]), (503, &"CONNECTION_ERROR".into()), "{body}");
    assert!(body["error"].as_str().unwrap().contains("hss.invalid"), "{body}");
}

#[test]
fn a_redirect_is_a_refusal_and_is_not_followed() {
    let stage = Stage::set(OneStep::new("POST /x"));
    let elsewhere = Target::start();
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/elsewhere", elsewhere.url());
        stage.target.next(Answer::new(status).header("location", &location).into());
        let words = format!("answered {status}");
        check(&stage, "a redirect", 422, "SERVICE_ERROR", &words, "");
        goes_on(&stage, "a redirect");
    }
    stage.target.next(Reply::redirect("/y"));
    check(&stage, "a redirect to itself", 422, "SERVICE_ERROR", "answered 302", "");
    assert_eq!(elsewhere.connections(), 0);
    assert!(stage.target.requests().iter().all(|request| request.path() == "/x"));
}

#[test]
fn an_answer_that_is_too_large_is_not_read() {
    let stage = Stage::set(OneStep::new("PUT /x").target("timeout: 10s"));
    let bytes = 20 << 20;
    let body = "x".repeat(bytes);
    let chunked = Answer::new(200)
        .header("transfer-encoding", "chunked")
        .body(format!("{bytes:x}\r\n{body}\r\n0\r\n\r\n"));
    let without_length = Answer::new(200).header("connection", "close").body(body);
    for (what, reply) in [
        ("a length of 20 MB", Reply::huge(bytes)),
        ("20 MB in a chunk", chunked.into()),
        ("20 MB until the end", {
            // HTTP/1.0 style: neither length nor chunks.
            let mut answer = without_length;
            answer.headers.push(("transfer-encoding".to_owned(), "identity".to_owned()));
            answer.into()
        }),
    ] {
        stage.target.next(reply);
        let sent = stage.target.requests().len();
        check(&stage, what, 502, "SERVICE_ERROR", "more than can be read", "larger than 1048576");
        assert_eq!(stage.target.requests().len(), sent + 1, "{what}: not asked again");
        goes_on(&stage, what);
    }
}

/// Entries that read the body.
const READS_BODY: &str =
    "responses: [{ when: { $.result: false }, then: fail, message: \"hss: {{body.error}}\" }]";

#[test]
fn a_success_whose_body_is_needed_and_cannot_be_read_is_a_bad_answer() {
    let stage = Stage::set(OneStep::new("PUT /x").target(READS_BODY));
    for (what, content_type, body, reason) in [
        ("broken JSON", "application/json", "{\"result\": fal", "not valid JSON"),
        ("a page", "text/html", "<p>Welcome</p>", "text/html"),
        ("plain text", "text/plain", "OK", "text/plain"),
        ("broken XML", "text/xml", "<result>false</resul", "not valid XML"),
        ("a document type", "text/xml", "<!DOCTYPE r><r/>", "not valid XML"),
    ] {
        for status in [200, 201] {
            stage.target.next(Reply::text(status, content_type, body));
            let sent = stage.target.requests().len();
            let words = format!("answered {status} with a body that cannot be read");
            let told = check(&stage, what, 502, "SERVICE_ERROR", &words, reason);
            assert!(told["error"].as_str().unwrap().contains(body), "{told}");
            assert_eq!(stage.target.requests().len(), sent + 1, "{what}: not asked again");
            goes_on(&stage, what);
        }
    }
}

#[test]
fn a_body_that_is_not_there_or_not_needed_need_not_be_readable() {
    let stage = Stage::set(OneStep::new("PUT /x").target(READS_BODY));
    for status in [200, 202, 204] {
        stage.target.next(Reply::status(status));
        assert_eq!(stage.post_type("SIM/Updated").status, 200, "an empty {status}");
    }
    // A failure is judged by its status, whatever its body.
    stage.target.next(Reply::text(400, "text/html", "<h1>No</h1>"));
    check(&stage, "a 400 with a page", 422, "SERVICE_ERROR", "answered 400", "<h1>No</h1>");

    let by_status = "responses: [{ when: { status: 404 }, then: ok }]";
    let stage = Stage::set(OneStep::new("PUT /x").target(by_status));
    stage.target.next(Reply::text(200, "application/json", "{\"broken"));
    assert_eq!(stage.post_type("SIM/Updated").status, 200, "nothing reads it");
}

#[test]
fn a_body_is_not_needed_where_the_status_alone_decides() {
    for (when, status) in [
        ("{ status: 409, $.code: 17 }", 200),
        ("{ $.code: 17, status: 409 }", 200),
        ("{ any: [{ $.code: 17 }, { status: 200 }] }", 422),
        ("{ not: { all: [{ $.code: 17 }, { status: 409 }] } }", 422),
        ("{ status: 200, $.code: 17 }", 502),
        ("{ status: 200, body.code: { exists: false } }", 502),
        ("{ not: { $.code: 17 } }", 502),
        ("{ status: 200, text: { not: \"{{body.code}}\" } }", 502),
    ] {
        let table = format!("responses: [{{ when: {when}, then: fail }}]");
        let stage = Stage::set(OneStep::new("PUT /x").target(&table));
        stage.target.next(Reply::text(200, "text/plain", "OK"));
        let answer = stage.post_type("SIM/Updated");
        assert_eq!(answer.status, status, "{when}: {}", answer.text());
    }
}

#[test]
fn an_answer_in_xml_is_judged_like_one_in_json() {
    let table = "responses: [{ when: { $..faultcode: { exists: true } }, then: fail, \
                 message: \"hss: {{body.Envelope.Body.Fault.faultstring}}\" }]";
    let stage = Stage::set(OneStep::new("PUT /x").target(table));
    let envelope = |inside: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"urn:s\"><s:Body>{inside}</s:Body>\
             </s:Envelope>"
        )
    };
    let fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>no &quot;such&quot; SIM\
                 </faultstring></s:Fault>";
    for content_type in ["text/xml; charset=utf-8", "application/soap+xml", "text/plain"] {
        stage.target.next(Reply::text(200, content_type, &envelope(fault)));
        check(&stage, content_type, 422, "SERVICE_ERROR", "no \"such\" SIM", "");
        stage.target.next(Reply::text(200, content_type, &envelope("<Done/>")));
        assert_eq!(stage.post_type("SIM/Updated").status, 200, "{content_type}");
    }
}

#[test]
fn a_body_is_read_by_its_charset() {
    let stage = Stage::set(OneStep::new("PUT /x").target(READS_BODY));
    let latin = b"{\"result\": false, \"error\": \"pas trouv\xe9\"}";
    let answer = Answer::new(200)
        .header("content-type", "application/json; charset=iso-8859-1")
        .body(latin.as_slice());
    stage.target.next(answer.into());
    check(&stage, "Latin 1", 422, "SERVICE_ERROR", "pas trouvé", "");
}

#[test]
fn a_connection_is_used_again_and_one_that_was_closed_meanwhile_does_no_harm() {
    let mappings = [("hss.yaml", OneStep::new("POST /x").to_string())];
    // Each thread has connections of its own.
    let stage = Stage::set_with(&mappings, |setup| setup.env("WORKERS", "1"));
    for _ in 0..3 {
        assert_eq!(stage.post_type("SIM/Updated").status, 200);
    }
    assert_eq!(stage.target.connections(), 1);
    let closes = Answer::json(200, Value::Null).header("connection", "close");
    for _ in 0..3 {
        stage.target.next(closes.clone().into());
        assert_eq!(stage.post_type("SIM/Updated").status, 200);
    }
    assert_eq!(stage.target.requests().len(), 6);
}

#[test]
fn no_proxy_is_taken_from_the_environment() {
    let mappings = [("hss.yaml", OneStep::new("PUT /x").to_string())];
    let stage = Stage::set_with(&mappings, |setup| {
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
            .iter()
            .fold(setup, |setup, name| setup.env(name, "http://127.0.0.1:9"))
    });
    assert_eq!(stage.post_type("SIM/Updated").status, 200);
}

#[test]
fn one_bad_target_does_not_hold_up_the_events_of_another() {
    let bad = OneStep::new("PUT /bad").target("timeout: 20s").to_string();
    let bad = bad.replace("event: \"*\"", "event: Bad").replace("${TARGET_URL}", "${TARGET_URL}/b");
    let good = OneStep::new("PUT /good").to_string().replace("event: \"*\"", "event: Good");
    let mappings = [("bad.yaml", bad), ("good.yaml", good)];
    let stage = Stage::set_with(&mappings, |setup| setup.env("EVENT_DEADLINE", "1s"));
    stage.target.on("/b/bad", |_| Reply::Hang);
    std::thread::scope(|scope| {
        let held: Vec<_> = (0..8).map(|_| scope.spawn(|| stage.post_type("Bad"))).collect();
        stage.target.wait_for(8, IN_TIME);
        for _ in 0..8 {
            assert_eq!(stage.post_type("Good").status, 200);
        }
        assert!(held.into_iter().all(|answer| answer.join().unwrap().status == 503));
    });
}
