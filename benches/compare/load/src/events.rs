//! NSPS: posts one event again and again over connections that are kept, and measures.
//!
//! Closed loop (`--connections N`): each connection sends its next event when the answer to the last
//! one is there. Open loop (with `--rate R`): events are due at a constant rate whatever the server
//! does, and each is timed from the moment at which it was due, so that a server which stalls is
//! charged for everything that came in the meantime (coordinated omission).
//!
//! Every answer must be a 200, and the same text as the first one. Prints one JSON object.

mod report;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Fault;
use crate::clock::{self, Clock};
use crate::options::Options;
use crate::poll::Poll;
use crate::usage::Watched;
use crate::wire::{Reads, Wire};
use report::Report;

/// How long answers may be outstanding after the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stands in the request for what is new in each event: 32 hexadecimal digits, twice.
const TRACE: &str = "00000000000000000000000000000000";

struct Connection {
    wire: Wire,
    /// The whole request, whose identifiers are rewritten in place.
    request: Vec<u8>,
    /// What the answer's time is counted from; `None` while nothing is under way.
    since: Option<Duration>,
}

/// When to stop: at a time, or after so many answers.
#[derive(Clone, Copy)]
struct Stop {
    at: Duration,
    after: u64,
}

struct Run {
    clock: Clock,
    poll: Poll,
    connections: Vec<Connection>,
    identifiers: Vec<usize>,
    watched: Watched,
    measures_from: Duration,
    stop: Stop,
    /// Between two events of an open loop; `None` for a closed one.
    interval: Option<Duration>,
    /// Connections that have nothing to do, the longest idle in front.
    idle: VecDeque<usize>,
    started: u64,
    first_body: Option<Vec<u8>>,
    report: Report,
}

pub fn run(options: &Options) -> Result<(), Fault> {
    let address: SocketAddr = options.required("address")?.parse()?;
    let event = std::fs::read(options.required("event")?)?;
    let token = options.required("token")?;
    let connections: usize = options.number("connections")?.unwrap_or(1);
    let seconds = |name| options.number(name).map(|it| it.map(Duration::from_secs_f64));
    let measures_from = seconds("warm-up")?.unwrap_or_default();
    let stop = Stop {
        at: seconds("seconds")?.map_or(Duration::MAX, |seconds| measures_from + seconds),
        after: options.number("count")?.unwrap_or(u64::MAX),
    };
    let rate: Option<f64> = options.number("rate")?;

    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\naccept: */*\r\nuser-agent: nsps\r\n\
         x-b3-traceid: {TRACE}\r\nx-request-id: {TRACE}\r\ncontent-length: {}\r\n\r\n",
        event.len()
    );
    let identifiers = head.match_indices(TRACE).map(|(start, _)| start).collect();
    let request = [head.as_bytes(), &event].concat();
    let poll = Poll::new()?;
    let connect = |number| -> Result<Connection, Fault> {
        let stream = TcpStream::connect(address)?;
        poll.add(&stream, number)?;
        let wire = Wire::new(stream, Reads::Responses)?;
        Ok(Connection { wire, request: request.clone(), since: None })
    };
    let connections = (0..connections).map(connect).collect::<Result<Vec<_>, _>>()?;
    let run = Run {
        clock: Clock::start(),
        poll,
        idle: (0..connections.len()).collect(),
        connections,
        identifiers,
        watched: Watched::read(options.text("watch").unwrap_or_default())?,
        measures_from,
        stop,
        interval: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
        started: 0,
        first_body: None,
        report: Report::new()?,
    };
    println!("{}", run.complete()?);
    Ok(())
}

impl Run {
    fn complete(mut self) -> Result<String, Fault> {
        let mut ready = Vec::new();
        loop {
            let now = self.clock.now();
            self.keep_accounts(now)?;
            self.begin_what_is_due(now)?;
            if self.is_over(now) {
                return self.report.told();
            }
            if now > self.stop.at.saturating_add(PATIENCE) {
                return Err(format!("{} answers never came", self.in_flight()).into());
            }
            let timeout = clock::until(self.wakes_at(now), now);
            self.poll.wait(Some(&timeout), &mut ready)?;
            for number in ready.drain(..) {
                self.on_ready(number)?;
            }
        }
    }

    /// Begins and ends the window that is measured.
    fn keep_accounts(&mut self, now: Duration) -> Result<(), Fault> {
        if !self.report.has_begun() && now >= self.measures_from {
            self.report.begin(now, self.watched.cpu()?);
        }
        if !self.report.has_ended() && self.has_stopped(now) {
            self.report.end(now, self.watched.cpu()?);
        }
        Ok(())
    }

    fn has_stopped(&self, now: Duration) -> bool {
        now >= self.stop.at || self.report.answers >= self.stop.after
    }

    fn in_flight(&self) -> usize {
        self.connections.len() - self.idle.len()
    }

    /// All that was due has been sent, and all that was sent has been answered.
    fn is_over(&self, now: Duration) -> bool {
        let next = if self.interval.is_some() { self.due() } else { now };
        let nothing_is_due = next >= self.stop.at || self.started >= self.stop.after;
        self.report.has_ended() && nothing_is_due && self.in_flight() == 0
    }

    /// When the next event of an open loop is to be sent.
    fn due(&self) -> Duration {
        let interval = self.interval.unwrap_or_default();
        Duration::from_secs_f64(interval.as_secs_f64() * self.started as f64)
    }

    fn begin_what_is_due(&mut self, now: Duration) -> Result<(), Fault> {
        while self.started < self.stop.after {
            let since = match self.interval {
                None if now >= self.stop.at => break,
                None => now,
                Some(_) => self.due(),
            };
            if since > now || since >= self.stop.at {
                break;
            }
            let Some(number) = self.idle.pop_front() else { break };
            self.begin(number, since)?;
        }
        Ok(())
    }

    fn begin(&mut self, number: usize, since: Duration) -> Result<(), Fault> {
        let connection = &mut self.connections[number];
        self.started += 1;
        for start in &self.identifiers {
            write_number(&mut connection.request[*start..*start + TRACE.len()], self.started);
        }
        connection.since = Some(since);
        connection.wire.send(&connection.request)
    }

    fn wakes_at(&self, now: Duration) -> Duration {
        let marks = [self.measures_from, self.stop.at];
        let mark = marks.into_iter().find(|mark| *mark > now);
        let mut at = mark.unwrap_or(now + Duration::from_secs(1)).min(now + PATIENCE);
        if self.interval.is_some() && !self.idle.is_empty() && self.due() < self.stop.at {
            at = at.min(self.due());
        }
        at
    }

    fn on_ready(&mut self, number: usize) -> Result<(), Fault> {
        let connection = &mut self.connections[number];
        connection.wire.flush()?;
        connection.wire.receive()?;
        if let Some(message) = connection.wire.message()? {
            let body = connection.wire.bytes(message.body.clone());
            let text = || String::from_utf8_lossy(body).into_owned();
            let Some(since) = connection.since.take() else {
                return Err(format!("an answer to nothing: {}", text()).into());
            };
            let first = self.first_body.get_or_insert_with(|| body.to_vec());
            if message.status != 200 || body != first.as_slice() {
                return Err(format!("answered {}: {}", message.status, text()).into());
            }
            if message.close {
                return Err("the server closes a connection that was to be kept".into());
            }
            connection.wire.done(&message)?;
            self.answered(number, since)?;
        }
        match self.connections[number].wire.ended {
            true => Err("the server closed a connection".into()),
            false => Ok(()),
        }
    }

    fn answered(&mut self, number: usize, since: Duration) -> Result<(), Fault> {
        let now = self.clock.now();
        // An event of an open loop counts if it was due in the window, whenever it was answered.
        let counts_by = if self.interval.is_some() { since } else { now };
        let counts = counts_by >= self.measures_from && counts_by < self.stop.at;
        self.report.answered(now - since, counts && now >= self.measures_from)?;
        self.idle.push_back(number);
        if self.interval.is_none() && now < self.stop.at && self.started < self.stop.after {
            self.idle.pop_back();
            self.begin(number, now)?;
        }
        Ok(())
    }
}

/// A number in hexadecimal digits that fill the place, zeros in front.
fn write_number(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
    // A trace identifier of zeros alone is none.
    place[0] = b'1';
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fill_their_place() {
        let mut place = *b"xxxxxxxx";
        write_number(&mut place, 0x2af);
        assert_eq!(&place, b"100002af");
    }
}
