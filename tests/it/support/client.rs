//! NSPS, as far as the connector can see it: sends one request, reads one answer.

use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use serde_json::Value;

use super::SOON;
use super::http::{self, Headers};

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        http::header(&self.headers, name)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|fault| panic!("not JSON ({fault}): {}", self.text()))
    }
}

/// Sends a request with these headers, `host`, `content-length` and `connection: close`.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    send_bytes(address, [request.as_bytes(), body].concat())
}

/// Sends bytes as they are, well-formed or not.
pub fn send_bytes(address: SocketAddr, bytes: Vec<u8>) -> Answer {
    let stream = TcpStream::connect_timeout(&address, SOON)
        .unwrap_or_else(|fault| panic!("cannot connect to {address}: {fault}"));
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.set_write_timeout(Some(SOON)).unwrap();

    // An answer may come, and the connection close, before a large body is sent.
    let mut half = stream.try_clone().unwrap();
    let sender = thread::spawn(move || half.write_all(&bytes));
    let answer = read_answer(&stream);
    let _ = stream.shutdown(Shutdown::Both);
    let _ = sender.join();
    answer
}

/// Connects and sends bytes, and leaves the rest to the caller: to wait, to go on, or to hang up.
pub fn begin(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect_timeout(&address, SOON).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// The next answer on a connection.
pub fn read_answer(stream: &TcpStream) -> Answer {
    let mut reader = BufReader::new(stream);
    let head = http::read_head(&mut reader)
        .unwrap_or_else(|fault| panic!("no answer: {fault}"))
        .expect("the connection was closed without an answer");
    let status = head.first_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status: u16 = status.unwrap_or_else(|| panic!("not an answer: {:?}", head.first_line));
    let body = match status {
        100..=199 | 204 | 304 => Vec::new(),
        _ => http::read_body(&mut reader, &head.headers, true)
            .unwrap_or_else(|fault| panic!("the answer breaks off: {fault}")),
    };
    Answer { status, headers: head.headers, body }
}
