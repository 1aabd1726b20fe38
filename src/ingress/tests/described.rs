//! Answers that need a fault, a slow client or an end are described like all others.

use super::*;
use crate::ingress::openapi::document;
use crate::ingress::openapi::testing::{Contract, Heard};

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: c\r\n\r\n";

/// Which component describes an answer; it must be one.
#[track_caller]
fn component(request: &str, answer: &Answered) -> String {
    let contract = Contract::of(document(&EVENT_PATHS));
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = match &answer.body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let (status, body) = (answer.status, body.as_bytes());
    let place = contract.judge(&Heard { method, path, status, headers: &headers, body }).unwrap();
    place.rsplit('/').next().unwrap().to_owned()
}

/// An answer after which the connection ends, with or without a body.
async fn last(client: &mut Client) -> Answered {
    let all = client.hears_the_end().await;
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answered { status, head: head.to_owned(), body: serde_json::from_str(body).unwrap_or_default() }
}

#[tokio::test]
async fn faults_are_described() {
    let setup = start();
    for event_type in ["panic", "panic at once"] {
        let request = event(event_type);
        let answer = setup.answer_to(&request).await;
        assert_eq!(component(&request, &answer), "Fault");
    }
}

#[tokio::test]
async fn what_is_answered_to_slow_clients_is_described() {
    let setup = start_with(impatient(), Limits { events: 1, bytes: 1000 });
    let head =
        "POST / HTTP/1.1\r\nhost: c\r\nauthorization: Bearer token\r\ncontent-length: 9\r\n\r\n{";
    let answer = setup.answer_to(head).await;
    assert_eq!(component(head, &answer), "TooSlow");
    for (head, expected) in
        [("GET /health HTTP/1.1\r\nhost", "HeadTooSlow"), ("POST / HT", "TooSlow")]
    {
        let mut client = setup.client().await;
        client.sends(head).await;
        let answer = last(&mut client).await;
        assert_eq!((answer.status, &answer.body), (408, &Value::Null));
        assert_eq!(component(head, &answer), expected);
    }
}

#[tokio::test]
async fn what_is_answered_at_the_end_is_described() {
    let setup = start();
    let mut client = setup.client().await;
    let request = event("hang");
    client.sends(&request).await;
    setup.has_begun(1).await;
    setup.server.drain();
    let health = setup.answer_to(HEALTH).await;
    assert_eq!(component(HEALTH, &health), "Health");
    let ready = setup.answer_to("GET /ready HTTP/1.1\r\nhost: c\r\n\r\n").await;
    assert_eq!(component("GET /ready ", &ready), "NotReady");
    setup.server.stop(Duration::from_millis(100)).await;
    let answer = client.hears().await;
    assert_eq!(component(&request, &answer), "Unavailable");
}
