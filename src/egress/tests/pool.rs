//! Connections that are kept, shared and given up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::certificate::testing::Authority;
use crate::egress::client::Network;
use crate::egress::testing::{Http2, Server, Tls, at_home, fault, get, target};
use crate::engine::transport::{Connect as _, Request, Transport, TransportFault};

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(20);

const HTTP_1: &[&str] = &["http/1.1"];
const HTTP_2: &[&str] = &["h2"];

/// A server, and a way to it that keeps idle connections for so long.
struct Reached {
    server: Server,
    transport: Arc<dyn Transport>,
    request: Request,
}

async fn reached(protocols: &[&str], handshakes: usize, idle_timeout: Duration) -> Reached {
    let authority = Authority::new("one");
    let issued = authority.server("hss.test");
    let tls = Tls { protocols, handshakes, ..Tls::showing(&issued) };
    let server = Server::that(&tls, Http2::Answer).await;
    let mut target = server.target("hss.test").trusting(&authority);
    target.idle_timeout = idle_timeout;
    let transport = at_home(Network::new()).connect(&target).unwrap();
    Reached { server, transport, request: get(&target.url) }
}

impl Reached {
    async fn is_asked(&self, times: usize) {
        let all = (0..times).map(|_| self.transport.send(&self.request));
        let answers = tokio::time::timeout(LONG, join_all(all)).await.expect("an answer to each");
        for answer in answers {
            assert_eq!(answer.unwrap().status, 200);
        }
    }
}

#[tokio::test]
async fn requests_take_turns_on_the_connections_that_there_are() {
    let reached = reached(HTTP_1, 3, LONG).await;
    reached.is_asked(40).await;
    // All have begun to open one, and three have come about.
    assert_eq!((reached.server.connections(), reached.server.requests()), (40, 40));
    reached.is_asked(3).await;
    assert_eq!(reached.server.connections(), 40);
}

#[tokio::test]
async fn the_first_connection_of_http_2_is_everybodys() {
    let reached = reached(HTTP_2, 1, LONG).await;
    reached.is_asked(40).await;
    reached.is_asked(40).await;
    assert_eq!((reached.server.connections(), reached.server.requests()), (40, 80));
}

#[tokio::test]
async fn of_connections_of_http_2_that_were_opened_at_the_same_time_one_is_used() {
    let reached = reached(HTTP_2, usize::MAX, LONG).await;
    reached.is_asked(40).await;
    let opened = reached.server.connections();
    // The others are closed again, none of which was asked for anything.
    reached.is_asked(1).await;
    assert_eq!((reached.server.connections(), reached.server.requests()), (opened, 41));
}

#[tokio::test]
async fn what_is_idle_for_too_long_is_closed() {
    for protocols in [HTTP_1, HTTP_2] {
        let reached = reached(protocols, usize::MAX, SHORT).await;
        reached.is_asked(1).await;
        reached.server.sees_the_end_of(1).await;
        reached.is_asked(1).await;
        reached.server.sees_the_end_of(2).await;
        assert_eq!(reached.server.connections(), 2);
    }
}

#[tokio::test]
async fn connections_end_with_the_transport() {
    for protocols in [HTTP_1, HTTP_2] {
        let Reached { server, transport, request } = reached(protocols, usize::MAX, LONG).await;
        transport.send(&request).await.unwrap();
        drop(transport);
        server.sees_the_end_of(1).await;
    }
}

#[tokio::test]
async fn nobody_waits_for_a_target_that_answers_before_it_reads_all() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let transport = Network::new().connect(&target(&url)).unwrap();
    // More than the buffers on the way hold.
    let body = Bytes::from(vec![b'x'; 32 << 20]);
    let request = Request { method: "POST".into(), body, ..get(&url) };
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        let answer = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        stream
    };
    let (answer, _stream) = tokio::join!(transport.send(&request), server);
    assert_eq!(answer.unwrap().status, 413);
    // The next one does not wait for it.
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        stream
    };
    let request = get(&url);
    let (answer, _other) = tokio::join!(transport.send(&request), server);
    assert_eq!(answer.unwrap().status, 200);
}

#[tokio::test]
async fn a_target_that_is_closed_at_each_request_fails_each_of_them_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok(Ok((stream, _))) = tokio::time::timeout(SHORT, listener.accept()).await {
            drop(stream);
            connections += 1;
        }
        connections
    });
    let transport = Network::new().connect(&target(&url)).unwrap();
    for _ in 0..20 {
        let (kind, message) = fault(transport.send(&get(&url)).await);
        assert_eq!(kind, TransportFault::Broken, "{message}");
    }
    assert_eq!(server.await.unwrap(), 20);
}
