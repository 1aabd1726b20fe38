//! What is wrong with the files of HTTPS, in words.

use std::path::Path;

use super::*;
use crate::certificate::testing::{Authority, Issued};

fn named(setting: &'static str, path: &Path) -> Option<NamedFile> {
    Some(NamedFile { setting, path: path.display().to_string() })
}

/// Of two files with these texts.
fn load(certificate: &str, key: &str) -> Result<ServerIdentity, String> {
    let directory = tempfile::tempdir().unwrap();
    let [cert_path, key_path] = ["cert.pem", "key.pem"].map(|name| directory.path().join(name));
    std::fs::write(&cert_path, certificate).unwrap();
    std::fs::write(&key_path, key).unwrap();
    let files = TlsFiles::of(named("TLS_CERT", &cert_path), named("--tls-key", &key_path));
    files.unwrap().unwrap().load().map_err(|fault| fault.to_string())
}

#[test]
fn a_pair_in_two_files_or_in_one_is_good_and_what_does_not_go_together_is_told() {
    let authority = Authority::new("ours");
    let [Issued { certificate, key }, other] = ["localhost"; 2].map(|name| authority.server(name));
    let both = format!("{key}{certificate}{}", authority.pem);
    assert!(load(&certificate, &key).is_ok());
    assert!(load(&both, &both).unwrap().validity.is_some());

    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----";
    let of_other_first = format!("{}{certificate}", authority.pem);
    for (certificate, key, setting, problem) in [
        (
            "",
            &*key,
            "TLS_CERT",
            "there is no certificate in PEM form in it; expected a file in PEM",
        ),
        (
            &key,
            &certificate,
            "TLS_CERT",
            "it holds a private key, and no certificate: perhaps TLS_CERT",
        ),
        (
            &certificate,
            &certificate,
            "--tls-key",
            "it holds a certificate, and no private key: perhaps",
        ),
        (
            &certificate,
            encrypted,
            "--tls-key",
            "the private key in it is encrypted; expected a file",
        ),
        (&certificate, "?", "--tls-key", "there is no private key in PEM form in it"),
        (
            &certificate,
            &other.key,
            "--tls-key",
            "the key in it does not belong to the first certificate",
        ),
        (
            &of_other_first,
            &key,
            "--tls-key",
            "the key in it does not belong to the first certificate",
        ),
    ] {
        let told = load(certificate, key).unwrap_err();
        let (place, rest) = told.split_once(" is \"").unwrap();
        assert_eq!(place, setting, "{told}");
        assert!(rest.split_once("\": ").unwrap().1.starts_with(problem), "{told}");
    }
}

#[test]
fn one_file_alone_or_one_that_is_not_there_is_told() {
    let nowhere = Path::new("/nowhere/cert.pem");
    let alone = TlsFiles::of(named("--tls-cert", nowhere), None).unwrap_err().to_string();
    let expected =
        "--tls-cert is \"/nowhere/cert.pem\": it is of no use without TLS_KEY; expected both";
    assert!(alone.starts_with(expected), "{alone}");
    let alone = TlsFiles::of(None, named("TLS_KEY", nowhere)).unwrap_err().to_string();
    assert!(alone.contains("it is of no use without TLS_CERT"), "{alone}");
    assert_eq!(TlsFiles::of(None, None), Ok(None));

    let files = TlsFiles::of(named("TLS_CERT", nowhere), named("TLS_KEY", nowhere));
    let missing = files.unwrap().unwrap().load().unwrap_err().to_string();
    assert!(missing.contains("the file cannot be read: No such file"), "{missing}");
}

#[test]
fn a_key_in_the_place_of_its_path_is_never_repeated() {
    let issued = Authority::new("ours").server("localhost");
    let key = NamedFile { setting: "TLS_KEY", path: issued.key.clone() };
    let alone = TlsFiles::of(None, Some(key.clone())).unwrap_err().to_string();
    let certificate = NamedFile { setting: "TLS_CERT", path: issued.key.clone() };
    let both = TlsFiles::of(Some(certificate), Some(key)).unwrap().unwrap();
    let told = both.load().unwrap_err().to_string();
    assert!(told.contains("it is where a file is, and not what stands in it"), "{told}");
    for text in [alone, told] {
        assert!(!text.contains("BEGIN"), "{text}");
    }
}
