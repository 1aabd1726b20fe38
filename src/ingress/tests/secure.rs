//! The server behind TLS: handshakes, what is shown in them, and clients that do not finish them.

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::certificate::Chain;
use crate::certificate::testing::{Authority, Issued};

/// A server behind TLS, and whom its clients trust.
pub(super) struct Secure {
    pub setup: Setup,
    pub shown: Arc<Shown>,
    pub authority: Authority,
}

fn identity(issued: &Issued) -> crate::certificate::ServerIdentity {
    Chain::read(&issued.certificate).unwrap().for_server(&issued.key).unwrap()
}

fn der(issued: &Issued) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()
}

impl Secure {
    pub fn start(config: Config) -> Self {
        Self::within(config, Limits { events: 1000, bytes: 64 * 1024 * 1024 })
    }

    pub fn within(config: Config, limits: Limits) -> Self {
        let authority = Authority::new("ours");
        let shown = Shown::new(identity(&authority.server("localhost")));
        let admission = Admission::new(limits);
        let setup = start_all(config, admission, Log::discard(), Some(Arc::clone(&shown)));
        Self { setup, shown, authority }
    }

    /// A connection over which that may be spoken.
    pub async fn connect(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let socket = TcpStream::connect(self.setup.server.address()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        timeout(LONG, connector.connect(name, socket)).await.unwrap().unwrap()
    }
}

fn seen(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

fn spoken(stream: &TlsStream<TcpStream>) -> Option<&[u8]> {
    stream.get_ref().1.alpn_protocol()
}

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: c\r\n\r\n";

/// Until the server closes.
async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut rest = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut rest)).await.expect("must be closed");
    String::from_utf8_lossy(&rest).into_owned()
}

async fn asks_on(stream: &mut TlsStream<TcpStream>, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = timeout(LONG, stream.read(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn http2_is_spoken_where_the_client_can_and_http1_where_not() {
    let secure = Secure::start(config());
    for (offered, chosen) in [
        (&[&b"h2"[..], b"http/1.1"][..], Some(&b"h2"[..])),
        (&[b"http/1.1", b"h2"], Some(b"h2")),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let mut stream = secure.connect(offered).await;
        assert_eq!(spoken(&stream), chosen, "{offered:?}");
        if chosen != Some(b"h2") {
            for _ in 0..2 {
                let answer = asks_on(&mut stream, HEALTH).await;
                assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            }
        }
    }
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_and_open_ones_go_on() {
    let secure = Secure::start(config());
    let mut old = secure.connect(&[]).await;
    let next = secure.authority.server("localhost");
    assert_ne!(seen(&old), der(&next));
    secure.shown.replace(identity(&next));
    assert_eq!(seen(&secure.connect(&[]).await), der(&next));
    assert!(asks_on(&mut old, HEALTH).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_without_tls_is_told_so_in_its_own_language() {
    let secure = Secure::start(config());
    let mut client = secure.setup.client().await;
    let answer = client.asks(&event("succeed")).await;
    assert_eq!((answer.status, answer.closes()), (400, true));
    assert_eq!(answer.text("message"), "This port takes HTTPS only");
    assert_eq!(client.hears_the_end().await, "");
}

#[tokio::test]
async fn handshakes_that_do_not_come_or_do_not_end_are_not_waited_for() {
    let secure = Secure::start(impatient());
    // A record of a handshake of 256 bytes, and the first byte of a greeting.
    for begun in [&[][..], &[22], &[22, 3, 1, 1, 0, 1]] {
        let mut socket = TcpStream::connect(secure.setup.server.address()).await.unwrap();
        socket.write_all(begun).await.unwrap();
        rest(&mut socket).await;
    }
    let mut garbled = TcpStream::connect(secure.setup.server.address()).await.unwrap();
    garbled.write_all(&[0; 64]).await.unwrap();
    rest(&mut garbled).await;
}

#[tokio::test]
async fn who_says_nothing_after_the_handshake_is_not_waited_for() {
    let secure = Secure::start(impatient());
    let mut http1 = secure.connect(&[b"http/1.1"]).await;
    http1.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    assert!(rest(&mut http1).await.starts_with("HTTP/1.1 408 "));
    let mut http2 = secure.connect(&[b"h2"]).await;
    rest(&mut http2).await;

    let mut later = secure.connect(&[b"http/1.1"]).await;
    asks_on(&mut later, HEALTH).await;
    later.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
    let drip = async {
        let mut byte = [0];
        while later.write_all(b"x").await.is_ok() {
            match timeout(Duration::from_millis(20), later.read(&mut byte)).await {
                Err(_) => {}
                Ok(_) => break,
            }
        }
    };
    timeout(LONG, drip).await.expect("must be closed");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_a_stop() {
    let patience = Patience { head: Duration::from_secs(3600), ..Patience::default() };
    let secure = Secure::start(Config { patience, ..config() });
    let mut silent = TcpStream::connect(secure.setup.server.address()).await.unwrap();
    let mut begun = TcpStream::connect(secure.setup.server.address()).await.unwrap();
    begun.write_all(&[22, 3, 1, 1, 0, 1]).await.unwrap();
    let mut http1 = secure.connect(&[b"http/1.1"]).await;
    asks_on(&mut http1, HEALTH).await;
    // Never says what HTTP/2 begins with, nor reads what it is told.
    let _http2 = secure.connect(&[b"h2"]).await;
    let stop = secure.setup.server.stop(Duration::from_secs(3600));
    assert_eq!(timeout(LONG, stop).await.expect("nothing is waited for"), 0);
    for socket in [&mut silent, &mut begun] {
        rest(socket).await;
    }
    assert_eq!(rest(&mut http1).await, "");
}
