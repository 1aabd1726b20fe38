//! Where a request goes: what HTTP is told of a URL (WHATWG URL, read as browsers do), and what people
//! are.
//!
//! Nearly all requests go to the origin of their target, by a path and a query string that are written
//! as the WHATWG's parser writes them. Only what is not is read by that parser.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Uri;
use http::header::HeaderValue;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use percent_encoding::percent_decode_str;
use url::{Position, Url};

/// A place where requests are sent to.
#[derive(Debug, Clone)]
pub(super) struct Address<'o> {
    pub uri: Uri,
    place: Cow<'o, str>,
    /// `host`, where it is known beforehand and wanted (RFC 9110, section 7.2): HTTP/2 has it apart.
    pub host: Option<HeaderValue>,
    /// `authorization`, of a user who stands in the URL.
    pub user: Option<HeaderValue>,
}

/// Why a URL leads nowhere, in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misread(pub Cow<'static, str>);

impl From<&'static str> for Misread {
    fn from(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }
}

impl Address<'_> {
    /// The part of a URL that may be told: host and port. Path, query string and userinfo can carry
    /// secrets and subscriber identifiers.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    pub(super) fn is_secure(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// As the WHATWG's parser reads it.
    pub(super) fn read(mut url: Url) -> Result<Self, Misread> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("URL scheme is not allowed".into());
        }
        let user = user(&url);
        if user.is_some() {
            let bare = url.set_username("").and_then(|()| url.set_password(None));
            bare.map_err(|()| Misread::from("its URL has a user and no host"))?;
        }
        let place = Cow::Owned(place(&url));
        let uri = String::from(url).try_into();
        let uri = uri.map_err(|_| Misread::from("Parsed Url is not a valid Uri"))?;
        Ok(Self { uri, place, host: None, user })
    }
}

fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// What a user of a URL is told by (RFC 7617).
fn user(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let name = percent_decode_str(url.username()).decode_utf8().ok()?;
    let password = url.password().map(|it| percent_decode_str(it).decode_utf8());
    let password = password.and_then(Result::ok).unwrap_or_default();
    let pair = STANDARD.encode(format!("{name}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The origin of a target, read once.
#[derive(Debug)]
pub(super) struct Origin {
    /// As it is written in the URLs of the target's requests.
    written: Box<str>,
    scheme: Scheme,
    authority: Authority,
    place: Box<str>,
    host: Option<HeaderValue>,
}

impl Origin {
    /// That of a URL. `None` where there is nothing to be gained by it: with a user, or where nobody
    /// can read it.
    pub(super) fn of(url: &str) -> Option<Self> {
        // Where an authority ends (WHATWG URL, section 4.4).
        let begun = url.find("://")? + "://".len();
        let length = url.get(begun..)?.find(['/', '\\', '?', '#']);
        let written = length.map_or(Some(url), |length| url.get(..begun + length))?;
        let read = Url::parse(written).ok()?;
        let Address { uri, place, user: None, .. } = Address::read(read.clone()).ok()? else {
            return None;
        };
        let authority = uri.authority()?.clone();
        let scheme = uri.scheme()?.clone();
        let host = &read[Position::BeforeHost..Position::AfterPort];
        let host = (scheme == Scheme::HTTP).then(|| HeaderValue::try_from(host).ok());
        Some(Self {
            written: written.into(),
            scheme,
            authority,
            place: place.into(),
            host: host.flatten(),
        })
    }

    /// The address of a URL that begins with this origin and goes on in a way that the WHATWG's
    /// parser leaves alone.
    pub(super) fn address(&self, url: &str) -> Option<Address<'_>> {
        let rest = url.strip_prefix(&*self.written)?;
        let path_and_query = match rest {
            "" => PathAndQuery::from_static("/"),
            _ if rest.starts_with('/') && is_left_alone(rest.as_bytes()) => {
                PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(rest.as_bytes())).ok()?
            }
            _ => return None,
        };
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path_and_query);
        Some(Address {
            uri: Uri::from_parts(parts).ok()?,
            place: Cow::Borrowed(&self.place),
            host: self.host.clone(),
            user: None,
        })
    }
}

/// Whether a path with a query string is written as the parser writes it: of bytes that it neither
/// encodes nor leaves out (WHATWG URL, section 1.3), and without a segment that may be `.` or `..`.
fn is_left_alone(path: &[u8]) -> bool {
    // `%2e` is a dot, too (section 4.1). That is more than needs a closer look, and rare.
    let may_be_dots = |segment: &[u8]| match segment {
        [b'.', ..] => true,
        [b'%', b'2', e, ..] => e.eq_ignore_ascii_case(&b'e'),
        _ => false,
    };
    path.iter().all(|&byte| KEPT[usize::from(byte)])
        && !path.split(|it| *it == b'/').any(may_be_dots)
}

/// Bytes that stay as they are in paths and in query strings; `'` does so in paths alone.
const KEPT: [bool; 256] = {
    let mut kept = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        kept[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&()*+,;=:@/?%";
    let mut at = 0;
    while at < others.len() {
        kept[others[at] as usize] = true;
        at += 1;
    }
    kept
};
