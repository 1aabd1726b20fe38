//! HTTP/1.1 as it stands on the wire: just enough to read messages exactly as they came.

use std::io::{self, BufRead, Read};

/// Names and values in the order in which they came, names as they were written.
pub type Headers = Vec<(String, String)>;

/// A request's or a response's first line and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub first_line: String,
    pub headers: Headers,
}

/// The value of the first header of that name, in any case.
pub fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// The next message's head; `None` if the peer closed before one began.
pub fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let Some(first_line) = read_line(reader)? else { return Ok(None) };
    let mut headers = Headers::new();
    loop {
        match read_line(reader)? {
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some(line) if line.is_empty() => return Ok(Some(Head { first_line, headers })),
            Some(line) => {
                let (name, value) = line
                    .split_once(':')
                    .ok_or_else(|| garbled(format!("a header without a colon: {line:?}")))?;
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
        }
    }
}

/// The body that belongs to `headers`. Without a length, a request has none, and a response lasts
/// until the peer closes.
pub fn read_body(
    reader: &mut impl BufRead,
    headers: &[(String, String)],
    until_close: bool,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        read_chunks(reader, &mut body)?;
    } else if let Some(length) = header(headers, "content-length") {
        let length: usize =
            length.parse().map_err(|_| garbled(format!("a content-length of {length:?}")))?;
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
    } else if until_close {
        reader.read_to_end(&mut body)?;
    }
    Ok(body)
}

/// RFC 9112, section 7.1; trailers are read over.
fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let line = read_line(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| garbled(format!("a chunk whose size is {line:?}")))?;
        if size == 0 {
            while read_line(reader)?.is_some_and(|trailer| !trailer.is_empty()) {}
            return Ok(());
        }
        let read = reader.by_ref().take(size).read_to_end(body)?;
        if read as u64 != size || read_line(reader)?.is_none_or(|end| !end.is_empty()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A line without its end; `None` at the end of the stream.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

fn garbled(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
