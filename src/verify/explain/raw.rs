//! An HTTP response as text: as `curl -i` prints it, or as people copy it from a log.

use std::ops::Range;

use bytes::Bytes;

use crate::engine::transport::Response;

/// What such a text begins with.
pub const BEGINNING: &[u8] = b"HTTP/";

/// Reads a response. Interim responses (RFC 9110, section 15.2), what a proxy says to a tunnel, and
/// redirects and challenges that curl has answered stand before it and are skipped. The body is what
/// follows the head: curl prints it without the framing that the head may speak of. Why something is
/// no response is told without repeating it: it may hold a secret.
pub fn response(text: &[u8]) -> Result<Response, String> {
    let mut rest = text;
    loop {
        let (head, body) = split(rest);
        let response = read(head, body)?;
        if !body.starts_with(BEGINNING)
            || read_status(lines(body).next().unwrap_or_default()).is_err()
        {
            return Ok(response);
        }
        rest = body;
    }
}

/// The head, and what is behind the empty line that ends it.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    match end_of_head(text) {
        Some(Range { start, end }) => (&text[..start], &text[end..]),
        None => (text, b""),
    }
}

/// Where the empty line is. Lines end with CR LF, or with LF as editors write them.
fn end_of_head(text: &[u8]) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(length) = text[at..].iter().position(|byte| *byte == b'\n') {
        let next = at + length + 1;
        if matches!(&text[at..next], b"\n" | b"\r\n") {
            return Some(at..next);
        }
        at = next;
    }
    None
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn read(head: &[u8], body: &[u8]) -> Result<Response, String> {
    let mut lines = (1..).zip(lines(head)).filter(|(_, line)| !line.is_empty());
    let (_, first) = lines.next().unwrap_or_default();
    let status = read_status(first)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (number, line) in lines {
        let line = String::from_utf8_lossy(line);
        // An obsolete way to go on with a value (RFC 9112, section 5.2).
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        let header = line.split_once(':').filter(|(name, _)| is_token(name));
        let Some((name, value)) = header else {
            return Err(format!("line {number} of its head is no header"));
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let headers = headers.into_iter().collect();
    Ok(Response { status, headers, body: Bytes::copy_from_slice(body) })
}

/// The status of a status line (RFC 9112, section 4). HTTP/2 has no reason, and no such line: curl
/// writes one.
fn read_status(line: &[u8]) -> Result<u16, String> {
    let line = String::from_utf8_lossy(line);
    let status = line.strip_prefix("HTTP/").and_then(|line| line.split_whitespace().nth(1));
    let digits = status.filter(|status| status.len() == 3);
    let number = digits.and_then(|digits| digits.parse().ok());
    let status = number.filter(|number| (100..=999).contains(number));
    status.ok_or_else(|| "its first line is not like `HTTP/1.1 200 OK`".to_owned())
}

/// The name of a header (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(of_token)
}

#[cfg(test)]
mod tests;
