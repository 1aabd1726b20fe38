//! Files that are of use for TLS, and those that are not.

use proptest::prelude::*;

use super::testing::{Authority, expired, of_the_future};
use super::*;

fn chain_fault(text: &str) -> CertificateFault {
    Chain::read(text).err().expect("must not be read")
}

fn key_fault(key: &str) -> CertificateFault {
    let issued = Authority::new("one").client("nsps");
    let chain = Chain::read(&issued.certificate).unwrap();
    chain.with_key(key).expect_err("must not be read")
}

#[test]
fn a_certificate_and_its_key_are_read_with_all_that_is_between_them_and_the_authority() {
    let (root, between) = (Authority::new("root"), Authority::new("between"));
    let issued = between.client("nsps");
    let text = format!("who it is\n{}noise\n{}{}", issued.certificate, between.pem, root.pem);
    let identity = Chain::read(&text).unwrap().with_key(&issued.key).unwrap();
    assert_eq!(identity.pem.matches("BEGIN CERTIFICATE").count(), 3);
    assert_eq!(identity.pem.matches("PRIVATE KEY").count(), 2);
}

#[test]
fn keys_of_every_usual_kind_are_taken() {
    let authority = Authority::new("one");
    for kind in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let issued = authority.client_with(kind);
        let identity = Chain::read(&issued.certificate).unwrap().with_key(&issued.key);
        assert!(identity.is_ok(), "{kind:?}: {:?}", identity.err());
    }
}

#[test]
fn one_file_may_hold_both() {
    let issued = Authority::new("one").client("nsps");
    let both = format!("{}{}", issued.key, issued.certificate).replace('\n', "\r\n");
    Chain::read(&both).unwrap().with_key(&both).unwrap();
}

#[test]
fn authorities_are_all_that_a_file_holds() {
    let (one, other) = (Authority::new("one"), Authority::with("other", expired));
    let authorities = Authorities::read(&format!("{}{}", one.pem, other.pem)).unwrap();
    let ends: Vec<i16> =
        authorities.validities().iter().map(|it| it.ends.to_zoned(TimeZone::UTC).year()).collect();
    assert_eq!(ends, [4096, 2021]);
    assert_eq!(authorities.into_der().len(), 2);
}

#[test]
fn what_is_no_certificate_is_told_from_what_is_a_broken_one() {
    let issued = Authority::new("one").client("nsps");
    let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, fault) in [
        ("", CertificateFault::NoCertificate),
        ("a text", CertificateFault::NoCertificate),
        (&issued.key, CertificateFault::KeyInstead),
        (junk, CertificateFault::BadCertificate(1)),
        (&format!("{}{junk}", issued.certificate), CertificateFault::BadCertificate(2)),
        ("-----BEGIN CERTIFICATE-----\n!\n", CertificateFault::BadCertificate(1)),
    ] {
        assert_eq!(chain_fault(text), fault, "{text}");
        assert_eq!(Authorities::read(text).err(), Some(fault), "{text}");
    }
}

#[test]
fn what_is_no_key_of_ours_is_told_apart() {
    let another = Authority::new("another").client("nsps");
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----";
    let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let junk = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (text, fault) in [
        ("", CertificateFault::NoKey),
        (&*another.certificate, CertificateFault::CertificateInstead),
        (encrypted, CertificateFault::Encrypted),
        (old, CertificateFault::Encrypted),
        (public, CertificateFault::Public),
        (junk, CertificateFault::UnusableKey),
        (&*another.key, CertificateFault::Mismatch),
    ] {
        assert_eq!(key_fault(text), fault, "{text}");
    }
}

#[test]
fn a_certificate_tells_when_it_is_valid() {
    let authority = Authority::new("one");
    let validity = |issued: &testing::Issued| {
        let validity = Chain::read(&issued.certificate).unwrap().validity().unwrap();
        (validity.begins.to_string(), validity.ends.to_string())
    };
    let old = validity(&authority.issues(&["hss.test"], expired));
    assert_eq!(old, ("2020-01-01T00:00:00Z".to_owned(), "2021-01-01T00:00:00Z".to_owned()));
    // From the year 2050 on times are written in another form.
    let far = validity(&authority.issues(&["hss.test"], of_the_future));
    assert_eq!(far, ("2500-01-01T00:00:00Z".to_owned(), "2501-01-01T00:00:00Z".to_owned()));
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd_to_be_looked_at(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        Validity::of(&bytes);
        let text = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&bytes));
        let _ = Chain::read(&text);
        let _ = Authorities::read(&text);
    }

    #[test]
    fn a_certificate_with_a_byte_changed_or_cut_off_is_read_or_refused(at in 0_usize..400, byte: u8, cut: bool) {
        static DER: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let issued = Authority::new("one").client("nsps");
            certificates(&issued.certificate).unwrap()[0].as_ref().to_vec()
        });
        let mut der = DER.clone();
        let at = at % der.len();
        if cut { der.truncate(at) } else { der[at] = byte }
        Validity::of(&der);
    }
}
