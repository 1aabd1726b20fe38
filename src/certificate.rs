//! Certificates for TLS (RFC 5280), as files hold them: which authorities to trust, and who we are.
//! What is read here is what a handshake can do something with.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::program::route::Identity;

/// Why a file is of no use for TLS; it repeats nothing of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    #[error("there is no certificate in PEM form in it")]
    NoCertificate,
    #[error("it holds a private key, and no certificate")]
    KeyInstead,
    #[error("its certificate number {0} cannot be read")]
    BadCertificate(usize),
    #[error("there is no private key in PEM form in it")]
    NoKey,
    #[error("it holds a certificate, and no private key")]
    CertificateInstead,
    #[error("the private key in it is encrypted")]
    Encrypted,
    #[error("the key in it is not a private one")]
    Public,
    #[error("the private key in it is of a kind that TLS has no use for here")]
    UnusableKey,
    #[error("the key in it does not belong to the first certificate of the certificate file")]
    Mismatch,
}

/// A certificate of our own with those of its issuers, in DER form; at least one.
pub struct Chain(Vec<CertificateDer<'static>>);

/// What a server shows, and proves to be.
#[derive(Debug, Clone)]
pub struct ServerIdentity {
    key: Arc<CertifiedKey>,
    /// If the certificate says so in a form that is known.
    pub validity: Option<Validity>,
}

impl ServerIdentity {
    pub fn into_key(self) -> Arc<CertifiedKey> {
        self.key
    }
}

/// From when until when a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub begins: Timestamp,
    pub ends: Timestamp,
}

/// Those who may have issued a target's certificate; at least one.
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// All certificates of a PEM text.
    pub fn read(text: &str) -> Result<Self, CertificateFault> {
        let certificates = certificates(text)?;
        let mut store = RootCertStore::empty();
        for (at, certificate) in certificates.iter().enumerate() {
            let added = store.add(certificate.clone());
            added.map_err(|_| CertificateFault::BadCertificate(at + 1))?;
        }
        Ok(Self(certificates))
    }

    /// When each is valid that says so in a form that is known.
    pub fn validities(&self) -> Vec<Validity> {
        self.0.iter().filter_map(|certificate| Validity::of(certificate)).collect()
    }

    /// Each in DER form.
    pub fn into_der(self) -> Arc<[Vec<u8>]> {
        self.0.into_iter().map(|certificate| certificate.as_ref().to_vec()).collect()
    }
}

impl Chain {
    /// The certificates of a PEM text: our own first, then those of its issuers.
    pub fn read(text: &str) -> Result<Self, CertificateFault> {
        let certificates = certificates(text)?;
        for (at, certificate) in certificates.iter().enumerate() {
            let parsed = rustls::server::ParsedCertificate::try_from(certificate);
            parsed.map_err(|_| CertificateFault::BadCertificate(at + 1))?;
        }
        Ok(Self(certificates))
    }

    /// With the private key of a PEM text, which has to be that of our own certificate.
    pub fn with_key(&self, text: &str) -> Result<Identity, CertificateFault> {
        let key = private_key(text)?;
        let (label, der) = match &key {
            PrivateKeyDer::Pkcs8(key) => ("PRIVATE KEY", key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => ("RSA PRIVATE KEY", key.secret_pkcs1_der()),
            PrivateKeyDer::Sec1(key) => ("EC PRIVATE KEY", key.secret_sec1_der()),
            _ => return Err(CertificateFault::UnusableKey),
        };
        let mut pem = String::new();
        self.0.iter().for_each(|certificate| append(&mut pem, "CERTIFICATE", certificate));
        append(&mut pem, label, der);
        self.certified(key.clone_key())?;
        Ok(Identity { pem: pem.into() })
    }

    /// The same for a server.
    pub fn for_server(&self, text: &str) -> Result<ServerIdentity, CertificateFault> {
        let key = self.certified(private_key(text)?)?;
        Ok(ServerIdentity { key: Arc::new(key), validity: self.validity() })
    }

    fn certified(&self, key: PrivateKeyDer<'static>) -> Result<CertifiedKey, CertificateFault> {
        CertifiedKey::from_der(self.0.clone(), key, &provider()).map_err(|fault| match fault {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                CertificateFault::Mismatch
            }
            _ => CertificateFault::UnusableKey,
        })
    }

    /// When our own certificate is valid, if it says so in a form that is known.
    pub fn validity(&self) -> Option<Validity> {
        self.0.first().and_then(|certificate| Validity::of(certificate))
    }
}

fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// All certificates of a PEM text (RFC 7468).
fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let number = certificates.len() + 1;
        certificates.push(certificate.map_err(|_| CertificateFault::BadCertificate(number))?);
    }
    match certificates.is_empty() {
        true if text.contains("PRIVATE KEY-----") => Err(CertificateFault::KeyInstead),
        true => Err(CertificateFault::NoCertificate),
        false => Ok(certificates),
    }
}

/// The first private key of a PEM text.
fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, CertificateFault> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
        let holds = |label: &str| text.contains(&format!("-----BEGIN {label}"));
        if holds("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            CertificateFault::Encrypted
        } else if holds("CERTIFICATE") {
            CertificateFault::CertificateInstead
        } else if holds("PUBLIC KEY") || holds("RSA PUBLIC KEY") {
            CertificateFault::Public
        } else {
            CertificateFault::NoKey
        }
    })
}

/// Adds a section in PEM form.
fn append(pem: &mut String, label: &str, der: &[u8]) {
    let encoded = STANDARD.encode(der);
    // Writing to a text does not fail.
    let _ = writeln!(pem, "-----BEGIN {label}-----\n{encoded}\n-----END {label}-----");
}

impl Validity {
    /// What is to be said of a certificate at this time, if it is not valid then.
    pub fn fault_at(self, now: Timestamp) -> Option<String> {
        let Self { begins, ends } = self;
        match () {
            () if ends < now => Some(format!("expired on {ends}")),
            () if begins > now => Some(format!("is not valid before {begins}")),
            () => None,
        }
    }

    /// What a certificate in DER form says (RFC 5280, section 4.1.2.5); `None` where it is not one.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let (SEQUENCE, certificate, _) = element(certificate)? else { return None };
        let (SEQUENCE, mut fields, _) = element(certificate)? else { return None };
        if let (VERSION, _, rest) = element(fields)? {
            fields = rest;
        }
        // Serial number, algorithm of the signature, issuer.
        for _ in 0..3 {
            (_, _, fields) = element(fields)?;
        }
        let (SEQUENCE, validity, _) = element(fields)? else { return None };
        let (begins, rest) = time(validity)?;
        let (ends, _) = time(rest)?;
        Some(Self { begins, ends })
    }
}

const SEQUENCE: u8 = 0x30;
/// `[0]`, which a certificate of version 1 lacks.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// An element in DER (X.690): its tag, its content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, of the years 1950 to 2049, or `YYYYMMDDHHMMSSZ`, and what follows.
fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, content, rest) = element(der)?;
    let text = std::str::from_utf8(content).ok()?;
    let (year, text) = match tag {
        UTC_TIME => {
            let year: i16 = text.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
        }
        GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
        _ => return None,
    };
    let part = |at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let at = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    Some((at.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
