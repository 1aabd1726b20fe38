//! `exchange`: what must be sent, and what comes back.

use serde_json::json;

use super::values::{Texts, TextsOrNone, Word};
use crate::mapping::document::decode::{
    Flag, Given, Named, OneOrMany, Period, Scalar, Text, WithNode, document,
};
use crate::mapping::document::schema::{Form, form};
use crate::mapping::yaml::Span;
use crate::program::METHODS;

document! {
    /// A request that must be sent, and what comes back.
    #[schema(at_most_one(&["json", "json_contains", "xml", "form", "text"]))]
    Exchange is "an exchange" {
        /// Method and path: the path below the target's `url`, as it is sent, percent-encoded and
        /// without a query. For another origin, method and absolute URL.
        #[schema(form(&request()), examples(["POST /subscribers", "GET http://auth.test/token"]))]
        expected request: Text,
        /// Which target of the mapping it must go to; of use where there are several.
        #[schema(form(&form::KEBAB_NAME), examples(["hss"]))]
        optional target: Text,
        /// Name of the step that must send it, or its position in the rule, from 1, where it has none;
        /// `undo of NAME` for the undo of a step.
        #[schema(examples(json!(["provision", 2, "undo of provision"])))]
        optional step: WithNode<Word>,
        /// Headers that it must have, by name, whatever else it has. A list where a name is repeated;
        /// null for one that it must not have.
        #[schema(
            names(&form::HEADER_NAME),
            examples([json!({ "authorization": "Bearer t", "cookie": null })]),
        )]
        optional headers: Named<TextsOrNone>,
        /// Query parameters that it must have, by name, decoded, whatever else it has. A list where a
        /// name is repeated; null for one that it must not have.
        #[schema(examples([json!({ "force": true, "tag": ["a", "b"], "page": null })]))]
        optional query: Named<TextsOrNone>,
        /// The body as JSON, whole. The order of keys does not matter. For a text that no case can
        /// foresee, `{ $matches: regex }` stands for any in which the regular expression finds
        /// something.
        #[schema(examples(json!([
            { "imsi": "001010000020349" },
            { "id": { "$matches": "^[0-9a-f-]{36}$" } },
        ])))]
        optional json: Given,
        /// A part of the body as JSON: objects may have more keys, lists have the same length.
        #[schema(examples([json!({ "imsi": "001010000020349" })]))]
        optional json_contains: Given,
        /// The body as XML, whole. White space between tags does not matter.
        #[schema(examples(["<sim><imsi>001010000020349</imsi></sim>"]))]
        optional xml: Text,
        /// The body as a form, whole: fields by name; a list where a name is repeated.
        #[schema(examples([json!({ "imsi": "001010000020349" })]))]
        optional form: Named<Texts>,
        /// The body as text, whole.
        #[schema(examples(["IMSI=001010000020349"]))]
        optional text: Text,
        /// What comes back: 200 with an empty body unless it is said here. A list stands for
        /// successive tries of the same request, or polls, each of which must be sent.
        #[schema(examples(json!([
            { "json": { "result": true } },
            [{ "status": 503 }, { "status": 200 }],
        ])))]
        optional reply: OneOrMany<Reply>,
    }
}

/// Keys of a reply that belong to an answer.
const OF_ANSWERS: [&str; 5] = ["status", "headers", "json", "xml", "text"];

document! {
    /// What comes back for one try of a request: an answer, or with `timeout`, `reset` or `refused`
    /// a fault instead.
    #[schema(
        at_most_one(&["json", "xml", "text"]),
        excludes("timeout", &OF_ANSWERS, "a fault is no answer"),
        excludes("timeout", &["after", "reset", "refused"], "`timeout` says it all"),
        excludes("reset", &OF_ANSWERS, "a fault is no answer"),
        excludes("reset", &["refused"], "one fault is enough"),
        excludes("refused", &OF_ANSWERS, "a fault is no answer"),
    )]
    Reply is "a reply" {
        /// The status.
        #[schema(types(&["integer"]), keyword("minimum", 100), keyword("maximum", 999), default(200))]
        optional status: Scalar,
        /// Headers by name; a list where a name is repeated.
        #[schema(
            names(&form::HEADER_NAME),
            examples([json!({ "retry-after": 5, "content-type": "application/problem+json" })]),
        )]
        optional headers: Named<Texts>,
        /// The body as JSON: any value. The content type is `application/json` unless `headers` has one.
        #[schema(examples([json!({ "result": true })]))]
        optional json: Given,
        /// The body as XML. The content type is `text/xml; charset=utf-8` unless `headers` has one.
        #[schema(examples(["<result>ok</result>"]))]
        optional xml: Text,
        /// The body as text. The content type is `text/plain; charset=utf-8` unless `headers` has one.
        #[schema(examples(["OK"]))]
        optional text: Text,
        /// Nothing comes back before the time-out of the request is over.
        #[schema(examples([true]))]
        optional timeout: WithNode<Flag>,
        /// The connection breaks off after the request was sent.
        #[schema(examples([true]))]
        optional reset: WithNode<Flag>,
        /// No connection comes about.
        #[schema(examples([true]))]
        optional refused: WithNode<Flag>,
        /// The time that it takes. Nobody waits for it.
        #[schema(examples(["2s"]))]
        optional after: Period,
    }
}

/// `METHOD /path`, or a method and a URL.
fn request() -> Form {
    Form {
        pattern: format!(r"^({}) +(/|https?://)", METHODS.join("|")).into(),
        expected: "write a method and a path that begins with `/`, such as `POST /subscribers`",
    }
}

impl Exchange {
    /// The bodies that it has, by key.
    pub fn bodies(&self) -> Vec<(&'static str, Span)> {
        there([
            ("json", self.json.as_ref().map(|given| given.0.span)),
            ("json_contains", self.json_contains.as_ref().map(|given| given.0.span)),
            ("xml", self.xml.as_ref().map(Text::span)),
            ("form", self.form.as_ref().map(|named| named.1)),
            ("text", self.text.as_ref().map(Text::span)),
        ])
    }
}

impl Reply {
    /// The bodies that it has, by key.
    pub fn bodies(&self) -> Vec<(&'static str, Span)> {
        there([
            ("json", self.json.as_ref().map(|given| given.0.span)),
            ("xml", self.xml.as_ref().map(Text::span)),
            ("text", self.text.as_ref().map(Text::span)),
        ])
    }

    /// All that it says of an answer, by key.
    pub fn of_answer(&self) -> Vec<(&'static str, Span)> {
        let mut keys = there([
            ("status", self.status.as_ref().map(|scalar| scalar.0.span)),
            ("headers", self.headers.as_ref().map(|named| named.1)),
        ]);
        keys.extend(self.bodies());
        keys
    }

    /// The faults that it has, by key.
    pub fn faults(&self) -> Vec<(&'static str, Span)> {
        let of = |flag: &Option<WithNode<Flag>>| {
            flag.as_ref().filter(|flag| flag.value.0).map(|flag| flag.node.span)
        };
        there([
            ("timeout", of(&self.timeout)),
            ("reset", of(&self.reset)),
            ("refused", of(&self.refused)),
        ])
    }
}

fn there<const N: usize>(given: [(&'static str, Option<Span>); N]) -> Vec<(&'static str, Span)> {
    given.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}
