//! HTTP/2: many requests on one connection, what a client may not do, and how it ends.

use std::future::poll_fn;

use bytes::Bytes;
use futures_util::FutureExt as _;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request};
use tokio::task::JoinHandle;

use super::secure::Secure;
use super::*;

/// A connection, and what became of it.
struct Link {
    sender: SendRequest<Bytes>,
    ended: JoinHandle<Result<(), h2::Error>>,
}

struct Came {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Secure {
    async fn link(&self) -> Link {
        self.link_with(&Builder::new()).await
    }

    async fn link_with(&self, builder: &Builder) -> Link {
        let stream = self.connect(&[b"h2"]).await;
        let (sender, connection) = builder.handshake(stream).await.unwrap();
        Link { sender, ended: tokio::spawn(connection) }
    }
}

fn request(method: &str, path: &str) -> http::request::Builder {
    let url = format!("https://localhost{path}");
    Request::builder().method(method).uri(url).header("authorization", "Bearer token")
}

impl Link {
    /// Sends a request whole.
    async fn sends(&mut self, request: http::request::Builder, body: &str) -> ResponseFuture {
        let mut sender = timeout(LONG, self.sender.clone().ready()).await.unwrap().unwrap();
        let request = request.body(()).unwrap();
        let (answer, mut stream) = sender.send_request(request, body.is_empty()).unwrap();
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body.as_bytes()), true).unwrap();
        }
        answer
    }

    async fn asks(&mut self, request: http::request::Builder, body: &str) -> Came {
        came(self.sends(request, body).await).await
    }

    async fn event(&mut self, event_type: &str) -> ResponseFuture {
        self.sends(request("POST", "/"), &body(event_type)).await
    }

    /// Waits until no more requests may be sent.
    async fn is_sent_elsewhere(&self) {
        let told = async {
            while self.sender.clone().ready().await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, told).await.unwrap();
    }

    /// Whether the connection ended by a word of the server, and without a fault.
    async fn ends_in_order(self) -> bool {
        let Self { sender, ended } = self;
        drop(sender);
        timeout(LONG, ended).await.expect("must end").unwrap().is_ok()
    }
}

async fn came(answer: ResponseFuture) -> Came {
    let (head, body) = timeout(LONG, answer).await.unwrap().unwrap().into_parts();
    let text = text(body).await.unwrap();
    let body = serde_json::from_slice(&text).unwrap_or_default();
    Came { status: head.status.as_u16(), headers: head.headers, body }
}

async fn text(mut body: RecvStream) -> Result<Vec<u8>, h2::Error> {
    let mut text = Vec::new();
    while let Some(chunk) = timeout(LONG, body.data()).await.expect("must go on") {
        let chunk = chunk?;
        text.extend_from_slice(&chunk);
        body.flow_control().release_capacity(chunk.len())?;
    }
    Ok(text)
}

#[tokio::test]
async fn events_of_one_connection_do_not_share_its_thread() {
    let setup = Secure::start(config());
    let mut link = setup.link().await;
    let came = came(link.event("where").await).await;
    let message = came.body["message"].as_str().unwrap();
    assert!(message.starts_with("Event ignored") && !message.contains("actix"), "{message}");
}

#[tokio::test]
async fn requests_have_the_answers_that_they_have_over_http1() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    let stranger = || Request::builder().method("POST").uri("https://localhost/");
    for (request, body, status) in [
        (request("GET", "/health"), String::new(), 200),
        (request("HEAD", "/health"), String::new(), 200),
        (request("POST", "/"), body("succeed"), 200),
        (request("POST", "/?x=y"), body("fail"), 503),
        (request("POST", "/"), body("panic"), 500),
        (request("POST", "/"), "{".to_owned(), 400),
        (request("POST", "/").header("authorization", "Bearer token"), body("succeed"), 401),
        (request("POST", "/").header("content-type", "text/plain"), body("succeed"), 415),
        (request("DELETE", "/"), String::new(), 405),
        (request("GET", "/nothing"), String::new(), 404),
        (stranger(), body("succeed"), 401),
    ] {
        let is_head = request.method_ref().is_some_and(|method| method == "HEAD");
        let answer = link.asks(request, &body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.body.is_null(), is_head);
        for name in ["content-type", "content-length", "date", "x-request-id", "x-b3-traceid"] {
            assert!(answer.headers.contains_key(name), "{status} has no {name}");
        }
        assert!(!answer.headers.contains_key("connection"));
    }
}

#[tokio::test]
async fn a_body_may_come_in_many_pieces() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    let long = body("succeed") + &" ".repeat(2_000_000);
    let mut sender = link.sender.clone().ready().await.unwrap();
    let request = request("POST", "/").body(()).unwrap();
    let (answer, mut stream) = sender.send_request(request, false).unwrap();
    stream.send_data(long.into(), true).unwrap();
    assert_eq!(came(answer).await.status, 200);
    let too_long = body("succeed") + &" ".repeat(5_000_000);
    assert_eq!(link.asks(super::http2::request("POST", "/"), &too_long).await.status, 413);
    assert_eq!(came(link.event("succeed").await).await.status, 200, "the connection goes on");
}

#[tokio::test]
async fn a_client_that_waits_for_permission_to_send_a_body_gets_it() {
    let secure = Secure::start(config());
    let link = secure.link().await;
    for word in ["100-continue", "100-Continue"] {
        let mut sender = link.sender.clone().ready().await.unwrap();
        let request = request("POST", "/").header("expect", word).body(()).unwrap();
        let (mut answer, mut stream) = sender.send_request(request, false).unwrap();
        let permission = poll_fn(|context| answer.poll_informational(context));
        let permission = timeout(LONG, permission).await.expect(word).unwrap().unwrap();
        assert_eq!(permission.status().as_u16(), 100);
        stream.send_data(body("succeed").into(), true).unwrap();
        assert_eq!(came(answer).await.status, 200);
    }
}

#[tokio::test]
async fn bodies_that_nobody_wants_do_not_keep_others_from_coming() {
    // Their answers are not read, and not taken back for a long time.
    let patience = Patience { body: Duration::from_secs(3600), ..Patience::default() };
    let secure = Secure::start(Config { patience, ..config() });
    let mut link = secure.link_with(Builder::new().initial_window_size(0)).await;
    let mut refused = Vec::new();
    for _ in 0..8 {
        let mut sender = link.sender.clone().ready().await.unwrap();
        let stranger = Request::builder().method("POST").uri("https://localhost/");
        let (answer, mut stream) = sender.send_request(stranger.body(()).unwrap(), false).unwrap();
        stream.send_data(vec![b' '; 250_000].into(), false).unwrap();
        assert_eq!(timeout(LONG, answer).await.unwrap().unwrap().status().as_u16(), 401);
        refused.push(stream);
    }
    let _answer = link.event("succeed").await;
    secure.setup.has_begun(1).await;
}

#[tokio::test]
async fn who_is_refused_while_sending_may_end_before_being_told_to_stop() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    for ends in [true, false] {
        let mut sender = link.sender.clone().ready().await.unwrap();
        let (answer, mut stream) =
            sender.send_request(request("POST", "/nothing").body(()).unwrap(), false).unwrap();
        stream.send_data(vec![b' '; 100_000].into(), false).unwrap();
        assert_eq!(came(answer).await.status, 404);
        if ends {
            stream.send_data(Bytes::from_static(b"end"), true).unwrap();
            assert_eq!(link.asks(request("GET", "/health"), "").await.status, 200);
            let told = poll_fn(|context| stream.poll_reset(context)).now_or_never();
            assert!(told.is_none(), "{told:?}");
        } else {
            let told = poll_fn(|context| stream.poll_reset(context));
            let told = timeout(LONG, told).await.expect("must be told").unwrap();
            assert_eq!(told, Reason::NO_ERROR);
        }
    }
}

#[tokio::test]
async fn a_hundred_events_run_at_once_on_one_connection() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(link.event("hang").await);
    }
    secure.setup.has_begun(100).await;
    secure.setup.release();
    for answer in answers {
        assert_eq!(came(answer).await.status, 200);
    }
}

#[tokio::test]
async fn a_client_is_told_how_many_requests_there_may_be_at_once_and_how_large_a_head() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    assert_eq!(link.asks(request("GET", "/health"), "").await.status, 200);
    assert_eq!(link.sender.current_max_send_streams(), 128);
    let large = request("GET", "/health").header("x", "y".repeat(70_000));
    assert_eq!(link.asks(large, "").await.status, 431);
    let fits = request("GET", "/health").header("x", "y".repeat(50_000));
    assert_eq!(link.asks(fits, "").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_and_the_connection_goes_on() {
    let secure = Secure::within(impatient(), Limits { events: 1, bytes: 1000 });
    let mut link = secure.link().await;
    let mut sender = link.sender.clone().ready().await.unwrap();
    let request = request("POST", "/").body(()).unwrap();
    let (answer, mut stream) = sender.send_request(request, false).unwrap();
    stream.send_data(Bytes::from_static(b"{"), false).unwrap();
    assert_eq!(came(answer).await.status, 408);
    assert_eq!(came(link.event("succeed").await).await.status, 200);
    assert_eq!(secure.setup.admission.bytes_in_flight(), 0);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_taken_back() {
    let secure = Secure::start(impatient());
    let mut link = secure.link_with(Builder::new().initial_window_size(0)).await;
    let answer = link.sends(request("GET", "/health"), "").await;
    let (_, body) = timeout(LONG, answer).await.unwrap().unwrap().into_parts();
    let fault = text(body).await.expect_err("there is no room for it");
    assert_eq!(fault.reason(), Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_ended_in_order_and_a_long_run_is_no_such_one() {
    let secure = Secure::start(impatient());
    let mut link = secure.link().await;
    let answer = link.event("hang").await;
    let past_idle_time = Duration::from_millis(3000);
    timeout(past_idle_time, &mut link.ended).await.expect_err("it is in use");
    secure.setup.release();
    assert_eq!(came(answer).await.status, 200);
    // Held open by us, and ended all the same.
    let Link { sender, ended } = link;
    timeout(LONG, ended).await.expect("must end").unwrap().unwrap();
    drop(sender);
}

#[tokio::test]
async fn a_run_survives_its_request_and_its_connection() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    let mut reset = link.sender.clone().ready().await.unwrap();
    let taken_back = request("POST", "/").body(()).unwrap();
    let (answer, mut stream) = reset.send_request(taken_back, false).unwrap();
    stream.send_data(body("hang").into(), true).unwrap();
    secure.setup.has_begun(1).await;
    stream.send_reset(Reason::CANCEL);
    drop(answer);
    let answer = link.event("hang").await;
    secure.setup.has_begun(2).await;
    link.ended.abort();
    drop((link, answer));
    secure.setup.release();
    timeout(LONG, secure.setup.admission.drained()).await.unwrap();
    assert_eq!(*secure.setup.service.ended.borrow(), 2);
}

#[tokio::test]
async fn while_draining_clients_are_sent_elsewhere_and_what_they_asked_is_answered() {
    let secure = Secure::start(config());
    let mut old = secure.link().await;
    assert_eq!(came(old.event("succeed").await).await.status, 200);
    let answer = old.event("hang").await;
    secure.setup.has_begun(2).await;
    secure.setup.server.drain();
    old.is_sent_elsewhere().await;
    secure.setup.release();
    assert_eq!(came(answer).await.status, 200);
    assert!(old.ends_in_order().await);

    // Who comes now found nobody better.
    let mut new = secure.link().await;
    assert_eq!(came(new.event("succeed").await).await.status, 200);
    assert!(new.ends_in_order().await);
}

#[tokio::test]
async fn events_in_flight_on_a_connection_are_all_answered_when_the_server_stops() {
    let secure = Secure::start(config());
    let mut link = secure.link().await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(link.event("hang").await);
    }
    secure.setup.has_begun(20).await;
    let Secure { setup, .. } = secure;
    let service = Arc::clone(&setup.service);
    let stop = tokio::spawn(setup.server.stop(LONG));
    link.is_sent_elsewhere().await;
    service.released.send_replace(true);
    for answer in answers {
        assert_eq!(came(answer).await.status, 200);
    }
    assert_eq!(timeout(LONG, stop).await.unwrap().unwrap(), 0);
    assert!(link.ends_in_order().await);
}
