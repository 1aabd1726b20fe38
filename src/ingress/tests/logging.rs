//! What the log says about requests.

use std::io::{self, Write};
use std::sync::Mutex;

use super::*;
use crate::telemetry::log::{Options, start as start_log};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The records that `requests`, one after the other, leave in the log.
async fn records_of(requests: &[String]) -> Vec<Value> {
    let lines = Lines::default();
    let (log, guard) = start_log(Options { output: Box::new(lines.clone()), ..Options::default() });
    let setup = start_logging(config(), Limits { events: 10, bytes: 1_000_000 }, log);
    for request in requests {
        setup.answer_to(request).await;
    }
    assert_eq!(setup.server.stop(LONG).await, 0);
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.filter(|record| record["logger"] == "ingress").collect()
}

#[tokio::test]
async fn one_record_says_how_an_event_ended() {
    let events = ["succeed", "ignore", "fail", "panic"].map(event);
    let records = records_of(&events).await;
    let expected = [
        ("INFO", "succeeded", 200),
        ("INFO", "ignored", 200),
        ("ERROR", "failed", 503),
        ("ERROR", "failed", 500),
    ];
    assert_eq!(records.len(), expected.len());
    for (record, (level, outcome, status)) in records.iter().zip(expected) {
        assert!(record["level"].as_str().unwrap().eq_ignore_ascii_case(level), "{record}");
        assert_eq!((&record["outcome"], &record["status"]), (&json!(outcome), &json!(status)));
        assert!(record["duration_ms"].is_number());
        for id in ["request_id", "unique_id", "event_id", "event_type"] {
            assert!(record[id].is_string(), "{id} is missing in {record}");
        }
    }
    assert_eq!(records[0]["rules"][0]["rule"], "one");
    assert_eq!(records[2]["error"], "connection refused");
    assert!(!records[3].to_string().contains("hunter2"), "{}", records[3]);
}

#[tokio::test]
async fn a_refused_request_is_logged_without_its_token() {
    let request = post("authorization: Bearer hunter2hunter2\r\nx-request-id: u1\r\n", "{}");
    let probe = "GET /health HTTP/1.1\r\nhost: c\r\n\r\n".to_owned();
    let records = records_of(&[request, probe]).await;
    assert_eq!(records.len(), 1, "probes are not logged");
    let record = &records[0];
    assert_eq!((&record["status"], &record["unique_id"]), (&json!(401), &json!("u1")));
    assert!(!record.to_string().contains("hunter2"), "{record}");
}
