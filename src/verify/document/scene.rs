//! `cases`: events, what is changed in them, and what is expected.

use serde_json::json;

use super::exchange::Exchange;
use super::values::Word;
use crate::mapping::document::Test;
use crate::mapping::document::decode::{
    Anything, Each, Given, Named, OneOrMany, Period, Text, WithNode, document,
};
use crate::mapping::document::schema::{Form, form};
use crate::mapping::yaml::Span;

/// Paths of what is changed in an event.
const PATH: Form =
    Form { pattern: std::borrow::Cow::Borrowed(r"^\$"), expected: "a JSONPath begins with `$`" };

/// A case and a member of a `sequence` have these keys, each with some of its own before.
macro_rules! scene {
    ({ $($head:tt)* } $name:ident is $what:literal $event:ident { $($own:tt)* }) => {
        document! {
            $($head)*
            $name is $what {
                $($own)*
                /// The event: a JSON file, whose path begins at the test file, or the event itself.
                #[schema(
                    types(&["string", "object"]),
                    examples(json!(["../tests/events/sim-updated.json", {
                        "event_id": "1",
                        "data": { "event_type": "SIM/Updated" },
                        "pb_data": { "sim_info": { "imsi": "001010000020349" } },
                    }])),
                )]
                $event event: Given,
                /// What is changed in the event: values by JSONPath. Every node that a path selects is
                /// set; a path of names and positions alone creates what is not there.
                #[schema(
                    names(&PATH),
                    examples([json!({ "$.pb_data.account_info.bill_status": "suspended" })]),
                )]
                optional set: Named<Given>,
                /// What is removed from the event after that: JSONPaths, each of which must select
                /// something.
                #[schema(examples(json!([["$.pb_data.access_policy_info"]])))]
                optional remove: OneOrMany<Text>,
                /// The rule that must run.
                #[schema(form(&form::KEBAB_NAME), examples(["update"]))]
                optional rule: Text,
                /// Values that variables of the file and of the rule must have, and what steps saved, by
                /// name. Types count; null stands for null and for absent.
                #[schema(
                    names(&form::NAME),
                    examples([json!({ "msisdn": "79123456789", "plan": null })]),
                )]
                optional variables: Named<Anything>,
                /// What must be sent, in order, and nothing else; where it is missing, nothing may be.
                #[schema(examples([json!([{ "request": "POST /prov", "reply": { "status": 200 } }])]))]
                optional exchange: Each<Exchange>,
                /// What NSPS must be told.
                #[schema(examples([json!({ "status": 422, "message": { "contains": "profile" } })]))]
                optional answer: Answer,
            }
        }

        impl $name {
            /// What cases and members of a `sequence` have in common.
            pub fn keys(&self) -> Keys<'_> {
                Keys {
                    span: self.span,
                    unreadable: &self.unreadable,
                    event: self.event.as_ref(),
                    set: self.set.as_ref(),
                    remove: self.remove.as_ref(),
                    rule: self.rule.as_ref(),
                    variables: self.variables.as_ref(),
                    exchange: self.exchange.as_ref(),
                    answer: self.answer.as_ref(),
                }
            }
        }
    };
}

scene! {
    {
        /// One event, or with `sequence` several, and what is expected. It must expect something: one
        /// of `exchange`, `answer`, `rule` and `variables`.
        #[schema(
            exactly_one(&["event", "sequence"]),
            excludes("sequence", &OF_EVENTS, "with `sequence` this belongs to one of its members"),
        )]
    }
    Case is "a case" optional {
        /// What the case shows, in words; unique in the file.
        #[schema(keyword("minLength", 1), examples(["a suspended account is barred"]))]
        expected name: Text,
        /// What is different from the file's `env`, name by name.
        #[schema(examples([json!({ "HSS_URL": "http://other.test" })]))]
        optional env: Named<Word>,
        /// The moment at which this case begins, instead of the file's.
        #[schema(examples(["2026-01-31T12:00:00Z"]))]
        optional now: Text,
        /// Several events, one after the other, instead of one.
        #[schema(
            keyword("minItems", 1),
            examples([json!([
                { "event": "created.json", "exchange": [{ "request": "POST /sims" }] },
                { "after": "10m", "event": "updated.json", "exchange": [] },
            ])]),
        )]
        optional sequence: Each<Member>,
    }
}

scene! {
    {
        /// One of several events of a case, and what is expected of it.
    }
    Member is "an event of `sequence`" expected {
        /// The time since the one before was done with.
        #[schema(examples(["10m"]))]
        optional after: Period,
    }
}

/// Keys that say something of one event.
const OF_EVENTS: [&str; 7] = ["event", "set", "remove", "rule", "variables", "exchange", "answer"];

/// What is written of one event.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'d> {
    pub span: Span,
    pub unreadable: &'d [&'static str],
    pub event: Option<&'d Given>,
    pub set: Option<&'d Named<Given>>,
    pub remove: Option<&'d OneOrMany<Text>>,
    pub rule: Option<&'d Text>,
    pub variables: Option<&'d Named<Anything>>,
    pub exchange: Option<&'d Each<Exchange>>,
    pub answer: Option<&'d Answer>,
}

impl Keys<'_> {
    /// Those that are there, by name.
    pub fn there(&self) -> Vec<&'static str> {
        let given = [
            self.event.is_some(),
            self.set.is_some(),
            self.remove.is_some(),
            self.rule.is_some(),
            self.variables.is_some(),
            self.exchange.is_some(),
            self.answer.is_some(),
        ];
        let named = OF_EVENTS.into_iter().zip(given);
        let there = named.filter(|(name, given)| *given || self.unreadable.contains(name));
        there.map(|(name, _)| name).collect()
    }

    /// Whether something is expected.
    pub fn expects(&self) -> bool {
        let there = self.there();
        ["rule", "variables", "exchange", "answer"].iter().any(|key| there.contains(key))
    }
}

document! {
    /// What NSPS must be told: tests, as in `when`, of the parts of the answer. Without it NSPS must
    /// be told of no failure. Names stand for
    /// nothing in them.
    #[schema(keyword("minProperties", 1))]
    Answer is "`answer`" {
        /// The status, or a class such as `2xx`.
        #[schema(examples(json!([200, "5xx", { "gte": 500 }])))]
        optional status: WithNode<Test>,
        /// The message for people.
        #[schema(examples(json!(["Event processed successfully", { "contains": "profile" }])))]
        optional message: WithNode<Test>,
        /// The specific reason, where the event failed.
        #[schema(examples([json!({ "contains": "unknown profile" })]))]
        optional error: WithNode<Test>,
        /// The kind of failure, where the event failed.
        #[schema(examples(["SERVICE_ERROR"]))]
        optional type_: WithNode<Test>,
        /// The steps that were taken back with nothing left: the tests are passed if one of them does.
        #[schema(examples(json!(["create", { "exists": false }])))]
        optional undone: WithNode<Test>,
        /// The steps that could not be taken back as a whole: the tests are passed if one of them
        /// does.
        #[schema(examples(json!(["create", { "exists": false }])))]
        optional not_undone: WithNode<Test>,
    }
}

impl Answer {
    /// The parts that are tested.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &WithNode<Test>)> {
        [
            ("status", &self.status),
            ("message", &self.message),
            ("error", &self.error),
            ("type", &self.type_),
            ("undone", &self.undone),
            ("not_undone", &self.not_undone),
        ]
        .into_iter()
        .filter_map(|(part, test)| Some((part, test.as_ref()?)))
    }
}
