//! Targets that speak TLS, and a proxy, on real sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::client::Network;
use crate::certificate::testing::{Authority, Issued};
use crate::certificate::{Authorities, Chain};
use crate::engine::transport::{Connect as _, Request, Response, TransportError, TransportFault};
use crate::program::Target;
use crate::program::route::{Proxy, Trust};

/// Longer than anything in a test takes.
const LONG: Duration = Duration::from_secs(20);

/// A target with nothing but a URL, and much patience.
pub fn target(url: &str) -> Target {
    Target { timeout: LONG, connect_timeout: LONG, ..Target::plain("hss", url) }
}

/// A request without a body.
pub fn get(url: &str) -> Request {
    Request {
        method: "GET".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Bytes::new(),
        timeout: LONG,
    }
}

/// The same network, where every name leads to this machine.
pub fn at_home(network: Network) -> Network {
    network.with_look_up(Arc::new(|_| Ok(vec![[127, 0, 0, 1].into()])))
}

pub async fn ask(target: &Target) -> Result<Response, TransportError> {
    ask_by(Network::new(), target).await
}

pub async fn ask_by(network: Network, target: &Target) -> Result<Response, TransportError> {
    let transport = at_home(network).connect(target).unwrap();
    transport.send(&get(&format!("{}/?key=secret", target.url))).await
}

/// What an exchange failed by, and what is told of it, which may not hold what nobody is to see.
pub fn fault(result: Result<Response, TransportError>) -> (TransportFault, String) {
    let error = result.expect_err("must fail");
    for secret in ["secret", "user", "password", "?"] {
        assert!(!error.message.contains(secret), "{} shows {secret}", error.message);
    }
    (error.fault, error.message)
}

impl Target {
    /// That trusts this authority alone.
    pub(super) fn trusting(mut self, authority: &Authority) -> Self {
        self.route.trust = Trust::Only(Authorities::read(&authority.pem).unwrap().into_der());
        self
    }

    /// That trusts it besides those that the system trusts.
    pub(super) fn trusting_also(mut self, authority: &Authority) -> Self {
        let authorities = Authorities::read(&authority.pem).unwrap().into_der();
        self.route.trust = Trust::SystemAnd(authorities);
        self
    }

    /// That is shown this certificate.
    pub(super) fn shown(mut self, issued: &Issued) -> Self {
        let chain = Chain::read(&issued.certificate).unwrap();
        self.route.identity = Some(Arc::new(chain.with_key(&issued.key).unwrap()));
        self
    }

    /// That is reached by this proxy.
    pub(super) fn by(mut self, url: &str, credentials: Option<(&str, &str)>) -> Self {
        let url = url::Url::parse(url).unwrap();
        let credentials = credentials.map(|(one, other)| (one.to_owned(), other.to_owned()));
        self.route.proxy = Some(Arc::new(Proxy { url, credentials }));
        self
    }
}

/// How a server does TLS.
pub struct Tls<'t> {
    pub shows: &'t Issued,
    pub versions: &'t [&'static SupportedProtocolVersion],
    pub protocols: &'t [&'t str],
    /// Whose clients it lets in, if it wants to know who calls.
    pub clients: Option<&'t Authority>,
    /// With how many connections it does so: it leaves later ones waiting.
    pub handshakes: usize,
}

impl<'t> Tls<'t> {
    pub fn showing(shows: &'t Issued) -> Self {
        Self {
            shows,
            versions: rustls::ALL_VERSIONS,
            protocols: &["h2", "http/1.1"],
            clients: None,
            handshakes: usize::MAX,
        }
    }

    fn config(&self) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(self.versions).unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots
                    .add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap())
                    .unwrap();
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = CertificateDer::pem_slice_iter(self.shows.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(self.shows.key.as_bytes()).unwrap();
        let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = self.protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
        config
    }
}

/// What a server does with a connection over which HTTP/2 is spoken.
#[derive(Debug, Clone, Copy)]
pub enum Http2 {
    Answer,
    /// Refuses that many streams of the server before it answers one.
    Refuse(usize),
    /// Says that it goes away, having begun with nothing, for that reason; another connection is
    /// answered if the reason is none.
    GoAway(u32),
    /// Answers once, and then is as good as dead.
    FallSilent,
    /// Answers with that status.
    Say(u16),
    /// Answers with a header of so many bytes.
    Large(usize),
    /// Begins an answer, and then says that it refuses the stream.
    RefuseLate,
}

/// A server that tells in its answers how it was asked.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    ended: watch::Receiver<usize>,
}

impl Server {
    pub async fn start(tls: &Tls<'_>) -> Self {
        Self::that(tls, Http2::Answer).await
    }

    pub async fn that(tls: &Tls<'_>, http2: Http2) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls.config()));
        let (connections, requests) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (count, asked) = (Arc::clone(&connections), Arc::clone(&requests));
        let (end, ended) = watch::channel(0);
        let (handshakes, end) = (tls.handshakes, Arc::new(end));
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = count.fetch_add(1, Ordering::SeqCst);
                if number >= handshakes {
                    waiting.push(stream);
                    continue;
                }
                let (acceptor, asked) = (acceptor.clone(), Arc::clone(&asked));
                let end = Arc::clone(&end);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    match stream.get_ref().1.alpn_protocol() {
                        Some(b"h2") => serve_http2(stream, http2, number, &asked).await,
                        _ => serve_http1(stream, &asked).await,
                    }
                    end.send_modify(|count| *count += 1);
                });
            }
        });
        Self { address, connections, requests, ended }
    }

    /// Under a name that it may or may not have a certificate for.
    pub fn target(&self, name: &str) -> Target {
        target(&format!("https://{name}:{}", self.address.port()))
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Requests that came, refused ones included.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Waits until so many connections have come and gone.
    pub async fn sees_the_end_of(&self, connections: usize) {
        let mut ended = self.ended.clone();
        let ended = ended.wait_for(|count| *count >= connections);
        tokio::time::timeout(LONG, ended).await.unwrap().unwrap();
    }
}

/// `TLSv1_3, a certificate`.
fn told(stream: &TlsStream<TcpStream>) -> String {
    let (_, session) = stream.get_ref();
    let version = session.protocol_version().unwrap();
    let shown = if session.peer_certificates().is_some() { "a" } else { "no" };
    format!("{version:?}, {shown} certificate")
}

async fn serve_http1(mut stream: TlsStream<TcpStream>, asked: &AtomicUsize) {
    while read_head(&mut stream).await.is_some() {
        asked.fetch_add(1, Ordering::SeqCst);
        let body = format!("HTTP/1.1 over {}", told(&stream));
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn serve_http2(
    mut stream: TlsStream<TcpStream>,
    act: Http2,
    number: usize,
    asked: &AtomicUsize,
) {
    let body = format!("HTTP/2 over {}", told(&stream));
    if let Http2::GoAway(reason) = act
        && (number == 0 || reason != 0)
    {
        let mut frame = vec![0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        frame.extend_from_slice(&reason.to_be_bytes());
        return answer_in_frames(&mut stream, &frame).await;
    }
    if let Http2::RefuseLate = act {
        // Status 200 (RFC 7541, appendix A), a part of a body, and REFUSED_STREAM.
        let head = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
        let part = [0, 0, 4, 0, 0, 0, 0, 0, 1, b'h', b'a', b'l', b'f'];
        let refusal = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7];
        return answer_in_frames(&mut stream, &[&head[..], &part, &refusal].concat()).await;
    }
    let mut connection = h2::server::handshake(stream).await.unwrap();
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        let before = asked.fetch_add(1, Ordering::SeqCst);
        match act {
            Http2::Refuse(most) if before < most => {
                respond.send_reset(h2::Reason::REFUSED_STREAM);
            }
            Http2::FallSilent if number == 0 && before > 0 => std::future::pending().await,
            Http2::Large(bytes) => {
                let head = hyper::Response::builder().header("x-large", "x".repeat(bytes));
                respond.send_response(head.body(()).unwrap(), true).unwrap();
            }
            _ => {
                let status = if let Http2::Say(status) = act { status } else { 200 };
                let head = hyper::Response::builder().status(status).body(()).unwrap();
                let mut sending = respond.send_response(head, false).unwrap();
                sending.send_data(Bytes::from(body.clone()), true).unwrap();
            }
        }
    }
}

/// Reads what begins a connection up to the first request, and answers it (RFC 9113, section 6).
async fn answer_in_frames(stream: &mut TlsStream<TcpStream>, frames: &[u8]) {
    let mut begin = vec![0; 1024];
    // Settings are sent before anything is read, so that the client's request comes.
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let mut seen = Vec::new();
    // A frame of headers (type 1) on stream 1 that ends headers and stream.
    while !seen.windows(6).any(|it| it == [1, 5, 0, 0, 0, 1]) {
        match stream.read(&mut begin).await {
            Ok(read) if read > 0 => seen.extend_from_slice(&begin[..read]),
            _ => return,
        }
    }
    stream.write_all(frames).await.unwrap();
    let _ = stream.read(&mut begin).await;
}

/// What a proxy does when it is asked to connect.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Connects to this machine, whatever name is wanted.
    Connect,
    Answer(&'static str),
    Close,
}

/// An HTTP proxy.
pub struct FakeProxy {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FakeProxy {
    pub async fn that(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(stream, act, Arc::clone(&seen)));
            }
        });
        Self { address, heads }
    }

    pub fn url(&self) -> String {
        format!("http://proxy.test:{}", self.address.port())
    }

    /// The heads of all requests that it was sent itself.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn pass_on(mut stream: TcpStream, act: Act, seen: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_head(&mut stream).await {
        let port =
            head.split([' ', '/']).find_map(|part| part.rsplit_once(':')?.1.parse::<u16>().ok());
        let is_connect = head.starts_with("CONNECT ");
        seen.lock().unwrap().push(head);
        match act {
            Act::Connect if is_connect => {
                let mut there = TcpStream::connect(("127.0.0.1", port.unwrap())).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut there).await;
                return;
            }
            Act::Connect => {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nby proxy";
                stream.write_all(answer).await.unwrap();
            }
            Act::Answer(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Act::Close => return,
        }
    }
}

async fn read_head(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        text.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(text).ok()
}
