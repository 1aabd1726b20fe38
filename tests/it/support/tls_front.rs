//! TLS before a fake target: whoever connects has to show a certificate, and whose it was is noted.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::certificates::{Authority, Issued};
use super::target::Target;

/// A door to a target; those who have no certificate of the authority's stay outside.
pub struct TlsFront {
    address: SocketAddr,
    shown: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl TlsFront {
    /// Shows a certificate for `localhost`.
    pub fn before(target: &Target, authority: &Authority) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, behind) = (listener.local_addr().unwrap(), target.address());
        let config = Arc::new(config(&authority.server("localhost"), authority));
        let shown = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let noted = Arc::clone(&shown);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, noted) = (Arc::clone(&config), Arc::clone(&noted));
                thread::spawn(move || pass(stream, config, behind, &noted));
            }
        });
        Self { address, shown }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The certificates of those who came in, one for each connection, in DER form.
    pub fn shown(&self) -> Vec<Vec<u8>> {
        self.shown.lock().unwrap().clone()
    }
}

/// A certificate in PEM form as it is seen by the other side.
pub fn der(issued: &Issued) -> Vec<u8> {
    CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap().to_vec()
}

fn config(shows: &Issued, authority: &Authority) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let chain = vec![CertificateDer::from_pem_slice(shows.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(shows.key.as_bytes()).unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap()
}

/// Both ways until one side is done. The threads end with the test's process.
fn pass(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    behind: SocketAddr,
    noted: &Mutex<Vec<Vec<u8>>>,
) {
    let mut session = ServerConnection::new(config).unwrap();
    while session.is_handshaking() {
        if session.complete_io(&mut stream).is_err() {
            return;
        }
    }
    let certificate = session.peer_certificates().unwrap()[0].to_vec();
    noted.lock().unwrap().push(certificate);
    let mut there = TcpStream::connect(behind).unwrap();
    for side in [&stream, &there] {
        side.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    }
    let mut here = StreamOwned::new(session, stream);
    loop {
        if !moved(&mut here, &mut there) || !moved(&mut there, &mut here) {
            return;
        }
    }
}

/// Whether what there was went over, and more may come.
fn moved(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut bytes = [0; 4096];
    match from.read(&mut bytes) {
        Ok(0) => false,
        Ok(read) => to.write_all(&bytes[..read]).and_then(|()| to.flush()).is_ok(),
        Err(fault) => matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
