//! What is found, what is left alone, and how each is shown.

use serde_json::{Value, json};

use super::*;
use crate::telemetry::mask::identifiers;

fn event() -> Value {
    json!({"event_id": "e", "pb_data": {
        "account_info": {
            "id": "79123456789@msisdn", "firstname": "Serhii", "lastname": "O'Brien & Söhne",
            "email": "s.dol@example.com", "zip": "12345", "phone1": "", "phone2": " +4420 ",
            "cont1": "Al", "i_account": 777, "product_name": "Pay as you go",
        },
        "sim_info": {"imsi": "001010000020349", "msisdn": 79_123_456, "status": "active"},
        "prev_sim_info": {"iccid": "8938003991234567890123"},
        "access_policy_info": [{"name": "Integration"}],
    }})
}

fn masked_text(text: &str) -> String {
    identifiers(text, &Identifiers::of(&event()), IdentifierMode::Masked).into_owned()
}

fn foreign(text: &str) -> String {
    identifiers(text, &Identifiers::default(), IdentifierMode::Masked).into_owned()
}

#[test]
fn digit_runs_are_masked_wherever_they_stand() {
    for (text, shown) in [
        ("imsi=001010000020349", "imsi=00101********49"),
        ("imsi001010000020349", "imsi00101********49"),
        ("001010000020349@x", "00101********49@x"),
        ("+79123456789", "+79123****89"),
        ("/subs/001010000020349", "/subs/00101********49"),
        (r#"{"imsi":"001010000020349","n":1}"#, r#"{"imsi":"00101********49","n":1}"#),
        ("a001010000020349", "a00101********49"),
        ("to=%2B79123456789%26", "to=%2B79123****89%26"),
        ("x%2089380039912345678901", "x%2089380*************01"),
        (r"x\u002089380039912345678901", r"x\u002089380*************01"),
        ("1234567890", "12345***90"),
        ("550e8400-e29b-41d4-a716-x446655440000", "550e8400-e29b-41d4-a716-x44665*****00"),
        ("550e8400-446655440000", "550e8400-44665*****00"),
    ] {
        assert_eq!(foreign(text), shown, "{text}");
    }
}

#[test]
fn ids_that_logs_are_searched_by_stay_readable() {
    for text in [
        "trace 4bf92f3577b34da6a123456789012e47 ended",
        "4BF92F3577B34DA6A123456789012E47",
        "550e8400-e29b-41d4-a716-446655440000",
        "/events/550e8400-e29b-41d4-a716-4466554400ab?x",
        "00-4bf92f3577b34da6a123456789012e47-a1234567890123f7-01",
        "123456789",
        "123456789012345678901",
        "2025-03-12T16:47:30.443939+00:00",
    ] {
        assert!(matches!(
            identifiers(text, &Identifiers::default(), IdentifierMode::Masked),
            Cow::Borrowed(_)
        ));
    }
}

#[test]
fn an_events_own_values_are_masked() {
    for (text, shown) in [
        ("79123456789@msisdn", "79123****89@msisdn"),
        ("Dear Serhii,", "Dear S*****,"),
        ("O'Brien & Söhne", "O**************"),
        ("s.dol@example.com", "s****************"),
        ("zip 12345", "zip *****"),
        ("call 4420", "call ****"),
        ("msisdn 79123456", "msisdn 79123*56"),
        ("8938003991234567890123", "89380***************23"),
        ("Al, 777, Pay as you go, active", "Al, 777, Pay as you go, active"),
        ("000010100000203490000000", "0000101********490000000"),
    ] {
        assert_eq!(masked_text(text), shown, "{text}");
    }
}

#[test]
fn own_values_are_masked_in_every_encoding() {
    for text in [
        "O%27Brien%20%26%20S%C3%B6hne",
        "O%27Brien%20%26%20S%c3%b6hne",
        "O%27Brien+%26+S%C3%B6hne",
        "O&apos;Brien &amp; Söhne",
        "O&#39;Brien &amp; Söhne",
        r"O'Brien & S\u00f6hne",
    ] {
        assert_eq!(masked_text(text), "O**************", "{text}");
    }
}

#[test]
fn a_run_of_digits_is_masked_whole_even_if_part_of_it_is_a_value() {
    assert_eq!(masked_text("991234500000"), "99123*****00");
}

#[test]
fn off_shows_nothing_and_full_everything() {
    let own = Identifiers::of(&event());
    let text = "Serhii has 79123456789 and 001010000020999";
    assert_eq!(identifiers(text, &own, IdentifierMode::Off), "*** has *** and ***");
    assert_eq!(identifiers(text, &own, IdentifierMode::Full), text);
}

#[test]
fn numbers_are_masked_as_texts_are() {
    let own = Identifiers::of(&event());
    for (number, shown) in [
        ("79123456789", Some("79123****89")),
        ("-79123456789", Some("-79123****89")),
        ("79123456789.0", Some("79123****89.0")),
        ("7.9123456789e10", Some("7.91234***89e10")),
        ("79123456", Some("79123*56")),
        ("12345", Some("*****")),
        ("123456", None),
        ("0.12345678901234", None),
        ("123456789012345678901", None),
    ] {
        let masked = own.number(number, IdentifierMode::Masked);
        assert_eq!(masked.as_deref(), shown, "{number}");
    }
    assert_eq!(own.number("79123456789", IdentifierMode::Full), None);
    assert_eq!(own.number("79123456789", IdentifierMode::Off).as_deref(), Some("***"));
}

#[test]
fn events_of_any_shape_are_read() {
    for event in [
        json!(null),
        json!([]),
        json!({"pb_data": []}),
        json!({"pb_data": {"account_info": null, "sim_info": [1], "prev_sim_info": {}}}),
        json!({"pb_data": {"account_info": {"id": {"a": 1}, "email": ["x"], "zip": true}}}),
        json!({"pb_data": {"account_info": {"id": "@", "email": "", "zip": "+"}}}),
    ] {
        assert_eq!(format!("{:?}", Identifiers::of(&event)), "Identifiers(0)", "{event}");
    }
}

#[test]
fn a_huge_value_is_masked_with_everything_behind_it() {
    let name = "Näme \"\u{0}\n".repeat(100_000);
    let own = Identifiers::of(&json!({"pb_data": {"account_info": {"firstname": name}}}));
    let shown = identifiers(&name, &own, IdentifierMode::Off);
    assert_eq!(shown, "***");
}

#[test]
fn a_mode_is_read_by_its_name() {
    assert_eq!("off".parse(), Ok(IdentifierMode::Off));
    let fault = "none".parse::<IdentifierMode>().unwrap_err();
    assert_eq!(fault, "`none` is not one of `full`, `masked`, `off`");
}

fn own(values: &[String]) -> Identifiers {
    let mut own = Identifiers::default();
    values.iter().for_each(|value| own.add(value));
    own
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(256))]

    #[test]
    fn no_form_of_a_value_is_in_a_text_without_a_hint_of_it(
        values in proptest::collection::vec("[a-c12äИ .,'&<\"/+@-]{3,9}", 1..4),
        around in "[a-c12 %\\\\]{0,9}",
    ) {
        let own = own(&values);
        for value in own.values.iter() {
            for form in encodings::of(value) {
                let text = format!("{around}{form}{around}");
                proptest::prop_assert!(own.may_be_in(&text), "{text}");
            }
        }
    }

    #[test]
    fn ten_digits_in_a_row_are_never_overlooked(text in "[0-9]{0,12}[a-z%][0-9]{0,25}[a-z-]{0,3}[0-9]{0,12}") {
        let mut spans = Vec::new();
        digit_runs(&text, &mut spans);
        proptest::prop_assert!(spans.is_empty() || has_long_run(text.as_bytes()), "{text}");
        let is_there = text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 10);
        proptest::prop_assert_eq!(has_long_run(text.as_bytes()), is_there);
    }
}

#[test]
fn a_text_without_a_hint_is_not_searched() {
    let own = Identifiers::of(&event());
    for text in ["https://hss.test/wtl/hlr/v1", "wtl-hss.yaml", "succeeded", ""] {
        assert!(!own.may_be_in(text), "{text}");
    }
    assert!(own.finder.get().is_none());
}
