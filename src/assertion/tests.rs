//! Assertions are checked as their readers would: decoded, and verified with the public key.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, KeyPair, RSA_PKCS1_2048_8192_SHA256,
    UnparsedPublicKey,
};
use base64::engine::general_purpose::STANDARD;

use super::*;

/// As files have it (RFC 7468).
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).flat_map(std::str::from_utf8).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn p256_pem() -> (String, Vec<u8>) {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let der = der.unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()).unwrap();
    (pem("PRIVATE KEY", der.as_ref()), pair.public_key().as_ref().to_vec())
}

fn rsa_pem() -> (String, Vec<u8>) {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    (pem("PRIVATE KEY", der.as_ref()), pair.public_key().as_ref().to_vec())
}

const SHARED: &str = "a text of thirty-two bytes or more";

fn assertion(algorithm: Algorithm, text: &str) -> Assertion {
    Assertion {
        issuer: "nsps".into(),
        subject: "nsps@hss".into(),
        audience: "https://sso.test/token".into(),
        scope: None,
        key_id: None,
        key: SigningKey::read(algorithm, text).unwrap(),
    }
}

fn signed(assertion: &Assertion) -> (Value, Value, String, Vec<u8>) {
    let text = assertion.sign("2026-01-31T12:00:00Z".parse().unwrap(), "id-1").unwrap();
    let (message, signature) = text.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let value = |part: &str| serde_json::from_slice(&bytes(part)).unwrap();
    (value(header), value(claims), message.to_owned(), bytes(signature))
}

#[test]
fn an_assertion_says_who_asks_whom_and_for_how_long() {
    let plain = assertion(Algorithm::Hs256, SHARED);
    let (header, claims, ..) = signed(&plain);
    assert_eq!(header, json!({ "alg": "HS256", "typ": "JWT" }));
    let expected = json!({
        "iss": "nsps", "sub": "nsps@hss", "aud": "https://sso.test/token",
        "iat": 1_769_860_800, "exp": 1_769_860_980, "jti": "id-1",
    });
    assert_eq!(claims, expected);

    let more = Assertion { scope: Some("read write".into()), key_id: Some("k1".into()), ..plain };
    let (header, claims, ..) = signed(&more);
    assert_eq!((&header["kid"], &claims["scope"]), (&json!("k1"), &json!("read write")));
}

#[test]
fn whoever_has_the_public_key_can_verify_it() {
    let (text, public) = rsa_pem();
    let (_, _, message, signature) = signed(&assertion(Algorithm::Rs256, &text));
    let verifier = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public);
    verifier.verify(message.as_bytes(), &signature).unwrap();
    verifier.verify(b"another message", &signature).unwrap_err();

    let (text, public) = p256_pem();
    let (header, _, message, signature) = signed(&assertion(Algorithm::Es256, &text));
    assert_eq!((&header["alg"], signature.len()), (&json!("ES256"), 64));
    let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &public);
    verifier.verify(message.as_bytes(), &signature).unwrap();

    let (_, _, message, signature) = signed(&assertion(Algorithm::Hs256, SHARED));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SHARED.as_bytes());
    hmac::verify(&key, message.as_bytes(), &signature).unwrap();
}

#[test]
fn a_key_that_does_not_fit_is_told_from_one_that_is_none() {
    use Algorithm::{Es256, Hs256, Rs256};
    let (rsa, _) = rsa_pem();
    let (p256, _) = p256_pem();
    let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new());
    let p384 = pem("PRIVATE KEY", p384.unwrap().as_ref());
    let encrypted = pem("ENCRYPTED PRIVATE KEY", b"secret");
    let public = pem("PUBLIC KEY", b"public");
    for (algorithm, text, fault) in [
        (Rs256, &*p256, KeyFault::NotRsa),
        (Rs256, "", KeyFault::NoKey),
        (Rs256, SHARED, KeyFault::NoKey),
        (Rs256, &encrypted, KeyFault::Encrypted),
        (Es256, &public, KeyFault::Public),
        (Es256, &rsa, KeyFault::NotP256),
        (Es256, &p384, KeyFault::NotP256),
        (Es256, &pem("PRIVATE KEY", b"nonsense"), KeyFault::NotP256),
        (Es256, "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----", KeyFault::NoKey),
        (Hs256, "too short", KeyFault::NotShared),
        (Hs256, &p256, KeyFault::NotShared),
    ] {
        assert_eq!(SigningKey::read(algorithm, text).unwrap_err(), fault, "{algorithm:?}: {text}");
    }
    assert_eq!(format!("{:?}", SigningKey::read(Hs256, SHARED).unwrap()), "SigningKey(HS256)");
}
