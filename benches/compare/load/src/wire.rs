//! One end of a kept HTTP/1.1 connection: bytes out, whole messages in. A message has its length in
//! `content-length`; there is no pipelining.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use crate::Fault;

const MOST_HEADERS: usize = 48;

/// Where a message stands in what was received.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Of a response; 0 for a request.
    pub status: u16,
    pub path: Range<usize>,
    pub body: Range<usize>,
    pub close: bool,
}

/// Which of the two an end reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    Requests,
    Responses,
}

pub struct Wire {
    pub stream: TcpStream,
    reads: Reads,
    buffer: Vec<u8>,
    filled: usize,
    unsent: Vec<u8>,
    pub ended: bool,
}

impl Wire {
    pub fn new(stream: TcpStream, reads: Reads) -> Result<Self, Fault> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let (buffer, unsent) = (vec![0; 4096], Vec::new());
        Ok(Self { stream, reads, buffer, filled: 0, unsent, ended: false })
    }

    /// Sends, and keeps for later what the socket does not take.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let sent = if self.unsent.is_empty() { write(&mut self.stream, bytes)? } else { 0 };
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Sends what was kept.
    pub fn flush(&mut self) -> Result<(), Fault> {
        if !self.unsent.is_empty() {
            let sent = write(&mut self.stream, &self.unsent)?;
            self.unsent.drain(..sent);
        }
        Ok(())
    }

    /// Reads all that is there. A read that does not fill the buffer has emptied the socket.
    pub fn receive(&mut self) -> Result<(), Fault> {
        loop {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.filled * 2, 0);
            }
            let space = self.buffer.len() - self.filled;
            match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.filled += read;
                    if read == space {
                        continue;
                    }
                }
                Err(fault) if fault.kind() == ErrorKind::WouldBlock => {}
                Err(fault) if fault.kind() == ErrorKind::Interrupted => continue,
                Err(fault) if fault.kind() == ErrorKind::ConnectionReset => self.ended = true,
                Err(fault) => return Err(fault.into()),
            }
            return Ok(());
        }
    }

    /// The message that was received, once it is whole.
    pub fn message(&self) -> Result<Option<Message>, Fault> {
        if self.filled == 0 {
            return Ok(None);
        }
        parse(self.reads, &self.buffer[..self.filled])
    }

    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// The message is dealt with: the next one begins.
    pub fn done(&mut self, message: &Message) -> Result<(), Fault> {
        if self.filled != message.body.end {
            return Err("bytes came after the end of a message".into());
        }
        self.filled = 0;
        Ok(())
    }
}

fn write(stream: &mut TcpStream, bytes: &[u8]) -> Result<usize, Fault> {
    let mut sent = 0;
    while sent < bytes.len() {
        match stream.write(&bytes[sent..]) {
            Ok(written) => sent += written,
            Err(fault) if fault.kind() == ErrorKind::WouldBlock => break,
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(sent)
}

fn parse(reads: Reads, bytes: &[u8]) -> Result<Option<Message>, Fault> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let (head, status, path, headers) = match reads {
        Reads::Requests => {
            let mut request = httparse::Request::new(&mut headers);
            let parsed = request.parse(bytes)?;
            (parsed, 0, place(bytes, request.path), request.headers)
        }
        Reads::Responses => {
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(bytes)?;
            (parsed, response.code.unwrap_or_default(), 0..0, response.headers)
        }
    };
    let httparse::Status::Complete(head) = head else { return Ok(None) };
    let mut length = None;
    let mut close = false;
    for header in headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            length = Some(std::str::from_utf8(header.value)?.trim().parse::<usize>()?);
        } else if is("transfer-encoding") {
            return Err("a message in chunks, which is not read here".into());
        } else if is("connection") {
            close = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let length = match (length, reads) {
        (Some(length), _) => length,
        (None, Reads::Requests) => 0,
        (None, Reads::Responses) => return Err("an answer without content-length".into()),
    };
    let body = head..head + length;
    let whole = bytes.len() >= body.end;
    Ok(whole.then_some(Message { status, path, body, close }))
}

/// Where the path of a request stands: behind the first blank.
fn place(bytes: &[u8], path: Option<&str>) -> Range<usize> {
    let start = bytes.iter().position(|byte| *byte == b' ').map_or(0, |blank| blank + 1);
    start..start + path.map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes";

    #[test]
    fn an_answer_is_a_message_once_its_last_byte_is_there() {
        for end in 1..ANSWER.len() {
            assert_eq!(parse(Reads::Responses, &ANSWER[..end]).unwrap(), None, "{end}");
        }
        let message = parse(Reads::Responses, ANSWER).unwrap().unwrap();
        assert_eq!((message.status, &ANSWER[message.body]), (200, &b"yes"[..]));
    }

    #[test]
    fn a_request_has_its_path_and_perhaps_no_body() {
        let request = b"GET /stats HTTP/1.1\r\nConnection: close\r\n\r\n";
        let message = parse(Reads::Requests, request).unwrap().unwrap();
        assert_eq!((&request[message.path], message.close), (&b"/stats"[..], true));
        assert_eq!(message.body, request.len()..request.len());
    }

    #[test]
    fn what_has_no_length_is_refused() {
        for head in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: x\r\n"] {
            let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n");
            assert!(parse(Reads::Responses, answer.as_bytes()).is_err(), "{head}");
        }
    }
}
