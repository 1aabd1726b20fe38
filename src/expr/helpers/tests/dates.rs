//! Moments as targets want them, and the formats and zones that there are not.

use serde_json::{Value, json};

use super::call;

#[test]
fn moments_are_written_in_any_format_and_zone() {
    for (arguments, expected) in [
        (json!(["2025-05-16T12:59:46Z", "%Y%m%d%H%M%S"]), "20250516125946"),
        (json!(["2025-05-16T12:59:46Z", "%F %T", "+02:00"]), "2025-05-16 14:59:46"),
        (json!(["2025-05-16T12:59:46Z", "%F %T", "-0330"]), "2025-05-16 09:29:46"),
        (json!(["2025-05-16T12:59:46Z", "%F %T %Z", "Europe/Kyiv"]), "2025-05-16 15:59:46 EEST"),
        (json!(["2025-01-16T12:59:46Z", "%F %T %z", "europe/kyiv"]), "2025-01-16 14:59:46 +0200"),
        (json!(["2025-05-16T23:30:00Z", "%d.%m.%y", "UTC"]), "16.05.25"),
        (json!(["2025-05-16T23:30:00+02:00", "%H:%M"]), "21:30"),
        (json!(["2025-05-16", "%A, %-d %B %Y"]), "Friday, 16 May 2025"),
        (json!([1747400386, "%s"]), "1747400386"),
        (json!(["1747400386123", "%T%.3f"]), "12:59:46.123"),
        (json!(["2025-05-16", "%%Ü %Y"]), "%Ü 2025"),
        (json!(["2025-05-16", ""]), ""),
        (json!(["2025-05-16", "%255Y"]), "00000000000000002025"),
        (json!(["-009999-01-02T01:59:59Z", "%Y", "-25:59"]), "-9999"),
    ] {
        let arguments = arguments.as_array().cloned().unwrap_or_default();
        assert_eq!(call("date", &arguments), Ok(Some(json!(expected))), "{arguments:?}");
    }
}

#[test]
fn what_is_no_moment_no_format_or_no_zone_is_named() {
    let long = "%Y".repeat(200);
    for (arguments, named) in [
        (json!(["16.05.2025", "%Y"]), "\"16.05.2025\" is not a timestamp"),
        (json!([null, "%Y"]), "null is not a timestamp"),
        (json!([true, "%Y"]), "true is not a timestamp"),
        (json!([i64::MIN, "%Y"]), "is not a timestamp"),
        (json!([0, "%!"]), "\"%!\" is not a format of dates"),
        (json!([0, "%E"]), "\"%E\" is not a format of dates"),
        (json!([0, "a%"]), "\"a%\" is not a format of dates"),
        (json!([0, "%."]), "\"%.\" is not a format of dates"),
        (json!([0, "%.3"]), "\"%.3\" is not a format of dates"),
        (json!([0, "%_"]), "\"%_\" is not a format of dates"),
        (json!([0, "%:"]), "\"%:\" is not a format of dates"),
        (json!([0, "%99"]), "\"%99\" is not a format of dates"),
        (json!([0, "%999Y"]), "\"%999Y\" is not a format of dates"),
        (json!([0, "%ü"]), "\"%ü\" is not a format of dates"),
        (json!([0, "%\u{0}"]), "is not a format of dates"),
        (json!([0, long]), "the format is longer than 256 bytes"),
        (json!([0, []]), "argument 2 is an array, not text"),
        (json!([0, "%Y", "Kyiv"]), "\"Kyiv\" is not a time zone"),
        (json!([0, "%Y", ""]), "\"\" is not a time zone"),
        (json!([0, "%Y", "+"]), "\"+\" is not a time zone"),
        (json!([0, "%Y", "+99:00"]), "\"+99:00\" is not a time zone"),
        (json!([0, "%Y", "+02:00 "]), "\"+02:00 \" is not a time zone"),
        (json!([0, "%Y", "EST5EDT,M3.2.0,M11.1.0"]), "is not a time zone"),
        (json!([0, "%Y", "../../etc/passwd"]), "is not a time zone"),
        (json!([0, "%Y", "x".repeat(9999)]), "a string of 9999 characters is not a time zone"),
        (json!([0, "%Y", {}]), "argument 3 is an object, not text"),
    ] {
        let arguments: Vec<Value> = arguments.as_array().cloned().unwrap_or_default();
        let refusal = call("date", &arguments).expect_err(named);
        assert!(refusal.contains(named), "{named}: {refusal}");
        assert!(refusal.len() < 400, "{refusal}");
    }
}
