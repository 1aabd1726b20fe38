//! Connections after good and bad requests, and clients that take their time.

use super::*;

/// Everything arrives in pieces, as on a real network.
async fn send_slowly(client: &mut Client, bytes: &str, piece: usize) -> usize {
    let mut sent = 0;
    for piece in bytes.as_bytes().chunks(piece) {
        if client.stream.get_mut().write_all(piece).await.is_err() {
            break;
        }
        sent += piece.len();
        tokio::task::yield_now().await;
    }
    sent
}

fn chunked(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: c\r\n{headers}transfer-encoding: chunked\r\n\r\n\
         {length:x}\r\n{body}\r\n0\r\n\r\n"
    )
}

const TOKEN: &str = "authorization: Bearer token\r\n";

#[tokio::test]
async fn a_connection_serves_many_requests_refused_ones_included() {
    let setup = start();
    let mut client = setup.client().await;
    for _ in 0..2 {
        for (request, status) in [
            (event("succeed"), 200),
            (post("", &body("succeed")), 401),
            (chunked(TOKEN, &body("succeed")), 200),
            (chunked("", &body("succeed")), 401),
            ("GET /nothing HTTP/1.1\r\nhost: c\r\ncontent-length: 2\r\n\r\n{}".to_owned(), 404),
            (post(TOKEN, "{"), 400),
            (event("panic"), 500),
            ("GET /health HTTP/1.1\r\nhost: c\r\n\r\n".to_owned(), 200),
        ] {
            let answer = client.asks(&request).await;
            assert_eq!((answer.status, answer.closes()), (status, false), "{request}");
        }
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let setup = start();
    let mut client = setup.client().await;
    let bad = post("", &body("succeed"));
    client.sends(&[event("ignore"), bad, event("fail"), event("succeed")].concat()).await;
    for status in [200, 401, 503, 200] {
        assert_eq!(client.hears().await.status, status);
    }
}

#[tokio::test]
async fn a_client_that_waits_for_permission_to_send_gets_it() {
    let setup = start();
    let request = post(&format!("expect: 100-continue\r\n{TOKEN}"), &body("succeed"));
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let mut client = setup.client().await;
    client.sends(head).await;
    assert!(client.hears_head().await.starts_with("HTTP/1.1 100 "));
    assert_eq!(client.asks(body).await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_refused_while_it_sends_can_read_the_answer() {
    let setup = start();
    let large = "x".repeat(6 * 1024 * 1024);
    for (request, status) in [
        (post("", &large), 401),
        (chunked("", &large), 401),
        (post(TOKEN, &large), 413),
        (chunked(TOKEN, &large), 413),
        (post(&format!("content-type: text/plain\r\n{TOKEN}"), &large), 415),
    ] {
        let mut client = setup.client().await;
        let sent = send_slowly(&mut client, &request, 64 * 1024).await;
        assert_eq!(sent, request.len(), "the server must read on for a while");
        let answer = client.hears().await;
        assert_eq!((answer.status, answer.closes()), (status, true));
        client.stream.get_mut().shutdown().await.unwrap();
        assert_eq!(client.hears_the_end().await, "");
    }
    assert_eq!(setup.admission.bytes_in_flight(), 0);
}

#[tokio::test]
async fn the_largest_body_is_read_and_one_byte_more_is_not() {
    let config = Config { max_body: 1000, ..config() };
    let setup = start_with(config, Limits { events: 10, bytes: 10_000 });
    let padded = |size: usize| format!("{:size$}", body("succeed"));
    for frame in [post, chunked] {
        assert_eq!(setup.answer_to(&frame(TOKEN, &padded(1000))).await.status, 200);
        assert_eq!(setup.answer_to(&frame(TOKEN, &padded(1001))).await.status, 413);
    }
}

#[tokio::test]
async fn the_token_is_checked_before_the_body_is_there() {
    let setup = start();
    let mut client = setup.client().await;
    let answer = client.asks("POST / HTTP/1.1\r\nhost: c\r\ncontent-length: 100\r\n\r\n").await;
    assert_eq!((answer.status, answer.closes()), (401, true));
    assert_eq!(client.hears_the_end().await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408_and_one_cut_short_is_400() {
    let setup = start_with(impatient(), Limits { events: 1, bytes: 1000 });
    let head = format!("POST / HTTP/1.1\r\nhost: c\r\n{TOKEN}content-length: 100\r\n\r\n{{");
    let mut slow = setup.client().await;
    let answer = slow.asks(&head).await;
    assert_eq!((answer.status, answer.text("type")), (408, "VALIDATION_ERROR"));
    assert!(answer.closes());

    let mut gone = setup.client().await;
    gone.sends(&head).await;
    gone.stream.get_mut().shutdown().await.unwrap();
    assert!(gone.hears_the_end().await.starts_with("HTTP/1.1 400 "));
    assert_eq!((setup.admission.in_flight(), setup.admission.bytes_in_flight()), (0, 0));
}

#[tokio::test]
async fn a_head_in_drips_ends_the_connection_the_first_one_and_later_ones() {
    let setup = start_with(impatient(), Limits { events: 1, bytes: 1000 });
    let mut first = setup.client().await;
    first.sends("GET / HTTP/1.1\r\nhost").await;
    assert!(first.hears_the_end().await.starts_with("HTTP/1.1 408 "));

    let mut later = setup.client().await;
    later.asks("GET / HTTP/1.1\r\nhost: c\r\n\r\n").await;
    later.sends("GET / HTTP/1.1\r\nx: ").await;
    let drip = async { while later.drips().await {} };
    timeout(LONG, drip).await.expect("must be closed");
}

#[tokio::test]
async fn a_long_run_is_not_taken_for_an_idle_connection() {
    let setup = start_with(impatient(), Limits { events: 1, bytes: 1000 });
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    let past_head_and_idle_time = Duration::from_millis(3000);
    timeout(past_head_and_idle_time, client.hears()).await.err().expect("still runs");
    setup.release();
    assert_eq!(client.hears().await.status, 200);
}

#[tokio::test]
async fn a_run_survives_its_client() {
    let setup = start();
    let mut client = setup.client().await;
    client.sends(&event("hang")).await;
    setup.has_begun(1).await;
    drop(client);
    timeout(Duration::from_millis(300), setup.admission.drained()).await.expect_err("still runs");
    setup.release();
    timeout(LONG, setup.admission.drained()).await.unwrap();
    assert_eq!(*setup.service.ended.borrow(), 1);
}
