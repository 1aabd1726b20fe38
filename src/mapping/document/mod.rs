//! Mapping files as written: the YAML tree decoded, one to one, every fault collected. What names
//! and texts mean is for `mapping::check`.

mod auth;
pub mod decode;
mod extract;
mod fields;
mod limits;
mod repeat;
mod responses;
mod rule;
pub mod schema;
mod target;
mod tls;
mod undo;
mod values;
mod when;

use serde_json::json;

pub use auth::{ApiKey, Assertion, Auth, Basic, ClientAuth, Grant, Oauth2, Session};
use decode::{Anything, Each, Named, Text, WithNode, document};
pub use extract::{Case, LongVariable, Variable};
pub use limits::{Breaker, BreakerSetting, Limits};
pub use repeat::Repeat;
pub use responses::ResponseEntry;
pub use rule::{Rule, Step};
use schema::{Schema, form};
pub use target::{Retry, Target};
pub use tls::Tls;
pub use when::{Clause, Test, When};

document! {
    /// What one integration is: the external systems that it calls, the events that it handles, what
    /// it takes from them, what it sends, and what the answers mean. `nsps-connector check` tells
    /// every mistake in it.
    ///
    /// In any string but keys, names and paths, `${NAME}` stands for an environment variable,
    /// `${NAME:-fallback}` for one that may not be set, and `${file:/run/secrets/name}` for the text
    /// of a file; a literal `${` is written `$${`.
    #[schema(title("Mapping of the NSPS connector"))]
    Mapping is "a mapping file", ignore_extensions {
        /// Version of the mapping format: `1`.
        #[schema(keyword("const", Mapping::VERSION))]
        expected version: Anything,
        /// What this integration is for, in a few words for people; `check` shows it.
        #[schema(examples(["WTL HLR/HSS, one upsert per SIM change"]))]
        optional description: Text,
        /// The external systems that this file calls, by name; at least one.
        #[schema(
            names(&form::KEBAB_NAME),
            keyword("minProperties", 1),
            examples([json!({ "crm": { "url": "https://crm.example/api" } })]),
        )]
        expected targets: Named<WithNode<Target>>,
        /// Variables that all rules of the file share, by name. A rule and a step may have an
        /// `extract` of their own.
        #[schema(
            names(&form::NAME),
            examples([json!({ "imsi": "$.pb_data.sim_info.imsi" })]),
        )]
        optional extract: Named<Variable>,
        /// Look-up tables, by name: for `map`, `in_table` and the helper `lookup`. What is looked up
        /// is compared by its text (1591 is `"1591"`); the values keep their type, and cannot depend
        /// on the event.
        #[schema(
            names(&form::NAME),
            values(Schema::of(&["object"])),
            examples([json!({ "plans": { "1591": "2101", "1592": "2102" } })]),
        )]
        optional tables: Named<Anything>,
        /// Which events are handled, and how. The first rule whose `event` and `when` hold is the
        /// one that runs. At least one.
        #[schema(
            keyword("minItems", 1),
            examples([json!([{ "name": "all", "event": "*", "ignore": "not ours" }])]),
        )]
        expected rules: Each<Rule>,
    }
}

impl Mapping {
    /// The version of the format that this program reads.
    pub const VERSION: u32 = 1;

    /// Its rules, in order. One that could not be read does not hide the faults of the others.
    pub fn rules(&self) -> &[Option<Rule>] {
        self.rules.as_ref().map_or(&[], |each| &each.members)
    }
}
