//! The client against targets that misbehave on a real socket.

mod handshakes;
mod http2;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::network;
use crate::egress::client::LARGEST_ANSWER;
use crate::egress::testing::{at_home, fault};
use crate::engine::transport::{
    Connect as _, Request, Response, Transport, TransportError, TransportFault,
};
use crate::program::Target;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(20);

fn target(url: &str) -> Target {
    Target { timeout: LONG, ..Target::plain("hss", url) }
}

fn request(url: String) -> Request {
    Request {
        method: "POST".into(),
        url: url.into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: Bytes::from_static(b"{}"),
        timeout: LONG,
    }
}

fn transport(url: &str) -> Arc<dyn Transport> {
    network().connect(&target(url)).unwrap()
}

/// A target on a real socket: counts connections, and shows the bytes of the last request.
struct Fake {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    seen: tokio::sync::watch::Receiver<String>,
}

/// What the fake does with each request on a connection.
#[derive(Clone, Copy)]
enum Act {
    Answer(&'static [u8]),
    AnswerAndClose(&'static [u8]),
    Hang,
    /// Head and part of a body, then nothing.
    Stall(&'static [u8]),
    Stream(usize),
}

impl Fake {
    async fn that(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (show, seen) = tokio::sync::watch::channel(String::new());
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, act, show.clone()));
            }
        });
        Self { address, connections, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn is_asked(&self, path: &str) -> Result<Response, TransportError> {
        transport(&self.url("")).send(&request(self.url(path))).await
    }

    async fn is_asked_in_a_hurry(&self) -> Result<Response, TransportError> {
        let hurried = Request { timeout: SHORT, ..request(self.url("/?key=secret")) };
        transport(&self.url("")).send(&hurried).await
    }
}

async fn serve(mut stream: TcpStream, act: Act, show: tokio::sync::watch::Sender<String>) {
    while let Some(request) = read_request(&mut stream).await {
        show.send_replace(request);
        match act {
            Act::Answer(bytes) => stream.write_all(bytes).await.unwrap(),
            Act::AnswerAndClose(bytes) => return drop(stream.write_all(bytes).await),
            Act::Hang => std::future::pending().await,
            Act::Stall(bytes) => {
                stream.write_all(bytes).await.unwrap();
                std::future::pending().await
            }
            Act::Stream(bytes) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                let _ = stream.write_all(&vec![b'x'; bytes]).await;
                return;
            }
        }
    }
}

/// Head and body of one request; `None` when the client is gone.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&text).into_owned();
    let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
    for _ in 0..length.lines().next()?.parse().ok()? {
        text.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(text).ok()
}

const OK: Act = Act::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: \xe9\r\n\r\nok");

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let answer = Fake::that(OK).await.is_asked("/").await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
    assert_eq!(answer.headers.get("x-a"), Some("\u{fffd}"));
}

#[tokio::test]
async fn a_target_sees_the_request_and_nothing_that_asks_for_compression() {
    let fake = Fake::that(OK).await;
    fake.is_asked("/a%2Fb?x=%20").await.unwrap();
    let seen = fake.seen.borrow().clone();
    assert!(seen.starts_with("POST /a%2Fb?x=%20 HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains(concat!("user-agent: nsps-connector/", env!("CARGO_PKG_VERSION"))));
    assert!(!seen.contains("accept-encoding"), "{seen}");
}

#[tokio::test]
async fn a_user_agent_of_the_request_replaces_ours() {
    let fake = Fake::that(OK).await;
    let mut request = request(fake.url("/"));
    request.headers.push(("user-agent".into(), "mine".into()));
    transport(&fake.url("")).send(&request).await.unwrap();
    let seen = fake.seen.borrow().clone();
    assert!(seen.contains("user-agent: mine\r\n") && !seen.contains("nsps-connector"), "{seen}");
}

#[tokio::test]
async fn an_empty_body_is_announced_as_empty() {
    let fake = Fake::that(OK).await;
    let empty = Request { body: Bytes::new(), ..request(fake.url("/")) };
    transport(&fake.url("")).send(&empty).await.unwrap();
    assert!(fake.seen.borrow().contains("content-length: 0\r\n"));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let fake = Fake::that(OK).await;
    let transport = transport(&fake.url(""));
    for _ in 0..3 {
        transport.send(&request(fake.url("/"))).await.unwrap();
    }
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let fake = Fake::that(Act::Answer(redirect)).await;
    let answer = fake.is_asked("/").await.unwrap();
    assert_eq!((answer.status, answer.headers.get("location")), (302, Some("/elsewhere")));
    assert_eq!(fake.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://user:password@{unused}/x?key=secret");
    let result = transport(&url).send(&request(url.clone())).await;
    let message = format!("cannot connect to {unused}: connection refused");
    assert_eq!(fault(result), (TransportFault::Unreachable, message));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let url = "http://hss.invalid/?key=secret";
    let result = transport(url).send(&request(url.to_owned())).await;
    let message = "cannot connect to hss.invalid:80: name does not resolve".to_owned();
    assert_eq!(fault(result), (TransportFault::Unreachable, message));
}

#[tokio::test]
async fn a_target_that_does_not_speak_tls_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let url = format!("https://{address}/?key=secret");
    let (kind, message) = fault(transport(&url).send(&request(url.clone())).await);
    assert_eq!(kind, TransportFault::Unreachable);
    let expected = format!(
        "cannot connect to {address}: it does not speak TLS: perhaps its URL should begin with `http://`"
    );
    assert_eq!(message, expected);
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_is_unreachable() {
    // Accepts at the TCP level but never answers the TLS hello.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let slow = Target { connect_timeout: SHORT, ..target(&url) };
    let result = network().connect(&slow).unwrap().send(&request(url)).await;
    let (kind, message) = fault(result);
    assert_eq!(kind, TransportFault::Unreachable);
    assert!(message.ends_with("no connection within 200ms"), "{message}");
}

#[tokio::test]
async fn a_target_that_hangs_is_a_timeout() {
    let fake = Fake::that(Act::Hang).await;
    let message = format!("{} did not answer within 200ms", fake.address);
    assert_eq!(fault(fake.is_asked_in_a_hurry().await), (TransportFault::Timeout, message));
}

#[tokio::test]
async fn a_body_that_does_not_end_in_time_is_a_timeout() {
    let fake = Fake::that(Act::Stall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")).await;
    assert_eq!(fault(fake.is_asked_in_a_hurry().await).0, TransportFault::Timeout);
}

#[tokio::test]
async fn what_is_not_http_or_ends_half_way_is_broken() {
    for bytes in [
        &b""[..],
        b"garbage\r\n\r\n",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x00\x05hello",
    ] {
        let fake = Fake::that(Act::AnswerAndClose(bytes)).await;
        let (kind, message) = fault(fake.is_asked("/?key=secret").await);
        assert_eq!(kind, TransportFault::Broken, "{message}");
        assert!(message.starts_with(&format!("the exchange with {} broke off: ", fake.address)));
    }
}

#[tokio::test]
async fn an_answer_past_the_limit_is_too_large_whether_announced_or_not() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 20000000\r\n\r\n";
    for act in [Act::Stall(announced), Act::Stream(20_000_000)] {
        let fake = Fake::that(act).await;
        assert_eq!(fault(fake.is_asked("/").await).0, TransportFault::TooLarge);
    }
}

#[tokio::test]
async fn an_answer_as_large_as_the_limit_is_read() {
    let fake = Fake::that(Act::Stream(LARGEST_ANSWER)).await;
    assert_eq!(fake.is_asked("/").await.unwrap().body.len(), LARGEST_ANSWER);
    let small = network().with_largest_answer(LARGEST_ANSWER - 1);
    let transport = small.connect(&target(&fake.url(""))).unwrap();
    let result = transport.send(&request(fake.url("/"))).await;
    assert_eq!(fault(result).0, TransportFault::TooLarge);
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_says_why() {
    let good = request("http://127.0.0.1:9/".to_owned());
    let header = |name: &str, value: &str| vec![(name.into(), value.into())];
    let cases = [
        (Request { url: "/only/a/path?secret".into(), ..good.clone() }, "its URL is not valid"),
        (Request { url: "ftp://h/?secret".into(), ..good.clone() }, "URL scheme"),
        (Request { method: "B D".into(), ..good.clone() }, "its method is not a token"),
        (Request { headers: header("a b", ""), ..good.clone() }, "`a b` is not a header name"),
        (Request { headers: header("a", "secret\n"), ..good }, "header `a` holds a control"),
    ];
    for (bad, reason) in cases {
        let (kind, message) = fault(transport("http://127.0.0.1:9").send(&bad).await);
        assert_eq!(kind, TransportFault::Unsendable);
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let fake =
        Fake::that(Act::AnswerAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).await;
    let transport = transport(&fake.url(""));
    for _ in 0..20 {
        // The closing may still be on its way when the next request begins: then, and only then,
        // the fault is Broken, because the request may have been read.
        match transport.send(&request(fake.url("/"))).await {
            Ok(answer) => assert_eq!(answer.status, 200),
            Err(error) => assert_eq!(error.fault, TransportFault::Broken),
        }
    }
}

#[tokio::test]
async fn an_exchange_that_is_given_up_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let transport = transport(&url);
    let exchange = tokio::spawn(async move { transport.send(&request(url)).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    read_request(&mut stream).await.unwrap();
    exchange.abort();
    let rest = tokio::time::timeout(LONG, stream.read_to_end(&mut Vec::new())).await;
    assert_eq!(rest.unwrap().unwrap_or_default(), 0);
}
