//! Responses as they are printed, copied and mangled.

use super::response;

fn read(text: &str) -> Result<(u16, String, String), String> {
    let response = response(text.as_bytes())?;
    let headers: Vec<_> =
        response.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = String::from_utf8_lossy(&response.body).into_owned();
    Ok((response.status, headers.join("|"), body))
}

#[test]
fn what_curl_prints_is_a_response() {
    for (text, status, headers, body) in [
        ("HTTP/1.1 200 OK\r\nA: 1\r\n\r\n{}", 200, "a=1", "{}"),
        ("HTTP/1.1 200 OK\nA: 1\n\n{}\n", 200, "a=1", "{}\n"),
        ("HTTP/2 404 \r\ncontent-type: text/plain\r\n\r\n", 404, "content-type=text/plain", ""),
        ("HTTP/1.0 204", 204, "", ""),
        ("HTTP/1.1 200\r\n\r\n\r\n\r\nx", 200, "", "\r\n\r\nx"),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nA: b\r\n\r\nx", 201, "a=b", "x"),
        ("HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 500\r\n\r\nx", 500, "", "x"),
        ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", 200, "", "x"),
        ("HTTP/1.1 200 OK\r\n\r\nHTTP/ is a protocol", 200, "", "HTTP/ is a protocol"),
        ("HTTP/1.1 200 OK\r\nA:b:c \r\nA: d\r\nX:\r\n\r\n", 200, "a=b:c|a=d|x=", ""),
        ("HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\td\r\n\r\nx", 200, "a=b c d", "x"),
        // The body of curl is without chunks, whatever the head says.
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            200,
            "transfer-encoding=chunked",
            "{}",
        ),
    ] {
        assert_eq!(read(text), Ok((status, headers.to_owned(), body.to_owned())), "{text:?}");
    }
}

#[test]
fn what_is_no_response_says_why() {
    for (text, why) in [
        ("", "its first line"),
        ("HTTP/", "its first line"),
        ("HTTP/1.1", "its first line"),
        ("HTTP/1.1 OK 200", "its first line"),
        ("HTTP/1.1 99 x", "its first line"),
        ("HTTP/1.1 0200 x", "its first line"),
        ("HTTP/1.1 +20 x", "its first line"),
        ("HTTP/1.1 200 OK\n{}", "line 2 of its head is no header"),
        ("HTTP/1.1 200 OK\nA: b\nc d: e\n\n", "line 3 of its head is no header"),
        ("HTTP/1.1 200 OK\n: b\n\n", "line 2 of its head is no header"),
    ] {
        let fault = read(text).expect_err(text);
        assert!(fault.starts_with(why), "{text:?}: {fault}");
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_in_the_body_and_replaced_in_the_head() {
    let response = response(b"HTTP/1.1 200 \xff\nA: \xe4\xff\n\n\xff\x00\xfe").unwrap();
    assert_eq!(response.headers.get("a"), Some("\u{fffd}\u{fffd}"));
    assert_eq!(&response.body[..], b"\xff\x00\xfe");
}

proptest::proptest! {
    #[test]
    fn no_text_whatever_brings_it_down(text in "(HTTP/1.1 [0-9]{0,4}|[A:\\r\\n ]|.){0,40}") {
        let _ = response(text.as_bytes());
    }

    #[test]
    fn every_body_comes_through(body in proptest::collection::vec(0u8.., 0..200)) {
        let mut text = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n".to_vec();
        text.extend_from_slice(&body);
        let read = response(&text).unwrap();
        proptest::prop_assert_eq!((read.status, &read.body[..]), (200, &body[..]));
    }
}
