//! `tls` to whom to trust and who we are: files are read and understood at load, so that no
//! handshake is the first to find out.

use std::sync::Arc;

use super::super::document::Tls as Written;
use super::super::document::decode::Text;
use super::super::env::NO_TEXT;
use super::Checker;
use crate::certificate::{Authorities, CertificateFault, Chain, Validity};
use crate::program::route::{Files, Identity, Trust};

/// What to do about a file that is of no use.
const PEM: &str =
    "certificates are read in PEM form, which begins with `-----BEGIN CERTIFICATE-----`";

impl Checker<'_, '_> {
    pub(super) fn tls(&mut self, written: &Written) -> Option<(Trust, Option<Arc<Identity>>)> {
        let trust = match &written.ca_file {
            Some(file) => self.trust(file),
            None => Some(Trust::System),
        };
        let identity = match (&written.cert_file, &written.key_file) {
            (Some(certificate), Some(key)) => self.identity_of(certificate, key),
            (None, None) => {
                self.has_some_key(written)?;
                Some(None)
            }
            (Some(text), None) => self.half(written, text, "cert_file", "key_file"),
            (None, Some(text)) => self.half(written, text, "key_file", "cert_file"),
        };
        Some((trust?, identity?.map(Arc::new)))
    }

    /// Where they are, once all of them were read.
    pub(super) fn files(&mut self, written: &Written) -> Files {
        let mut path =
            |file: &Option<Text>| file.as_ref().and_then(|file| self.identity(file)).map(Arc::from);
        Files {
            authorities: path(&written.ca_file),
            certificate: path(&written.cert_file),
            key: path(&written.key_file),
        }
    }

    fn has_some_key(&mut self, written: &Written) -> Option<()> {
        if written.ca_file.is_some() || !written.unreadable.is_empty() {
            return Some(());
        }
        let help = "write e.g. `tls: { ca_file: /etc/nsps/hss-ca.pem }`, or leave it out: without it \
                    whoever the system trusts is trusted";
        self.error("missing-key", written.span, "`tls` says nothing", help);
        None
    }

    /// One of two keys that go together.
    fn half<T>(&mut self, tls: &Written, text: &Text, one: &str, other: &'static str) -> Option<T> {
        if !tls.unreadable.contains(&other) {
            let message = format!("`{one}` is of no use without `{other}`");
            let help = format!("add `{other}`; it may be the same file, if that holds both");
            self.error("missing-key", text.span(), message, &help);
        }
        None
    }

    fn trust(&mut self, file: &Text) -> Option<Trust> {
        let (path, text) = self.pem("ca_file", file)?;
        let Some(text) = text else { return Some(Trust::System) };
        match Authorities::read(&text) {
            Ok(authorities) => {
                for validity in authorities.validities() {
                    self.warn_of_age(file, &path, validity);
                }
                Some(Trust::Only(authorities.into_der()))
            }
            Err(fault) => self.useless_certificate(file, &path, fault),
        }
    }

    /// The outer `None` was reported; the inner one is a stand-in's.
    fn identity_of(&mut self, certificate: &Text, key: &Text) -> Option<Option<Identity>> {
        let texts = (self.pem("cert_file", certificate), self.pem("key_file", key));
        let ((certificate_path, text), (key_path, key_text)) = (texts.0?, texts.1?);
        let chain = match text.as_deref().map(Chain::read) {
            None => None,
            Some(Ok(chain)) => {
                if let Some(validity) = chain.validity() {
                    self.warn_of_age(certificate, &certificate_path, validity);
                }
                Some(chain)
            }
            Some(Err(fault)) => {
                return self.useless_certificate(certificate, &certificate_path, fault);
            }
        };
        let (Some(chain), Some(key_text)) = (chain, key_text) else { return Some(None) };
        match chain.with_key(&key_text) {
            Ok(identity) => Some(Some(identity)),
            Err(fault) => self.useless_key(key, &key_path, fault),
        }
    }

    /// The path of a file that may hold a key. Whoever gives what stands in it instead is not told
    /// their own secret.
    pub(super) fn path_of_pem(&mut self, key: &str, file: &Text) -> Option<String> {
        let path = self.identity(file)?;
        if !path.contains("-----BEGIN ") {
            return Some(path);
        }
        let lines = path.split(['\n', '\r']).map(str::trim);
        lines.filter(|line| !line.is_empty()).for_each(|line| self.env.hide(line));
        let message = format!("`{key}` is where a file is, and not what stands in it");
        let help = "put the text into a file, and write its path, e.g. `/etc/nsps/hss.pem`";
        self.error("bad-certificate", file.span(), message, help);
        None
    }

    /// A file's path and text. The outer `None` was reported; the inner one is a stand-in's.
    fn pem(&mut self, key: &str, file: &Text) -> Option<(String, Option<String>)> {
        let path = self.path_of_pem(key, file)?;
        match self.env.read_for_wire(&path) {
            Ok(text) => {
                // Another certificate is another definition.
                let content = text.as_deref().unwrap_or_default();
                self.extra.push_str(&format!("{key} {} {content}", content.len()));
                Some((path, text))
            }
            Err((code, message, help)) => {
                let help = match message.ends_with(NO_TEXT) {
                    true => {
                        format!("{PEM}; `openssl x509 -in FILE -out FILE.pem` makes it of others")
                    }
                    false => help,
                };
                self.error(code, file.span(), message, &help);
                None
            }
        }
    }

    fn useless_certificate<T>(
        &mut self,
        file: &Text,
        path: &str,
        fault: CertificateFault,
    ) -> Option<T> {
        let help = match fault {
            CertificateFault::KeyInstead => "perhaps `cert_file` and `key_file` are interchanged",
            _ => PEM,
        };
        let message = format!("the file `{path}` is of no use: {fault}");
        self.error("bad-certificate", file.span(), message, help);
        None
    }

    fn useless_key<T>(&mut self, file: &Text, path: &str, fault: CertificateFault) -> Option<T> {
        let help = match fault {
            CertificateFault::CertificateInstead => {
                "perhaps `cert_file` and `key_file` are interchanged"
            }
            CertificateFault::Encrypted => {
                "write it without a passphrase, e.g. by `openssl pkey -in FILE -out FILE.pem`, where \
                 only the connector can read it"
            }
            CertificateFault::Mismatch => {
                "put the certificate of this key first in `cert_file`, and those of its issuers after it"
            }
            _ => {
                "an unencrypted private key begins with `-----BEGIN PRIVATE KEY-----`; it is an RSA key, \
                 an EC key on the curve P-256, P-384 or P-521, or an Ed25519 key"
            }
        };
        let message = format!("the file `{path}` is of no use: {fault}");
        self.error("bad-key", file.span(), message, help);
        None
    }

    /// A certificate that is not valid now may be about to be: it is no mistake.
    fn warn_of_age(&mut self, file: &Text, path: &str, validity: Validity) {
        let Some(now) = self.env.now() else { return };
        let Some(fault) = validity.fault_at(now) else { return };
        let message = format!("a certificate in the file `{path}` {fault}");
        let help = "put a valid one there, and let the connector reload (SIGHUP)";
        self.warning("expired-certificate", file.span(), message, help);
    }
}
