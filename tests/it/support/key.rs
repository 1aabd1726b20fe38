//! Keys for tests, others each time.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A private key and its public one in PEM form.
pub struct Pem {
    pub private: String,
    pub public: String,
}

impl Pem {
    /// An RSA key of 2048 bits.
    pub fn rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        Self::of(private.as_ref(), public.as_ref())
    }

    /// A key on the curve P-256.
    pub fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = pair.to_pkcs8v1().unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        Self::of(private.as_ref(), public.as_ref())
    }

    fn of(private: &[u8], public: &[u8]) -> Self {
        let pem = |label: &str, der: &[u8]| {
            let text = STANDARD.encode(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
        };
        Self { private: pem("PRIVATE KEY", private), public: pem("PUBLIC KEY", public) }
    }
}

/// An RSA key of 2048 bits in PEM form.
pub fn rsa_pem() -> String {
    Pem::rsa().private
}
