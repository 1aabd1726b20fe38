//! What was not as expected, in one line.

use std::fmt;

use serde_json::Value;

use super::report::{Again, Failure, Mismatch};

/// Characters of a value that a line shows.
const SHOWN: usize = 120;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scene {
            Some(scene) => write!(f, "event {scene}: {}", self.what),
            None => self.what.fmt(f),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { position, .. } => write!(f, "request {position} is not as expected"),
            Self::Unexpected { again: None, .. } => {
                f.write_str("a request was sent that is not expected")
            }
            Self::Unexpected { again: Some(Again { position, attempt }), .. } => {
                write!(
                    f,
                    "request {position} was sent again (try {attempt}), which is not expected"
                )
            }
            Self::Missing { position, attempt: ..=1, .. } => {
                write!(f, "request {position} was not sent")
            }
            Self::Missing { position, attempt, .. } => {
                write!(f, "request {position} was not sent again (try {attempt})")
            }
            Self::Rule { expected, ran: Some(ran) } => {
                write!(f, "rule `{ran}` ran; expected rule `{expected}`")
            }
            Self::Rule { expected, ran: None } => {
                write!(f, "no rule ran; expected rule `{expected}`")
            }
            Self::Variable { name, expected, found, fault } => {
                let found = found.as_ref().map_or_else(|| "absent".to_owned(), short);
                write!(f, "variable `{name}` is {found}; expected {}", short(expected))?;
                fault.iter().try_for_each(|fault| write!(f, " ({fault})"))
            }
            Self::Answer { part, expected, found, .. } => {
                write!(f, "`{part}` of the answer is {}; expected {expected}", short(found))
            }
            Self::Broken(reason) => write!(f, "the connector failed: {reason}"),
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::expr::At;
    use crate::verify::report::Difference;

    fn told(what: Mismatch) -> String {
        Failure { at: At { line: 1, column: 1 }, scene: None, what }.to_string()
    }

    #[test]
    fn each_mismatch_says_what_is_and_what_was_expected() {
        let variable = |expected, found, fault: Option<&str>| Mismatch::Variable {
            name: "plan".into(),
            expected,
            found,
            fault: fault.map(str::to_owned),
        };
        let difference = Difference::default;
        let again = Some(Again { position: 2, attempt: 4 });
        for (what, line) in [
            (
                Mismatch::Request { position: 2, difference: difference() },
                "request 2 is not as expected",
            ),
            (
                Mismatch::Unexpected { sent: difference(), again: None },
                "a request was sent that is not expected",
            ),
            (
                Mismatch::Unexpected { sent: difference(), again },
                "request 2 was sent again (try 4), which is not expected",
            ),
            (
                Mismatch::Missing { position: 1, expected: difference(), attempt: 1 },
                "request 1 was not sent",
            ),
            (
                Mismatch::Missing { position: 1, expected: difference(), attempt: 3 },
                "request 1 was not sent again (try 3)",
            ),
            (
                Mismatch::Rule { expected: "a".into(), ran: Some("b".into()) },
                "rule `b` ran; expected rule `a`",
            ),
            (Mismatch::Rule { expected: "a".into(), ran: None }, "no rule ran; expected rule `a`"),
            (variable(json!("1"), Some(json!(1)), None), "variable `plan` is 1; expected \"1\""),
            (
                variable(json!(null), None, Some("no number")),
                "variable `plan` is absent; expected null (no number)",
            ),
            (
                Mismatch::Answer {
                    part: "status",
                    expected: "[200, 422]".into(),
                    found: json!(503),
                    status: 503,
                    body: json!({}),
                },
                "`status` of the answer is 503; expected [200, 422]",
            ),
            (Mismatch::Broken("it hangs".to_owned()), "the connector failed: it hangs"),
        ] {
            assert_eq!(told(what), line);
        }
    }

    #[test]
    fn of_several_events_the_line_names_the_one() {
        let what = Mismatch::Rule { expected: "a".into(), ran: None };
        let failure = Failure { at: At { line: 1, column: 1 }, scene: Some(2), what };
        assert_eq!(failure.to_string(), "event 2: no rule ran; expected rule `a`");
    }

    #[test]
    fn a_long_value_is_cut() {
        let found = Some(json!("é".repeat(200)));
        let what = Mismatch::Variable { name: "x".into(), expected: json!(1), found, fault: None };
        let line = told(what);
        assert_eq!(line, format!("variable `x` is \"{}…; expected 1", "é".repeat(119)));
    }
}
