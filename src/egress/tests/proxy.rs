//! Requests by way of a proxy.

use std::time::Duration;

use tokio::net::TcpListener;

use crate::certificate::testing::Authority;
use crate::egress::testing::{Act as ProxyAct, FakeProxy, Http2, Server, Tls, ask, fault, target};
use crate::engine::transport::{Response, TransportError, TransportFault};
use crate::program::Target;

const SHORT: Duration = Duration::from_millis(200);

/// `https` by a proxy that does that; what became of it, and the heads that the proxy saw.
async fn tunnelled(act: ProxyAct) -> (Result<Response, TransportError>, Vec<String>) {
    let authority = Authority::new("one");
    let issued = authority.server("hss.test");
    let server = Server::start(&Tls::showing(&issued)).await;
    let proxy = FakeProxy::that(act).await;
    let target = server.target("hss.test").trusting(&authority);
    let target = target.by(&proxy.url(), Some(("nsps", "open sesame")));
    (ask(&target).await, proxy.heads())
}

/// `http` by a proxy that does that.
async fn passed_on(act: ProxyAct) -> (Result<Response, TransportError>, Vec<String>) {
    let proxy = FakeProxy::that(act).await;
    let target = target("http://hss.test").by(&proxy.url(), Some(("nsps", "open sesame")));
    (ask(&target).await, proxy.heads())
}

/// `nsps:open sesame`.
const CREDENTIALS: &str = "roxy-authorization: Basic bnNwczpvcGVuIHNlc2FtZQ==\r\n";

/// What is told of a proxy, whose port is another one each time.
fn told(result: Result<Response, TransportError>) -> String {
    let (kind, message) = fault(result);
    assert_eq!(kind, TransportFault::Unreachable);
    let digits = regex::Regex::new("test:[0-9]{4,5}").unwrap();
    digits.replace_all(&message, "test:PORT").into_owned()
}

#[tokio::test]
async fn https_goes_through_a_tunnel_of_which_the_proxy_knows_the_host_alone() {
    let (answer, heads) = tunnelled(ProxyAct::Connect).await;
    assert_eq!(answer.unwrap().body, "HTTP/2 over TLSv1_3, no certificate");
    let [head] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(head.starts_with("CONNECT hss.test:"), "{head}");
    assert!(head.contains(CREDENTIALS), "{head}");
    assert!(!head.contains("secret"), "{head}");
}

#[tokio::test]
async fn http_is_passed_on_by_the_proxy() {
    let (answer, heads) = passed_on(ProxyAct::Connect).await;
    assert_eq!(answer.unwrap().body, "by proxy");
    let [head] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(head.starts_with("GET http://hss.test/?key=secret HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(CREDENTIALS), "{head}");
}

#[tokio::test]
async fn a_proxy_that_wants_other_credentials_is_named() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let expected = "the proxy proxy.test:PORT demands credentials, or other ones (407): write them into \
                    its URL, `http://USER:PASSWORD@HOST:PORT`";
    for (result, _) in
        [tunnelled(ProxyAct::Answer(answer)).await, passed_on(ProxyAct::Answer(answer)).await]
    {
        assert_eq!(told(result), expected);
    }
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named() {
    let closed =
        "the proxy proxy.test:PORT closed the connection instead of connecting to hss.test:PORT";
    let refused = "the proxy proxy.test:PORT does not connect to hss.test:PORT: it forbids it, or cannot \
                   reach it";
    for (act, expected) in [
        (ProxyAct::Answer("HTTP/1.1 403 Forbidden\r\n\r\n"), refused),
        (ProxyAct::Answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), refused),
        (ProxyAct::Answer("garbage\r\n\r\n"), refused),
        (ProxyAct::Close, closed),
    ] {
        assert_eq!(told(tunnelled(act).await.0), expected, "{act:?}");
    }
}

#[tokio::test]
async fn what_a_proxy_answers_for_a_plain_target_is_the_answer() {
    let (answer, _) =
        passed_on(ProxyAct::Answer("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(answer.unwrap().status, 403);
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = format!("http://proxy.test:{}", unused.port());
    for url in ["http://hss.test", "https://hss.test"] {
        let target = target(url).by(&proxy, None);
        let message = told(ask(&target).await);
        assert_eq!(message, "cannot connect to the proxy proxy.test:PORT: connection refused");
    }
}

#[tokio::test]
async fn a_fault_of_the_target_behind_a_proxy_is_not_the_proxys() {
    let authority = Authority::new("one");
    let issued = authority.server("other.test");
    let server = Server::start(&Tls::showing(&issued)).await;
    let proxy = FakeProxy::that(ProxyAct::Connect).await;
    let target = server.target("hss.test").trusting(&authority).by(&proxy.url(), None);
    let message = told(ask(&target).await);
    assert_eq!(
        message,
        "cannot connect to hss.test:PORT by the proxy proxy.test:PORT: its certificate is for other.test, and not \
         for hss.test"
    );
}

#[tokio::test]
async fn what_passes_a_tunnel_is_the_targets_own() {
    let authority = Authority::new("one");
    let issued = authority.server("hss.test");
    let server = Server::that(&Tls::showing(&issued), Http2::Say(407)).await;
    let proxy = FakeProxy::that(ProxyAct::Connect).await;
    let target = server.target("hss.test").trusting(&authority).by(&proxy.url(), None);
    assert_eq!(ask(&target).await.unwrap().status, 407);
}

#[tokio::test]
async fn a_proxy_that_never_connects_is_named() {
    let proxy = FakeProxy::that(ProxyAct::Answer("HTTP/1.1 200 ")).await;
    let target = Target { connect_timeout: SHORT, ..target("https://hss.test") };
    let message = told(ask(&target.by(&proxy.url(), None)).await);
    assert_eq!(
        message,
        "cannot connect to hss.test:443 by the proxy proxy.test:PORT: no connection within 200ms"
    );
}
