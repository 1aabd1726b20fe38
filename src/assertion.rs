//! Signed assertions (RFC 7523): JSON Web Tokens by which a log-in proves who it is. The only place
//! that names the cryptographic library.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Map, Value, json};

/// How an assertion is signed (RFC 7518, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es256,
    Hs256,
}

impl Algorithm {
    pub const NAMES: [(&'static str, Self); 3] =
        [("RS256", Self::Rs256), ("ES256", Self::Es256), ("HS256", Self::Hs256)];

    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Hs256 => "HS256",
        }
    }
}

/// A key that fits its algorithm.
pub struct SigningKey {
    algorithm: Algorithm,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    Hmac(Box<hmac::Key>),
}

/// Nothing of the key itself.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm.name())
    }
}

/// Why a text is no key for an algorithm; it repeats nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    #[error("there is no private key in PEM form in it")]
    NoKey,
    #[error("the private key in it is encrypted")]
    Encrypted,
    #[error("the key in it is not a private one")]
    Public,
    #[error("RS256 takes an RSA key of 2048 to 8192 bits")]
    NotRsa,
    #[error("ES256 takes an EC key on the curve P-256")]
    NotP256,
    #[error("HS256 takes a text that both sides know, of 32 bytes or more")]
    NotShared,
}

/// The library could not sign: the machine has no randomness, say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the assertion cannot be signed")]
pub struct SigningFault;

/// Shortest key for HS256, in bytes (RFC 7518, section 3.2).
const SHORTEST_SHARED: usize = 32;

/// What an assertion says, and the key that signs it.
#[derive(Debug)]
pub struct Assertion {
    pub issuer: Arc<str>,
    pub subject: Arc<str>,
    pub audience: Arc<str>,
    /// Asked for in the assertion itself by some; others do not mind.
    pub scope: Option<Arc<str>>,
    /// Which of the issuer's keys it is, where several are known.
    pub key_id: Option<Arc<str>>,
    pub key: SigningKey,
}

/// How long an assertion is good for: long enough for clocks that differ a little and for tries of one
/// log-in, and no longer than the strictest of the servers that are known takes.
const LIFE: i64 = 180;

impl Assertion {
    /// The assertion in its compact form (RFC 7515, section 3.1), good from `now` for 3 minutes. `id`
    /// is another one each time.
    pub fn sign(&self, now: Timestamp, id: &str) -> Result<String, SigningFault> {
        let mut header = json!({ "alg": self.key.algorithm.name(), "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            header["kid"] = (&**key_id).into();
        }
        let issued = now.as_second();
        let mut claims = Map::new();
        claims.insert("iss".to_owned(), (&*self.issuer).into());
        claims.insert("sub".to_owned(), (&*self.subject).into());
        claims.insert("aud".to_owned(), (&*self.audience).into());
        claims.insert("iat".to_owned(), issued.into());
        claims.insert("exp".to_owned(), issued.saturating_add(LIFE).into());
        claims.insert("jti".to_owned(), id.into());
        if let Some(scope) = &self.scope {
            claims.insert("scope".to_owned(), (&**scope).into());
        }
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(Value::Object(claims)));
        let signature = self.key.sign(signed.as_bytes()).ok_or(SigningFault)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl SigningKey {
    /// A private key in PEM form (PKCS #8, PKCS #1 or SEC 1); for HS256 the shared text itself.
    pub fn read(algorithm: Algorithm, text: &str) -> Result<Self, KeyFault> {
        let key = match algorithm {
            Algorithm::Rs256 => Key::Rsa(Box::new(rsa(text)?)),
            Algorithm::Es256 => Key::Ecdsa(Box::new(p256(text)?)),
            Algorithm::Hs256 if text.contains("-----BEGIN ") || text.len() < SHORTEST_SHARED => {
                return Err(KeyFault::NotShared);
            }
            Algorithm::Hs256 => {
                Key::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
            }
        };
        Ok(Self { algorithm, key })
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Key::Ecdsa(key) => {
                Some(key.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
            }
            Key::Hmac(key) => Some(hmac::sign(key, message).as_ref().to_vec()),
        }
    }
}

fn rsa(text: &str) -> Result<RsaKeyPair, KeyFault> {
    let key = match private_key(text)? {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(KeyFault::NotRsa),
    };
    key.map_err(|_| KeyFault::NotRsa)
}

fn p256(text: &str) -> Result<EcdsaKeyPair, KeyFault> {
    let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = match private_key(text)? {
        PrivateKeyDer::Pkcs8(der) => EcdsaKeyPair::from_pkcs8(curve, der.secret_pkcs8_der()),
        PrivateKeyDer::Sec1(der) => {
            EcdsaKeyPair::from_private_key_der(curve, der.secret_sec1_der())
        }
        _ => return Err(KeyFault::NotP256),
    };
    key.map_err(|_| KeyFault::NotP256)
}

/// The first private key of a PEM text (RFC 7468).
fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, KeyFault> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
        let holds = |label: &str| text.contains(&format!("-----BEGIN {label}"));
        if holds("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            KeyFault::Encrypted
        } else if holds("PUBLIC KEY") || holds("RSA PUBLIC KEY") || holds("CERTIFICATE") {
            KeyFault::Public
        } else {
            KeyFault::NoKey
        }
    })
}

#[cfg(test)]
mod tests;
