//! TLS below HTTP: the certificate that is shown, the handshake, and which HTTP comes after it.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_service::boxed::rc_service;
use actix_web::dev::{ServiceFactory, fn_factory, fn_service};
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::gate::LINGER;
use super::http2;
use super::listen::Door;
use crate::certificate::ServerIdentity;
use crate::fields;

/// Names of what may be spoken above TLS (RFC 7301), what we like best first.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];
const HTTP2: &[u8] = b"h2";

/// With this begins whatever a client sends that wants a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// Said to who speaks HTTP without TLS, instead of an alert that no HTTP client understands.
const NOT_HERE: &str = r#"{"message":"This port takes HTTPS only","error":"the request came without TLS; its URL should begin with https://","type":"VALIDATION_ERROR"}"#;

/// The certificate that clients are shown; replaceable while the server runs.
pub struct Shown(ArcSwap<CertifiedKey>);

impl Shown {
    pub fn new(identity: ServerIdentity) -> Arc<Self> {
        Arc::new(Self(ArcSwap::new(identity.into_key())))
    }

    /// From the next handshake on, this one is shown. Open connections go on as they are.
    pub fn replace(&self, identity: ServerIdentity) {
        self.0.store(identity.into_key());
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a certificate and its key")
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// TLS 1.2 and 1.3.
pub(super) fn acceptor(shown: &Arc<Shown>) -> io::Result<TlsAcceptor> {
    let resolver = Arc::clone(shown) as Arc<dyn ResolvesServerCert>;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config =
        config.map_err(io::Error::other)?.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config).into())
}

/// Serves sockets that TLS is to be spoken on.
pub(super) fn factory(
    door: &Door,
    acceptor: &TlsAcceptor,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()> + use<>
{
    let (door, acceptor) = (door.clone(), acceptor.clone());
    fn_factory(move || {
        let (door, acceptor) = (door.clone(), acceptor.clone());
        async move {
            let http1 = Rc::new(door.http1::<TlsStream<TcpStream>>().await?);
            let http2 = rc_service(door.surface().new_service(()).await?);
            Ok(fn_service(move |socket: TcpStream| {
                let (door, acceptor) = (door.clone(), acceptor.clone());
                let (http1, http2) = (Rc::clone(&http1), Rc::clone(&http2));
                // A connection holds room for the largest part of its way up to its end, and actix
                // for all of it twice.
                Box::pin(async move {
                    let peer = socket.peer_addr().ok();
                    // Answers are written in one go.
                    let _ = socket.set_nodelay(true);
                    let shaken = Box::pin(shake_hands(&door, &acceptor, socket, peer)).await;
                    let Some(stream) = shaken else { return Ok(()) };
                    if stream.get_ref().1.alpn_protocol() == Some(HTTP2) {
                        Box::pin(http2::serve(&door, http2, stream, peer)).await;
                        return Ok(());
                    }
                    let connection = door.connections.opened(stream.get_ref().0);
                    http1.serve(stream, peer, connection).await;
                    Ok(())
                })
            }))
        }
    })
}

/// `None` if the client does not want to, or takes too long.
async fn shake_hands(
    door: &Door,
    acceptor: &TlsAcceptor,
    socket: TcpStream,
    peer: Option<SocketAddr>,
) -> Option<TlsStream<TcpStream>> {
    let fault = match door.greeting(handshake(acceptor, socket)).await {
        Some(Ok(stream)) => return Some(stream),
        Some(Err(fault)) => fault.to_string(),
        None => "it was not over in time".to_owned(),
    };
    // Whoever looks for open doors would fill the log.
    let fields = fields! { "error" => fault, "peer" => peer.map(|peer| peer.ip().to_string()) };
    door.gate.parts.log.debug("ingress", "no TLS handshake", fields);
    None
}

async fn handshake(acceptor: &TlsAcceptor, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let mut first = [0];
    if socket.peek(&mut first).await? == 1 && first[0] != HANDSHAKE && first[0].is_ascii_uppercase()
    {
        send_away(socket).await?;
        return Err(io::Error::other("the client speaks HTTP without TLS"));
    }
    acceptor.accept(socket).await
}

/// Tells a client that speaks plain HTTP. What it sent is read for a while: with it unread, closing
/// could overtake the answer.
async fn send_away(mut socket: TcpStream) -> io::Result<()> {
    let length = NOT_HERE.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{NOT_HERE}"
    );
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await?;
    let rest = async { while socket.read(&mut [0; 1024]).await.is_ok_and(|read| read > 0) {} };
    let _ = timeout(LINGER, rest).await;
    Ok(())
}
