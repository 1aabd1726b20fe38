//! What a mapping test expects of the answer to NSPS: the tests of `when`, without names.

use super::super::diagnostic::{Report, Source};
use super::super::document::Test as Written;
use super::super::env::Environment;
use super::Checker;
use crate::expr::condition::{Condition, Subject};
use crate::expr::{At, Path};

/// A test of one part of an answer, which its path reads from an object of the parts: `status`, a
/// text, or a list of steps. `None` if it has a mistake, which was reported.
pub(crate) fn answer_test(
    part: &str,
    written: &Written,
    source: &Source,
    env: &mut Environment<'_>,
    report: &mut Report,
) -> Option<Condition> {
    let mut checker = Checker::new(source, env, report);
    checker.scopes.nameless = true;
    let test = checker.test(written, part == "status")?;
    let path = match part {
        "undone" | "not_undone" => format!("$.{part}[*]"),
        part => format!("$.{part}"),
    };
    let subject = Subject::Path(Path::parse(&path).ok()?);
    // Where it stands is told by the clause that it is in.
    Some(Condition::Test { at: At::default(), subject, test })
}
