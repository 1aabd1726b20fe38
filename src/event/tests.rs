//! What is an event, and what is none.

use super::*;

mod schema;

fn parse(body: &str) -> Result<Event, EnvelopeFault> {
    Event::parse(body.as_bytes(), "r".to_owned(), "u".to_owned())
}

fn refusal(body: &str) -> String {
    parse(body).expect_err("must be refused").to_string()
}

#[test]
fn the_smallest_event_is_read() {
    let event =
        parse(r#"{"event_id":"e","data":{"event_type":"SIM/Updated"},"pb_data":{}}"#).unwrap();
    assert_eq!((&*event.id, &*event.event_type), ("e", "SIM/Updated"));
}

#[test]
fn optional_fields_may_be_null_and_unknown_ones_are_kept() {
    let event = parse(
        r#"{"event_id":"e","data":{"event_type":"X","variables":{}},"pb_data":null,"status":null,"new":[1]}"#,
    )
    .unwrap();
    assert_eq!(event.body.to_value()["new"][0], 1);
}

#[test]
fn a_bad_envelope_says_what_is_wrong_with_it() {
    for (body, reason) in [
        ("[]", "the body must be an object, it is an array"),
        ("{}", "`data` is missing"),
        (r#"{"data":1}"#, "`data` must be an object, it is a number"),
        (r#"{"data":{"event_type":"X"}}"#, "`event_id` is missing"),
        (r#"{"event_id":7,"data":{}}"#, "`event_id` must be a string, it is a number"),
        (r#"{"event_id":"","data":{}}"#, "`event_id` is empty"),
        (r#"{"event_id":"e","data":{}}"#, "`data.event_type` is missing"),
        (
            r#"{"event_id":"e","data":{"event_type":"X"}}"#,
            "the event has neither `data.variables` nor `pb_data`: nothing says what changed",
        ),
        (
            r#"{"event_id":"e","data":{"event_type":"X"},"pb_data":[]}"#,
            "`pb_data` must be an object, it is an array",
        ),
    ] {
        assert_eq!(refusal(body), reason, "{body}");
    }
}

#[test]
fn what_is_not_json_is_told_apart() {
    for body in ["", "{", "\u{feff}{}", r#"{"a":"\ud800"}"#, &"[".repeat(200)] {
        assert!(matches!(parse(body), Err(EnvelopeFault::NotJson(_))), "{body}");
    }
}
