//! HTTP/2, which targets offer in the handshake.

use super::*;
use crate::certificate::testing::Authority;
use crate::egress::testing::{Http2, Server, Tls, get};

struct Told {
    server: Server,
    target: Target,
}

async fn server_that(act: Http2) -> Told {
    let authority = Authority::new("one");
    let issued = authority.server("hss.test");
    let server = Server::that(&Tls::showing(&issued), act).await;
    let target = server.target("hss.test").trusting(&authority);
    Told { server, target }
}

fn request_to(target: &Target) -> Request {
    get(&target.url)
}

fn body(answer: Result<Response, TransportError>) -> String {
    String::from_utf8(answer.unwrap().body.to_vec()).unwrap()
}

#[tokio::test]
async fn requests_at_the_same_time_share_a_connection() {
    let Told { server, target } = server_that(Http2::Answer).await;
    let transport = at_home(network()).connect(&target).unwrap();
    // The first one learns that HTTP/2 is spoken.
    assert_eq!(
        body(transport.send(&request_to(&target)).await),
        "HTTP/2 over TLSv1_3, no certificate"
    );
    let request = request_to(&target);
    let all = (0..50).map(|_| transport.send(&request));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!((server.connections(), server.requests()), (1, 51));
}

#[tokio::test]
async fn a_request_that_is_turned_away_is_sent_again_as_it_was_not_begun_with() {
    let Told { server, target } = server_that(Http2::Refuse(1)).await;
    let post = Request { method: "POST".into(), ..request_to(&target) };
    assert_eq!(at_home(network()).connect(&target).unwrap().send(&post).await.unwrap().status, 200);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_request_that_is_turned_away_again_and_again_was_never_begun_with() {
    let Told { target, .. } = server_that(Http2::Refuse(usize::MAX)).await;
    let (kind, message) =
        fault(at_home(network()).connect(&target).unwrap().send(&request_to(&target)).await);
    assert_eq!(kind, TransportFault::Unreachable);
    assert!(message.ends_with("turned the request away unprocessed (HTTP/2)"), "{message}");
}

#[tokio::test]
async fn a_request_that_meets_a_server_on_its_way_out_goes_to_the_next_connection() {
    const NO_ERROR: u32 = 0;
    let Told { server, target } = server_that(Http2::GoAway(NO_ERROR)).await;
    let post = Request { method: "POST".into(), ..request_to(&target) };
    assert_eq!(at_home(network()).connect(&target).unwrap().send(&post).await.unwrap().status, 200);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_goes_for_a_reason_has_not_begun_with_what_came_last() {
    const ENHANCE_YOUR_CALM: u32 = 11;
    let Told { target, .. } = server_that(Http2::GoAway(ENHANCE_YOUR_CALM)).await;
    let (kind, message) =
        fault(at_home(network()).connect(&target).unwrap().send(&request_to(&target)).await);
    assert_eq!(kind, TransportFault::Unreachable, "{message}");
}

#[tokio::test]
async fn a_connection_that_is_dead_is_given_up_and_replaced() {
    let Told { server, target } = server_that(Http2::FallSilent).await;
    let impatient = at_home(network()).with_silence(Duration::from_millis(50));
    let transport = impatient.connect(&target).unwrap();
    transport.send(&request_to(&target)).await.unwrap();
    let (kind, message) = fault(transport.send(&request_to(&target)).await);
    assert_eq!(kind, TransportFault::Broken, "{message}");
    transport.send(&request_to(&target)).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn headers_of_an_answer_are_read_up_to_a_limit() {
    let Told { target, .. } = server_that(Http2::Large(40_000)).await;
    let answer =
        at_home(network()).connect(&target).unwrap().send(&request_to(&target)).await.unwrap();
    assert_eq!(answer.headers.get("x-large").map(str::len), Some(40_000));
    let Told { target, server } = server_that(Http2::Large(100_000)).await;
    let (kind, message) =
        fault(at_home(network()).connect(&target).unwrap().send(&request_to(&target)).await);
    assert_eq!((kind, server.requests()), (TransportFault::Broken, 1), "{message}");
    assert!(message.ends_with("or its headers exceed 65536 bytes"), "{message}");
}

#[tokio::test]
async fn a_request_that_is_turned_away_amid_its_answer_was_seen() {
    let Told { target, .. } = server_that(Http2::RefuseLate).await;
    let (kind, message) =
        fault(at_home(network()).connect(&target).unwrap().send(&request_to(&target)).await);
    assert_eq!(kind, TransportFault::Broken, "{message}");
}
