//! Moments of time, as targets want them written. Zones are those that the connector was built
//! with: nothing is read from the machine.

use jiff::Timestamp;
use jiff::fmt::{strtime, temporal::DateTimeParser};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;

use super::super::convert::{cannot, shown, timestamp};
use super::{Absence::Propagates, Helper, Pointless, given, helper, text_of_argument};

/// Longest format, in bytes. A directive of three bytes may write 30.
const LONGEST_FORMAT: usize = 256;

pub(super) const HELPERS: &[Helper] =
    &[helper("date", (2, 3), "date when \"%Y-%m-%d\" \"Europe/Kyiv\"", Propagates, |a| {
        let zone = a.get(2).copied().flatten().map_or(Ok(TimeZone::UTC), zone)?;
        write(moment(given(a, 0))?, given(a, 1), zone).map(|text| Some(Value::String(text)))
    })
    .checked(|position, literal| match position {
        0 => moment(literal).map(drop),
        1 => write(SAMPLE, literal, TimeZone::UTC).map(drop),
        _ => zone(literal).map(drop),
    })
    .doubted(|position, literal| {
        (position == 1).then(|| literal.as_str().and_then(without_directive))?
    })];

/// A moment that every directive can write.
const SAMPLE: Timestamp = Timestamp::UNIX_EPOCH;

fn moment(value: &Value) -> Result<Timestamp, String> {
    timestamp(value).ok_or_else(|| cannot(value, "a timestamp"))
}

fn write(moment: Timestamp, format: &Value, zone: TimeZone) -> Result<String, String> {
    let text = text_of_argument(format, 1)?;
    if text.len() > LONGEST_FORMAT {
        return Err(format!("the format is longer than {LONGEST_FORMAT} bytes"));
    }
    strtime::format(&text, &moment.to_zoned(zone))
        .map_err(|error| format!("{} is not a format of dates: {error}", shown(format)))
}

/// What other systems write for parts of a date, the longest first, and how it is written here.
const PATTERNS: [(&str, &str); 9] = [
    ("yyyy", "%Y"),
    ("YYYY", "%Y"),
    ("yy", "%y"),
    ("dd", "%d"),
    ("DD", "%d"),
    ("MM", "%m"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
];

/// A format without a directive gives itself, whatever the date is.
fn without_directive(format: &str) -> Option<Pointless> {
    if format.contains('%') {
        return None;
    }
    let meant = PATTERNS.iter().fold(format.to_owned(), |text, (from, to)| text.replace(from, to));
    let help = match meant.contains('%') {
        true => format!("write \"{meant}\": formats are those of strftime"),
        false => "formats are those of strftime, such as \"%Y-%m-%d %H:%M:%S\"".to_owned(),
    };
    Some(Pointless { reason: "there is no `%` in its format", help })
}

/// A zone of the IANA database, or a distance from UTC.
fn zone(value: &Value) -> Result<TimeZone, String> {
    let text = text_of_argument(value, 2)?;
    let database = TimeZoneDatabase::bundled();
    let zone = match text.starts_with(['+', '-']) {
        true => DateTimeParser::new().parse_time_zone_with(&database, &text),
        false => database.get(&text),
    };
    zone.map_err(|_| {
        format!("{} is not a time zone such as `Europe/Kyiv` or `+02:00`", shown(value))
    })
}
