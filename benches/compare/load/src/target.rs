//! The system that is provisioned: answers every request with the same yes, at once or after a
//! delay.
//!
//! `--record FILE` writes down what it receives: the length of each request in a line, then the
//! request as it came. Then it also says no (`--refuse TEXT`) or fails (`--fail TEXT`) where a path
//! ends with such a text. `GET /stats` tells how many requests there were.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::time::Duration;

use crate::Fault;
use crate::clock::{self, Clock};
use crate::options::Options;
use crate::poll::Poll;
use crate::wire::{Message, Reads, Wire};

/// The number under which the listener is polled: no connection has it.
const LISTENER: usize = usize::MAX;

struct Target {
    clock: Clock,
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Option<Wire>>,
    free: Vec<usize>,
    yes: Vec<u8>,
    delay: Duration,
    /// Connections that wait for their answer, the first to get one in front.
    waiting: VecDeque<(Duration, usize)>,
    recorder: Option<Recorder>,
    requests: u64,
}

struct Recorder {
    file: File,
    refuse: String,
    fail: String,
}

pub fn run(options: &Options) -> Result<(), Fault> {
    let listener = TcpListener::bind(options.required("listen")?)?;
    listener.set_nonblocking(true)?;
    println!("listening {}", listener.local_addr()?);
    let poll = Poll::new()?;
    poll.add(&listener, LISTENER)?;
    let ending = |name: &str| options.text(name).unwrap_or("\n").to_owned();
    let recorder = |path: &str| -> Result<Recorder, Fault> {
        Ok(Recorder { file: File::create(path)?, refuse: ending("refuse"), fail: ending("fail") })
    };
    let target = Target {
        clock: Clock::start(),
        poll,
        listener,
        connections: Vec::new(),
        free: Vec::new(),
        yes: answer("200 OK", r#"{"result":true}"#),
        delay: Duration::from_millis(options.number("delay-ms")?.unwrap_or(0)),
        waiting: VecDeque::new(),
        recorder: options.text("record").map(recorder).transpose()?,
        requests: 0,
    };
    target.serve()
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Target {
    fn serve(mut self) -> Result<(), Fault> {
        let mut ready = Vec::new();
        loop {
            let now = self.clock.now();
            let timeout = self.waiting.front().map(|(due, _)| clock::until(*due, now));
            self.poll.wait(timeout.as_ref(), &mut ready)?;
            for number in ready.drain(..) {
                match number {
                    LISTENER => self.accept()?,
                    number => self.on_ready(number)?,
                }
            }
            self.answer_those_who_waited()?;
        }
    }

    fn accept(&mut self) -> Result<(), Fault> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    let number = self.free.pop().unwrap_or(self.connections.len());
                    if number == self.connections.len() {
                        self.connections.push(None);
                    }
                    let wire = Wire::new(stream, Reads::Requests)?;
                    self.poll.add(&wire.stream, number)?;
                    self.connections[number] = Some(wire);
                }
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    fn on_ready(&mut self, number: usize) -> Result<(), Fault> {
        let Some(wire) = &mut self.connections[number] else { return Ok(()) };
        // A server that ends takes its connections with it: that is no fault of the target.
        if wire.flush().and_then(|()| wire.receive()).is_err() {
            self.close(number);
            return Ok(());
        }
        let message = wire.message()?;
        let ended = wire.ended;
        if let Some(message) = message {
            self.requested(number, &message)?;
        }
        if ended {
            self.close(number);
        }
        Ok(())
    }

    fn requested(&mut self, number: usize, message: &Message) -> Result<(), Fault> {
        let Some(wire) = &mut self.connections[number] else { return Ok(()) };
        if wire.bytes(message.path.clone()) == b"/stats" {
            let told = answer("200 OK", &format!(r#"{{"requests":{}}}"#, self.requests));
            wire.done(message)?;
            return wire.send(&told);
        }
        self.requests += 1;
        if let Some(recorder) = &mut self.recorder {
            let reply = recorder.record(wire, message)?;
            wire.done(message)?;
            return wire.send(reply.as_ref().unwrap_or(&self.yes));
        }
        wire.done(message)?;
        if self.delay.is_zero() {
            // It may be gone by now; then it is told as ready again, and closed.
            let _ = wire.send(&self.yes);
        } else {
            self.waiting.push_back((self.clock.now() + self.delay, number));
        }
        Ok(())
    }

    fn answer_those_who_waited(&mut self) -> Result<(), Fault> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        while let Some((due, number)) = self.waiting.front().copied() {
            if due > now {
                break;
            }
            self.waiting.pop_front();
            if let Some(wire) = &mut self.connections[number] {
                let _ = wire.send(&self.yes);
            }
        }
        Ok(())
    }

    /// Whoever takes the number next gets no answer that belongs to this connection.
    fn close(&mut self, number: usize) {
        self.waiting.retain(|(_, waiting)| *waiting != number);
        self.connections[number] = None;
        self.free.push(number);
    }
}

impl Recorder {
    /// Writes a request down; the answer to it, if it is not the usual one.
    fn record(&mut self, wire: &Wire, message: &Message) -> Result<Option<Vec<u8>>, Fault> {
        writeln!(self.file, "{}", message.body.end)?;
        self.file.write_all(wire.bytes(0..message.body.end))?;
        let path = wire.bytes(message.path.clone());
        Ok(if path.ends_with(self.refuse.as_bytes()) {
            Some(answer("200 OK", r#"{"result":false,"error":"unknown profile"}"#))
        } else if path.ends_with(self.fail.as_bytes()) {
            Some(answer("500 Internal Server Error", r#"{"error":"out of order"}"#))
        } else {
            None
        })
    }
}
