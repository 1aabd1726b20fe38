//! What the command reads: the event, and what targets answer.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Stop;
use crate::clock;
use crate::clock::virtual_time::VirtualClock;
use crate::event::{EnvelopeFault, Event};
use crate::ingress;
use crate::mapping::diagnostic::{Diagnostic, Report, Source};
use crate::verify;
use crate::verify::case::Reply;
use crate::verify::explain::raw;

/// Largest file with a reply, in bytes.
const LARGEST_REPLY: usize = 16 << 20;

/// Bytes that were given, and what they are called in messages.
pub(super) struct Given {
    pub bytes: Vec<u8>,
    pub name: String,
}

/// Why what was given is no event, and what NSPS would be told.
pub(super) struct NoEvent {
    pub status: u16,
    pub message: &'static str,
    pub reason: String,
}

/// Reads the event; one that is too large is cut behind the limit.
pub(super) fn event(path: &Path, limit: usize) -> Result<Given, Stop> {
    let (name, bytes) = match path.as_os_str() == "-" {
        true => ("the standard input".to_owned(), read(&mut io::stdin().lock(), limit)),
        false => (
            path.display().to_string(),
            File::open(path).and_then(|mut file| read(&mut file, limit)),
        ),
    };
    let bytes = bytes.map_err(|fault| Stop::Unable(format!("{name} cannot be read: {fault}")))?;
    Ok(Given { bytes, name })
}

/// One byte more than `limit` at most.
fn read(from: &mut impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The event, with identifiers as `serve` makes them for one that brings none: the same in every
/// run.
pub(super) fn parse(bytes: &[u8], limit: usize, now: Timestamp) -> Result<Event, NoEvent> {
    if bytes.len() > limit {
        let (status, message) = ingress::too_large();
        let reason = format!("it is larger than {limit} bytes, which is the limit (MAX_BODY)");
        return Err(NoEvent { status, message, reason });
    }
    let clock = VirtualClock::new(now);
    let identifiers = (clock::trace_id(&clock), clock::uuid(&clock).to_string());
    Event::parse(bytes, identifiers.0, identifiers.1).map_err(|fault| {
        let (status, message) = ingress::refused(&fault);
        let reason = match &fault {
            EnvelopeFault::NotJson(reason) => format!("it is not JSON: {reason}"),
            EnvelopeFault::Invalid { reason, .. } => reason.clone(),
        };
        NoEvent { status, message, reason }
    })
}

/// Replies to one request after the other, each with one for every try. What is wrong with documents
/// is in the report, and then there may be fewer.
pub(super) fn replies(files: &[PathBuf], report: &mut Report) -> Result<Vec<Vec<Reply>>, Stop> {
    files.iter().map(|file| reply(file, report)).collect()
}

fn reply(file: &Path, report: &mut Report) -> Result<Vec<Reply>, Stop> {
    let name = file.display().to_string();
    let bytes = File::open(file).and_then(|mut file| read(&mut file, LARGEST_REPLY));
    let bytes = bytes.map_err(|fault| Stop::Unable(format!("{name} cannot be read: {fault}")))?;
    if bytes.len() > LARGEST_REPLY {
        return Err(Stop::Unable(format!("{name} is larger than {LARGEST_REPLY} bytes")));
    }
    let mut refuse = |message: String| {
        let diagnostic =
            Diagnostic::error("bad-reply", &Source::unread(name.clone()), None, message);
        let help = "write a `reply` as in mapping tests, such as `{ status: 200, json: {} }`, or \
                    what `curl -i` prints";
        report.push(diagnostic.help(help));
        Ok(Vec::new())
    };
    if bytes.starts_with(raw::BEGINNING) {
        return match raw::response(&bytes) {
            Ok(response) => Ok(vec![Reply::at_once(Ok(response))]),
            Err(fault) => refuse(format!("this is no HTTP response: {fault}")),
        };
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refuse("this is neither an HTTP response nor UTF-8 text".to_owned());
    };
    Ok(verify::replies(&Source::new(name, text), report).unwrap_or_default())
}
