//! Test files as written: the YAML tree decoded, one to one, every fault collected. What they mean is
//! for `verify::read`.

mod exchange;
mod scene;
mod values;

use serde_json::{Value, json};

pub use exchange::{Exchange, Reply};
pub use scene::{Answer, Case, Keys};
pub use values::Word;

use crate::mapping::document::decode::{Each, Named, Text, document};
use crate::mapping::document::schema::{Form, of_documents};

document! {
    /// Tests of one mapping file: events, what must be sent for them, what comes back, and what NSPS
    /// must be told. `nsps-connector test` runs them, without targets, network or waiting.
    ///
    /// Strings are literal: there is no `${…}` and no `{{…}}`, but in what `answer` compares with.
    #[schema(title("Tests of a mapping of the NSPS connector"))]
    TestDocument is "a test file", ignore_extensions {
        /// The mapping file that is tested; its path begins at the test file.
        #[schema(examples(["wtl-hss.yaml"]))]
        expected mapping: Text,
        /// Everything that `${…}` of the mapping can stand for, by name; a file, as in
        /// `${file:/run/secrets/token}`, by `file:/run/secrets/token`. The environment of the process
        /// is never read.
        #[schema(
            names(&ENV_NAME),
            examples([json!({ "HSS_URL": "http://hss.test", "file:/run/secrets/token": "abc" })]),
        )]
        optional env: Named<Word>,
        /// The moment at which each case begins: a timestamp with a zone (RFC 3339).
        #[schema(default(NOW), examples(["2026-01-31T12:00:00Z"]))]
        optional now: Text,
        /// What is tried, each for itself. At least one.
        #[schema(
            keyword("minItems", 1),
            examples([json!([{ "name": "an event of another system", "event": "other.json", "exchange": [] }])]),
        )]
        expected cases: Each<Case>,
    }
}

/// The moment at which cases begin unless they say otherwise.
pub const NOW: &str = "2026-01-01T00:00:00Z";

/// Names of what the environment holds.
const ENV_NAME: Form = Form {
    pattern: std::borrow::Cow::Borrowed("^([A-Za-z_][A-Za-z0-9_]*|file:.+)$"),
    expected: "write the name of an environment variable, or `file:` and a path",
};

/// The schema of test files.
pub fn schema() -> Value {
    of_documents(TestDocument::object)
}

#[cfg(test)]
mod tests;
