//! The body of an answer, and the connection that it comes by.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;

use super::place::Place;

/// At its end an HTTP/1 connection is kept for another exchange; if it is dropped before, the connection
/// is closed.
pub(in crate::egress) struct Answer {
    body: Incoming,
    by: Option<(http1::SendRequest<Full<Bytes>>, Arc<Place>)>,
}

impl Answer {
    pub(super) fn by_http1(
        body: Incoming,
        sender: http1::SendRequest<Full<Bytes>>,
        place: Arc<Place>,
    ) -> Self {
        Self { body, by: Some((sender, place)) }
    }

    pub(super) fn by_http2(body: Incoming) -> Self {
        Self { body, by: None }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { body, by } = self.get_mut();
        let frame = ready!(Pin::new(body).poll_frame(cx));
        if frame.is_none()
            && let Some((sender, place)) = by.take()
        {
            place.keep(sender);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
