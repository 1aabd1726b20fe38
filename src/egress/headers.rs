//! Headers of requests and answers, as the seam has them and as HTTP clients want them.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, Entry, HOST, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};

use super::address::Address;
use super::fault;
use crate::engine::transport::{Header, Headers, TransportError};

/// What a target sees as `user-agent` unless the request has one.
pub(super) const OURS: HeaderValue =
    HeaderValue::from_static(concat!("nsps-connector/", env!("CARGO_PKG_VERSION")));

const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Those of a request, and what HTTP needs besides; `is_empty` where there is no body though the method
/// gives one a meaning.
pub(super) fn of_request(
    named: &[Header],
    address: &Address<'_>,
    is_empty: bool,
) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::with_capacity(named.len() + 4);
    if let Some(user) = &address.user {
        headers.insert(AUTHORIZATION, user.clone());
    }
    let mut values = Vec::with_capacity(named.iter().map(|(_, value)| value.len()).sum());
    named.iter().for_each(|(_, value)| values.extend_from_slice(value.as_bytes()));
    // One piece of memory for all of them.
    let mut values = Bytes::from(values);
    for (name, value) in named {
        let header = parsed(name)
            .ok_or_else(|| fault::unsendable(&format!("`{name}` is not a header name")))?;
        let value = HeaderValue::from_maybe_shared(values.split_to(value.len())).map_err(|_| {
            fault::unsendable(&format!("the value of header `{name}` holds a control character"))
        })?;
        // The mapping's own credentials win over a user in the URL.
        match header == AUTHORIZATION && address.user.is_some() {
            true => drop(headers.insert(header, value)),
            false => drop(headers.append(header, value)),
        }
    }
    // RFC 9110, 8.6: servers may insist on a length where the method gives content a meaning, and
    // hyper sends none for an empty body.
    if is_empty {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    for (name, value) in [(ACCEPT, ANYTHING), (USER_AGENT, OURS)] {
        unless_there(&mut headers, name, value);
    }
    if let Some(host) = &address.host {
        unless_there(&mut headers, HOST, host.clone());
    }
    Ok(headers)
}

fn unless_there(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if let Entry::Vacant(vacant) = headers.entry(name) {
        vacant.insert(value);
    }
}

/// Those of an answer.
pub(super) fn of_answer(headers: &HeaderMap) -> Headers {
    let lengths = headers.iter().map(|(name, value)| name.as_str().len() + value.len());
    let mut texts = Headers::with_capacity(headers.len(), lengths.sum());
    for (name, value) in headers {
        texts.push(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    texts
}

/// How many names are kept.
const KEPT: usize = 64;

/// A name, and the text that it was read from.
type Name = (Arc<str>, HeaderName);

thread_local! {
    /// Names that were read, each at a place that its address gives. Requests name their headers by
    /// texts of the mapping or of the engine, which are the same ones from request to request.
    static NAMES: RefCell<[Option<Name>; KEPT]> =
        const { RefCell::new([const { None }; KEPT]) };
}

/// The name that a text is, if it is one.
fn parsed(text: &Arc<str>) -> Option<HeaderName> {
    // Texts lie at multiples of 8 at least.
    let at = Arc::as_ptr(text).cast::<u8>().addr() / 16 % KEPT;
    NAMES.with_borrow_mut(|names| {
        let kept = names.get_mut(at)?;
        match kept {
            // As long as it is kept, no other text can have its address.
            Some((known, name)) if Arc::ptr_eq(known, text) => Some(name.clone()),
            _ => {
                let name = HeaderName::from_bytes(text.as_bytes()).ok()?;
                *kept = Some((Arc::clone(text), name.clone()));
                Some(name)
            }
        }
    })
}
