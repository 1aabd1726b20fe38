//! TLS: what a client is to trust and to show, and what went wrong in a handshake, in words.

mod config;

use std::error::Error;
use std::fmt::Display;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription as Alert, CertificateError, InvalidMessage};

pub(super) use config::config;

use crate::program::Route;
use crate::program::route::Trust;

/// What both sides know of a handshake from the mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ours {
    /// Whether only authorities of `ca_file` are trusted.
    pub has_authorities: bool,
    /// Whether there is a client certificate.
    pub has_certificate: bool,
}

impl Ours {
    pub(super) fn of(route: &Route) -> Self {
        let has_authorities = matches!(route.trust, Trust::Only(_));
        Self { has_authorities, has_certificate: route.identity.is_some() }
    }
}

/// What the causes of a fault say of a handshake, if it is that which failed.
pub(super) fn told<'e>(
    mut causes: impl Iterator<Item = &'e (dyn Error + 'static)>,
    ours: Ours,
) -> Option<String> {
    causes.find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(fault) => words(fault, ours),
        None if cause.to_string() == "tls handshake eof" => Some(
            "it closed the connection instead of answering the TLS handshake: does it speak TLS?"
                .to_owned(),
        ),
        None => None,
    })
}

/// The same of a fault that came after what the client takes for the end of a handshake: it is one of
/// the handshake only if the target says so.
pub(super) fn told_late<'e>(
    mut causes: impl Iterator<Item = &'e (dyn Error + 'static)>,
    ours: Ours,
) -> Option<String> {
    // HTTP/2 keeps of a fault below it the text alone.
    let alert = causes.find_map(|cause| alert_in(&cause.to_string()))?;
    Some(words_of_alert(alert, ours))
}

/// Alerts by which a target ends a handshake (RFC 8446, section 6.2). In TLS 1.3 one may come only
/// after the request was written, which the target then has not read.
const OF_HANDSHAKES: [Alert; 14] = [
    Alert::HandshakeFailure,
    Alert::NoCertificate,
    Alert::BadCertificate,
    Alert::UnsupportedCertificate,
    Alert::CertificateRevoked,
    Alert::CertificateExpired,
    Alert::CertificateUnknown,
    Alert::UnknownCA,
    Alert::AccessDenied,
    Alert::ProtocolVersion,
    Alert::InsufficientSecurity,
    Alert::UnrecognisedName,
    Alert::CertificateRequired,
    Alert::NoApplicationProtocol,
];

/// The alert that a fault with this text tells of.
fn alert_in(text: &str) -> Option<Alert> {
    let alert = |alert: &&Alert| text.ends_with(&rustls::Error::AlertReceived(**alert).to_string());
    OF_HANDSHAKES.iter().find(alert).copied()
}

/// `None` for what need not be about the handshake.
fn words(fault: &rustls::Error, ours: Ours) -> Option<String> {
    let told = match fault {
        rustls::Error::InvalidCertificate(fault) => words_of_certificate(fault, ours),
        rustls::Error::AlertReceived(alert) if OF_HANDSHAKES.contains(alert) => {
            words_of_alert(*alert, ours)
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "it does not speak TLS: perhaps its URL should begin with `http://`".to_owned()
        }
        rustls::Error::PeerIncompatible(_) => {
            "it has no version of TLS, or no cipher, in common with us: TLS 1.2 is the oldest"
                .to_owned()
        }
        rustls::Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        _ => return None,
    };
    Some(told)
}

fn words_of_certificate(fault: &CertificateError, ours: Ours) -> String {
    const NOT_FOR_SERVERS: &str = "its certificate is not one for servers";
    match fault {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", date(*not_after))
        }
        CertificateError::Expired => "its certificate has expired".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is not valid before {}; is our clock right?", date(*not_before))
        }
        CertificateError::NotValidYet => "its certificate is not valid yet".to_owned(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            format!("its certificate is for {}, and not for {}", listed(presented), expected.to_str())
        }
        CertificateError::NotValidForName => "its certificate is for another host".to_owned(),
        CertificateError::UnknownIssuer if ours.has_authorities => {
            "its certificate is issued by nobody in `ca_file`, and only these are trusted; if there are \
             certificates in between, it has to send them"
                .to_owned()
        }
        CertificateError::UnknownIssuer => {
            "its certificate is issued by nobody that the system trusts: name the certificate of the \
             issuer in `tls: { ca_file: … }`"
                .to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            NOT_FOR_SERVERS.to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        CertificateError::BadSignature => {
            "its certificate is not signed by whom it names as its issuer".to_owned()
        }
        CertificateError::BadEncoding => "its certificate cannot be read".to_owned(),
        CertificateError::Other(other) => match other.0.to_string().as_str() {
            // From the verifier of the system, which has words of its own.
            "certificate had invalid extensions" => NOT_FOR_SERVERS.to_owned(),
            "CaUsedAsEndEntity" => {
                "its certificate is that of an authority (CA:TRUE), with which a server cannot prove \
                 who it is: it needs one of its own, issued by that authority"
                    .to_owned()
            }
            other => format!("its certificate is not accepted: {other}"),
        },
        other => format!("its certificate is not accepted: {other}"),
    }
}

fn words_of_alert(alert: Alert, ours: Ours) -> String {
    const DEMAND: &str =
        "it demands a client certificate: name one in `tls: { cert_file: …, key_file: … }`";
    let of_ours = |reason: &dyn Display| match ours.has_certificate {
        true => format!("it refuses our client certificate: {reason}"),
        false => DEMAND.to_owned(),
    };
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => DEMAND.to_owned(),
        Alert::CertificateExpired => of_ours(&"it has expired, or is not valid yet"),
        Alert::CertificateRevoked => of_ours(&"it was revoked"),
        Alert::UnknownCA => of_ours(&"it does not know who issued it"),
        Alert::AccessDenied => of_ours(&"access denied"),
        Alert::BadCertificate | Alert::UnsupportedCertificate | Alert::CertificateUnknown => {
            of_ours(&format_args!("{alert:?}"))
        }
        Alert::HandshakeFailure if ours.has_certificate => {
            "it refuses the TLS handshake: our client certificate, or every cipher that we have"
                .to_owned()
        }
        Alert::HandshakeFailure => {
            "it refuses the TLS handshake: it demands a client certificate (`tls: { cert_file: …, \
             key_file: … }`), or has no cipher in common with us"
                .to_owned()
        }
        Alert::ProtocolVersion | Alert::InsufficientSecurity => {
            "it has no version of TLS, or no cipher, in common with us: TLS 1.2 is the oldest"
                .to_owned()
        }
        Alert::UnrecognisedName => "it serves no host of this name".to_owned(),
        other => format!("it ended the TLS handshake: {other:?}"),
    }
}

/// A time of day, UTC.
fn date(at: UnixTime) -> String {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an odd day".to_owned(), |at| at.to_string())
}

/// The names of a certificate, of which there may be thousands.
fn listed(presented: &[String]) -> String {
    const MOST: usize = 5;
    let told: Vec<&str> = presented.iter().take(MOST).map(|name| bare(name)).collect();
    match presented.len().saturating_sub(MOST) {
        _ if told.is_empty() => "no host at all (it has no subject alternative names)".to_owned(),
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

/// `hss.test` of `DnsName("hss.test")`, which is how names come.
fn bare(name: &str) -> &str {
    let within = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    within.unwrap_or(name).trim_matches('"')
}
