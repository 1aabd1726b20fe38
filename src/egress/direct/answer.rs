//! The body of an answer, on the connection that it comes by.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::line::{Http1, nobody};
use super::place::Place;

/// At its end the connection is kept for another exchange; if it is dropped before, the connection is
/// closed.
pub(in crate::egress) struct Answer {
    body: Incoming,
    on: Option<(Box<Http1>, Arc<Place>)>,
}

impl Answer {
    /// By HTTP/1.
    pub(super) fn on(line: Box<Http1>, place: Arc<Place>, body: Incoming) -> Self {
        Self { body, on: Some((line, place)) }
    }

    /// By HTTP/2, where a task moves it on.
    pub(super) fn apart(body: Incoming) -> Self {
        Self { body, on: None }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Self { body, on } = self.get_mut();
        let Some((line, _)) = on else { return Pin::new(body).poll_frame(cx) };
        // As with the head, what there is comes from the connection alone.
        let frame = match Pin::new(&mut *body).poll_frame(&mut nobody()) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                // A fault ends the body as well, which tells it.
                line.move_on(cx);
                ready!(Pin::new(body).poll_frame(&mut nobody()))
            }
        };
        if frame.is_none()
            && let Some((line, place)) = on.take()
        {
            place.keep(line);
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
