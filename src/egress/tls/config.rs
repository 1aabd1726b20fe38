//! Whom a client trusts, and what it shows where a target wants to know who calls.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::program::route::{Identity, Trust};

/// What is spoken above TLS, in the order of our preference (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How a client does TLS. It fails where there are no authorities to trust, above all in an image
/// without CA certificates.
pub(in crate::egress) fn config(
    trust: &Trust,
    identity: Option<&Identity>,
) -> Result<ClientConfig, Error> {
    let provider = CryptoProvider::get_default().cloned();
    let ours = || Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let provider = provider.unwrap_or_else(ours);
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions()?;
    let builder = match trust {
        Trust::Only(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(authorities) {
                roots.add(authority)?;
            }
            builder.with_root_certificates(roots)
        }
        Trust::System => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier::new(provider)?))
        }
        Trust::SystemAnd(authorities) => {
            let all = Verifier::new_with_extra_roots(certificates(authorities), provider)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(all))
        }
        Trust::Anyone => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Nobody(provider)))
        }
    };
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let pem = identity.pem.as_bytes();
            let unreadable = |_| Error::General("the client certificate cannot be read".to_owned());
            let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
            let key = PrivateKeyDer::from_pem_slice(pem).map_err(unreadable)?;
            builder.with_client_auth_cert(chain.map_err(unreadable)?, key)?
        }
    };
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

fn certificates(authorities: &[Vec<u8>]) -> impl Iterator<Item = CertificateDer<'static>> {
    authorities.iter().map(|der| CertificateDer::from(der.clone()))
}

/// Asks nothing of a certificate: for [`Trust::Anyone`], to whom nothing is told.
#[derive(Debug)]
struct Nobody(Arc<CryptoProvider>);

impl ServerCertVerifier for Nobody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
