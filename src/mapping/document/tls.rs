//! `tls` of a target: whom to trust, and who we are.

use serde_json::json;

use super::decode::{Text, document};

document! {
    /// TLS (mutual TLS, where there is a client certificate). Nothing turns off that a target has to
    /// prove who it is.
    #[schema(
        title("TLS"),
        examples([json!({
            "ca_file": "/etc/nsps/hss-ca.pem",
            "cert_file": "/etc/nsps/nsps.pem",
            "key_file": "/run/secrets/nsps-key.pem",
        })]),
        needs("cert_file", "key_file"),
        needs("key_file", "cert_file"),
        keyword("minProperties", 1),
    )]
    Tls is "`tls`" {
        /// The file with the certificates of those who may have issued the target's own, in PEM form.
        /// Only these are trusted then, and not those that the system trusts.
        #[schema(examples(["/etc/nsps/hss-ca.pem", "${HSS_CA_FILE}"]))]
        optional ca_file: Text,
        /// The file with our own certificate, for targets that want to know who calls, in PEM form:
        /// first our own, then those of its issuers. With `key_file`.
        #[schema(examples(["/etc/nsps/nsps.pem", "${HSS_CERT_FILE}"]))]
        optional cert_file: Text,
        /// The file with the private key of our certificate, unencrypted, in PEM form. With `cert_file`.
        #[schema(examples(["/run/secrets/nsps-key.pem", "${HSS_KEY_FILE}"]))]
        optional key_file: Text,
    }
}
