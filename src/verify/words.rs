//! What was not as expected, in one line.

use std::fmt;

use serde_json::Value;

use super::report::{Difference, Failure, Mismatch};

/// Longest value that is shown, in characters.
const LONGEST: usize = 200;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scene) = self.scene {
            write!(f, "event {scene}: ")?;
        }
        self.what.fmt(f)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { position, difference } => {
                write!(f, "request {position} differs: {}", first_row(difference))
            }
            Self::Unexpected { sent, again: None } => {
                write!(f, "a request is sent that nothing expects: {}", request_line(sent))
            }
            Self::Unexpected { again: Some(again), .. } => write!(
                f,
                "request {} is tried again, and has no reply for try {}",
                again.position, again.attempt
            ),
            Self::Missing { position, expected, attempt, held } => {
                match attempt {
                    1 => write!(f, "request {position} is not sent: {}", request_line(expected)),
                    _ => {
                        write!(f, "request {position} is not tried again: try {attempt} is missing")
                    }
                }?;
                held.map_or(Ok(()), |held| write!(f, ": {}", held.reason()))
            }
            Self::Rule { expected, ran: Some(ran) } => {
                write!(f, "the rule `{expected}` must run, and `{ran}` does")
            }
            Self::Rule { expected, ran: None } => {
                write!(f, "the rule `{expected}` must run, and none does")
            }
            Self::Variable { name, expected, found, fault } => {
                write!(f, "the variable `{name}` must be {}, and is ", short(expected))?;
                match found {
                    Some(found) => write!(f, "{}", short(found))?,
                    None => write!(f, "absent")?,
                }
                fault.as_ref().map_or(Ok(()), |fault| write!(f, ": {}", cut(fault)))
            }
            Self::Answer { part, expected, found, body, .. } => {
                let wanted = match expected.chars().next() {
                    Some('{') => "to pass",
                    Some('[') => "to be one of",
                    _ => "to be",
                };
                let expected = cut(expected);
                write!(f, "`{part}` of the answer is expected {wanted} {expected}, and is ")?;
                write!(f, "{}", short(found))?;
                match body.get("message").and_then(Value::as_str) {
                    Some(message) if *part == "status" => write!(f, ": {}", cut(message)),
                    _ => Ok(()),
                }
            }
            Self::Broken(reason) => write!(f, "the connector failed: {}", cut(reason)),
        }
    }
}

/// The first row that differs.
fn first_row(difference: &Difference) -> String {
    let Some(row) = difference.rows.iter().find(|row| row.differs) else { return String::new() };
    let side = |side: &Option<String>| side.as_deref().map(|text| cut(bare(text)));
    match (side(&row.expected), side(&row.sent)) {
        (Some(expected), Some(sent)) => format!("{expected} is expected, {sent} is sent"),
        (Some(expected), None) => format!("{expected} is expected and not sent"),
        (None, Some(sent)) => format!("{sent} is sent and not expected"),
        (None, None) => String::new(),
    }
}

/// The request line of a request on its own.
fn request_line(sheet: &Difference) -> String {
    let line = sheet.rows.first().and_then(|row| row.expected.as_ref().or(row.sent.as_ref()));
    line.map(|line| cut(line)).unwrap_or_default()
}

/// A line without what only holds it together with others.
fn bare(line: &str) -> &str {
    let line = line.trim();
    line.strip_suffix(',').unwrap_or(line)
}

fn short(value: &Value) -> String {
    cut(&value.to_string())
}

/// One line, without control characters, that is not too long.
fn cut(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(LONGEST).map(shown).collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}
