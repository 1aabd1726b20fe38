//! Bodies: reading one within its limits, and what to do with one that nobody wants to read.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::answer::Refusal;
use super::idle::Busy;
use crate::engine::admit::Ticket;

/// The most that is read of an unwanted body so that the connection can be used again, and the
/// longest that this may take: a body of the usual size has come with its head.
const SPARED: usize = 64 * 1024;
const SPARED_TIME: Duration = Duration::from_millis(200);

/// How much is reserved for a body on the mere word of its `content-length`.
const TRUSTED: usize = 16 * 1024;

/// Once that much has come, room for the rest is asked for in one go, or for so much of it: it takes no
/// memory before something is written there, and a body that moves from place to place leaves gaps.
const AT_ONCE: usize = 16 * 1024 * 1024;

/// The body of a request, on its way in.
pub(super) struct Incoming {
    stream: Payload,
    announced: Option<usize>,
    over: bool,
}

impl Incoming {
    pub fn new(stream: Payload, announced: Option<usize>) -> Self {
        Self { stream, announced, over: false }
    }

    /// The whole body, of `limit` bytes at most; `ticket` accounts for it as it grows.
    pub async fn read(
        &mut self,
        limit: usize,
        patience: Duration,
        ticket: &mut Ticket,
    ) -> Result<Bytes, Refusal> {
        if self.announced.is_some_and(|length| length > limit) {
            return Err(Refusal::TooLarge { limit });
        }
        let whole = tokio::time::timeout(patience, self.collect(limit, ticket));
        whole.await.unwrap_or(Err(Refusal::TooSlow { limit: patience }))
    }

    async fn collect(&mut self, limit: usize, ticket: &mut Ticket) -> Result<Bytes, Refusal> {
        let announced = self.announced.unwrap_or_default();
        let mut body = BytesMut::with_capacity(announced.min(TRUSTED));
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > limit {
                return Err(Refusal::TooLarge { limit });
            }
            ticket.grow(chunk.len()).map_err(Refusal::Full)?;
            if body.capacity() - body.len() < chunk.len() {
                let comes = announced.saturating_sub(body.len());
                body.reserve(comes.min(AT_ONCE).max(chunk.len()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Refusal> {
        let chunk = self.stream.next().await.transpose();
        self.over = !matches!(chunk, Ok(Some(_)));
        chunk.map_err(|fault| Refusal::CutShort(fault.to_string()))
    }

    /// Reads and forgets what is left if that is little; what stays unread comes back.
    pub async fn spare(mut self) -> Option<Payload> {
        if self.announced.is_none_or(|length| length <= SPARED) {
            // Past that time the rest stays unread, as if it were too much.
            let _ = tokio::time::timeout(SPARED_TIME, self.skip()).await;
        }
        (!self.over).then_some(self.stream)
    }

    async fn skip(&mut self) {
        let mut skipped = 0;
        while !self.over && skipped <= SPARED {
            skipped += self.chunk().await.ok().flatten().map_or(0, |chunk| chunk.len());
        }
    }
}

/// The body of an answer. Over HTTP/1 it keeps hold of a request body that was not read: as long as
/// somebody holds that, actix closes the connection in the way that lets the client read the answer while it
/// is still sending (RFC 9112, 9.6). Were it dropped, actix would go on reading a chunked body for
/// as long as the client likes.
pub(super) struct Outgoing {
    text: Bytes,
    _unread: Option<Payload>,
    _busy: Option<Busy>,
}

impl Outgoing {
    pub fn new(text: Bytes, unread: Option<Payload>, busy: Option<Busy>) -> Self {
        Self { text, _unread: unread, _busy: busy }
    }
}

impl MessageBody for Outgoing {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.text.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let text = std::mem::take(&mut self.text);
        Poll::Ready((!text.is_empty()).then_some(Ok(text)))
    }
}
