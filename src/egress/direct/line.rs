//! A connection, and how a request is sent on it.

use bytes::Bytes;
use http::header::{Entry, HOST, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Uri};
use http_body_util::Full;
use hyper::client::conn::{TrySendError, http1, http2};

/// A task moves it on, until whoever can send on it is gone.
pub(super) enum Line {
    /// For one exchange at a time.
    Http1(http1::SendRequest<Full<Bytes>>),
    /// For any number of them.
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A request that got no answer.
pub(super) struct Unanswered {
    pub fault: hyper::Error,
    /// What was given to be sent, if nothing of it was written.
    pub request: Option<Request<Full<Bytes>>>,
}

impl From<TrySendError<Request<Full<Bytes>>>> for Unanswered {
    fn from(mut fault: TrySendError<Request<Full<Bytes>>>) -> Self {
        let request = fault.take_message();
        Self { fault: fault.into_error(), request }
    }
}

/// A request as HTTP/1 has it (RFC 9112, section 3.2.1), with the authority as `host` (RFC 9110,
/// section 7.2).
pub(super) fn in_origin_form(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let uri = std::mem::take(request.uri_mut());
    if let Entry::Vacant(vacant) = request.headers_mut().entry(HOST)
        && let Some(host) = host(&uri)
    {
        vacant.insert(host);
    }
    let path = uri.into_parts().path_and_query;
    *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
    request
}

fn host(uri: &Uri) -> Option<HeaderValue> {
    let usual = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    let host = match uri.port_u16() {
        Some(port) if port != usual => uri.authority()?.as_str(),
        _ => uri.host()?,
    };
    HeaderValue::from_str(host).ok()
}
