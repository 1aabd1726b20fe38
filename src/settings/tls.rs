//! The files of the certificate that HTTPS is served with, and of its key.

use super::SettingFault;
use crate::certificate::{CertificateFault, Chain, ServerIdentity};
use crate::mapping::env::read_file;

const CERTIFICATE: &str = "a file in PEM form with the certificate, then those of its issuers";
const KEY: &str = "a file in PEM form with the unencrypted private key of the certificate";
const BOTH: &str = "both, or neither; it may be the same file, if that holds both";

/// A file, and the flag or variable that named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedFile {
    pub setting: &'static str,
    pub path: String,
}

/// Where a certificate and its key are. Each [`load`](Self::load) reads them anew, so that they may
/// be replaced while the connector runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    certificate: NamedFile,
    key: NamedFile,
}

impl TlsFiles {
    /// `None` where there is to be no TLS.
    pub(super) fn of(
        certificate: Option<NamedFile>,
        key: Option<NamedFile>,
    ) -> Result<Option<Self>, SettingFault> {
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (Some(alone), None) => Err(alone.fault("it is of no use without TLS_KEY", BOTH)),
            (None, Some(alone)) => Err(alone.fault("it is of no use without TLS_CERT", BOTH)),
        }
    }

    /// What is in the files, which is fit for a handshake. Whether it is valid now is not asked.
    pub fn load(&self) -> Result<ServerIdentity, SettingFault> {
        let useless = |file: &NamedFile, fault: CertificateFault, expected| {
            let hint = match fault {
                CertificateFault::KeyInstead | CertificateFault::CertificateInstead => {
                    ": perhaps TLS_CERT and TLS_KEY are interchanged"
                }
                _ => "",
            };
            file.fault(&format!("{fault}{hint}"), expected)
        };
        let chain = Chain::read(&self.certificate.text(CERTIFICATE)?);
        let chain = chain.map_err(|fault| useless(&self.certificate, fault, CERTIFICATE))?;
        let identity = chain.for_server(&self.key.text(KEY)?);
        identity.map_err(|fault| useless(&self.key, fault, KEY))
    }
}

impl NamedFile {
    fn text(&self, expected: &str) -> Result<String, SettingFault> {
        if self.is_its_content() {
            return Err(self.fault("it is where a file is, and not what stands in it", expected));
        }
        let unreadable =
            |reason| self.fault(&format!("the file cannot be read: {reason}"), expected);
        read_file(&self.path).map_err(unreadable)
    }

    /// Whoever gives what stands in a file instead of its path is not told their own secret.
    fn is_its_content(&self) -> bool {
        self.path.contains("-----BEGIN ")
    }

    fn fault(&self, problem: &str, expected: &str) -> SettingFault {
        SettingFault {
            setting: self.setting.to_owned(),
            value: (!self.is_its_content()).then(|| self.path.clone()),
            problem: problem.to_owned(),
            expected: expected.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
