//! `rules`: which events are handled, and how.

use serde_json::json;

use super::decode::{Anything, Each, Given, Named, OneOrMany, Period, Text, document};
use super::extract::{SHAPE, Variable};
use super::repeat::Repeat;
use super::responses::ResponseEntry;
use super::schema::{Schema, form};
use super::target::Retry;
use super::undo::Undo;
use super::when::When;

document! {
    /// What to do about some events: exactly one of `steps`, `ignore` and `reject`.
    #[schema(exactly_one(&["steps", "ignore", "reject"]))]
    Rule is "a rule" {
        /// Unique in the file; the log and answers tell rules by it. Made of `a-z`, `0-9` and `-`.
        #[schema(form(&form::KEBAB_NAME), examples(["sim-changed"]))]
        expected name: Text,
        /// Which events: an event type, a glob (`*` stands for any text), or a list of them. Case
        /// matters.
        #[schema(examples(json!(["SIM/Updated", "SIM/*", "*", ["SIM/Created", "SIM/Updated"]])))]
        expected event: OneOrMany<Text>,
        /// The rule is only for events for which this holds.
        #[schema(examples([json!({ "imsi": { "exists": true } })]))]
        optional when: When,
        /// Variables of this rule, by name. They hide those of the file that have the same name, and
        /// may refine them: `msisdn: { from: msisdn, capture: … }`.
        #[schema(names(&form::NAME), examples([json!({ "plan": "$.pb_data.plan.id" })]))]
        optional extract: Named<Variable>,
        /// What to do, in order.
        #[schema(
            keyword("minItems", 1),
            examples([json!([{ "request": "PUT /sims/{{imsi}}", "json": { "plan": "{{plan}}" } }])]),
        )]
        optional steps: Each<Step>,
        /// Instead of steps: answer 200 `Event ignored: …` with this text, and send nothing. A
        /// template, in which what is absent is empty.
        #[schema(examples(["no IMSI"]))]
        optional ignore: Text,
        /// Instead of steps: answer 422 with this text, and send nothing. A template, in which what is
        /// absent is empty.
        #[schema(examples(["unknown plan {{plan}}"]))]
        optional reject: Text,
    }
}

document! {
    /// One request, or one for each member of an array; or, with `fail`, the end of the rule.
    #[schema(
        exactly_one(&["request", "fail"]),
        at_most_one(&["json", "xml", "form", "text"]),
        excludes("fail", &OF_REQUESTS, "this belongs to a request, and with `fail` there is none"),
    )]
    Step is "a step" {
        /// Unique in the rule: the log and answers tell the step by it, and later steps have
        /// `steps.NAME.status` and `steps.NAME.skipped`. Without it the step is told by its position
        /// from 1.
        #[schema(form(&form::NAME), examples(["provision"]))]
        optional name: Text,
        /// Which of the file's targets; may be left out if there is one.
        #[schema(form(&form::KEBAB_NAME), examples(["hss"]))]
        optional target: Text,
        /// The step is skipped where this does not hold; with `for_each` it is asked for each member.
        #[schema(examples([json!({ "bill_status": "open" })]))]
        optional when: When,
        /// Variables of this step, by name; they may use what earlier steps saved, and with `for_each`
        /// `item` and `index`.
        #[schema(names(&form::NAME), examples([json!({ "plan": { "from": "item.i_vd_plan" } })]))]
        optional extract: Named<Variable>,
        /// The name of a variable that is an array: the step is done once for each member, in order,
        /// with `item` and `index` (from 0), and ends at the first failure. Absent or null is none; what
        /// is no array is one member. 10,000 members are the most.
        #[schema(form(&form::REFERENCE), examples(["addons"]))]
        optional for_each: Text,
        /// `METHOD /path`, joined to the target's `url` with one slash. Each `{{…}}` in the path is
        /// percent-encoded as one segment or a part of one; parameters belong into `query`. Instead of
        /// the path, what an earlier step or the target's log-in saved may stand alone: a URL of the
        /// same target.
        #[schema(
            form(&form::request()),
            examples([
                "POST /subscribers",
                "PUT /sims/{{imsi}}",
                "DELETE {{location}}",
                "POST {{session.location}}",
            ]),
        )]
        optional request: Text,
        /// Instead of a request: the rule fails here for good, with 422 and this text. A template, in
        /// which what is absent is empty.
        #[schema(examples(["no plan for {{msisdn}}"]))]
        optional fail: Text,
        /// Query parameters by name; they are encoded, and an array repeats the name. Values are
        /// templates; one that is exactly one absent optional expression is left out.
        #[schema(
            values(Schema::scalar_or_list()),
            examples([json!({ "force": true, "tag": "{{tags}}" })]),
        )]
        optional query: Named<Anything>,
        /// Headers by name; they win over those of the target. Values are templates; one that is
        /// exactly one absent optional expression is left out. Headers that frame a message, such as
        /// `host` and `content-length`, cannot be set.
        #[schema(
            names(&form::HEADER_NAME),
            values(Schema::scalar()),
            examples([json!({ "X-Reason": "{{event_type}}" })]),
        )]
        optional headers: Named<Anything>,
        /// The body as JSON: any YAML value.
        #[schema(
            more(SHAPE),
            examples(json!([{ "imsi": "{{imsi}}", "services": ["voice", "{{data_service}}"] }])),
        )]
        optional json: Given,
        /// The body as XML: template text. Expressions stand in text and in quoted attributes; each is
        /// escaped.
        #[schema(examples(["<sim><imsi>{{imsi}}</imsi></sim>"]))]
        optional xml: Text,
        /// The body as a form (`application/x-www-form-urlencoded`): fields by name; an array repeats
        /// the name. Values are templates; one that is exactly one absent optional expression is left
        /// out.
        #[schema(
            values(Schema::scalar_or_list()),
            examples([json!({ "imsi": "{{imsi}}", "action": "update" })]),
        )]
        optional form: Named<Anything>,
        /// The body as text: a template, sent as it is.
        #[schema(examples(["IMSI={{imsi}}"]))]
        optional text: Text,
        /// The media type of the body, instead of the one that goes with it: `application/json`,
        /// `text/xml; charset=utf-8`, `application/x-www-form-urlencoded` or
        /// `text/plain; charset=utf-8`.
        #[schema(form(&form::MEDIA_TYPE), examples(["application/merge-patch+json"]))]
        optional content_type: Text,
        /// What answers mean: a table of which the first entry whose `when` holds decides. It is read
        /// before that of the target.
        #[schema(examples([json!([{ "when": { "status": 409 }, "then": "ok" }])]))]
        optional responses: Each<ResponseEntry>,
        /// Values that later steps need of the answer, by name: a JSONPath over its body, `status`,
        /// `headers.NAME`, or the long form of a variable. With `for_each` they are arrays.
        #[schema(
            names(&form::NAME),
            examples([json!({ "id": "$.id", "location": "headers.location" })]),
        )]
        optional save: Named<Variable>,
        /// The longest that one try may take, instead of the target's.
        #[schema(examples(["2s"]))]
        optional timeout: Period,
        /// When and how often this request is sent again: each key is instead of the target's.
        #[schema(examples([json!({ "unsafe": true })]))]
        optional retry: Retry,
        /// Polls: send the request again until its answer says that something has come about.
        optional repeat: Repeat,
        /// A request that takes back what this step did, sent if a later step fails for good.
        optional undo: Undo,
    }
}

/// Keys that say something of a request.
const OF_REQUESTS: [&str; 14] = [
    "target",
    "query",
    "headers",
    "json",
    "xml",
    "form",
    "text",
    "content_type",
    "responses",
    "save",
    "timeout",
    "retry",
    "repeat",
    "undo",
];
