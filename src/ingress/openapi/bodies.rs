//! Schemas of the bodies of answers, closed: a member that is not described is none of ours.

use serde_json::{Value, json};

use super::super::answer::{ALL_TYPES, Verdict};
use super::reference;

/// By name.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let of_answers = [
        ("Processed", processed()),
        ("RuleResult", rule_result()),
        ("Refused", refused()),
        ("Failed", failed()),
        ("Detail", detail()),
        ("NotUndone", not_undone()),
    ];
    let of_probes = [
        ("Health", health()),
        ("Ready", ready()),
        ("NotReady", not_ready()),
        ("LastReload", last_reload()),
        ("Document", document()),
    ];
    let all = of_answers.into_iter().chain(of_probes);
    all.map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// An object of these members and no others, of which the first `required` are always there.
fn object<const N: usize>(
    description: &str,
    required: usize,
    members: [(&str, Value); N],
) -> Value {
    let names: Vec<&str> = members.iter().take(required).map(|(name, _)| *name).collect();
    let members: serde_json::Map<String, Value> =
        members.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({
        "description": description,
        "type": "object",
        "required": names,
        "properties": members,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({ "description": description, "type": "string" })
}

fn word(word: &str) -> Value {
    json!({ "type": "string", "const": word })
}

fn count(description: &str, least: u16) -> Value {
    json!({ "description": description, "type": "integer", "minimum": least })
}

fn list(description: &str, of: Value) -> Value {
    json!({ "description": description, "type": "array", "items": of })
}

fn event_id() -> Value {
    json!({
        "description": "The event's own, as it came.",
        "type": "string",
        "minLength": 1,
        "maxLength": 512,
    })
}

/// As the header of the answer has it.
fn identifier(header: &str) -> Value {
    json!({
        "description": format!("The same as the header `{header}`."),
        "type": "string",
        "pattern": "^[ -~]{1,128}$",
    })
}

fn processed() -> Value {
    let rules = list(
        "Every rule that was chosen, in the order of mapping files.",
        reference("schemas", "RuleResult"),
    );
    let members = [
        ("message", text("What became of the event as a whole, for people.")),
        ("event_id", event_id()),
        ("rules", rules),
    ];
    object("The event is done with: NSPS need not come back with it.", 3, members)
}

fn rule_result() -> Value {
    let outcomes = [Verdict::Succeeded, Verdict::Ignored, Verdict::Acknowledged].map(Verdict::word);
    let outcome = json!({
        "description": "`acknowledged` is a failure of which the mapping says that NSPS is not \
            to come back with it.",
        "type": "string",
        "enum": outcomes,
    });
    let [index, members, done] = extent();
    let [undone, not_undone] = taken_back();
    let members = [
        ("mapping", text("File name of the mapping.")),
        ("rule", text("Name of the rule.")),
        ("outcome", outcome),
        ("message", text("Why it was ignored or acknowledged.")),
        (
            "step",
            text("Name of the step that failed at a member of a list, or its position from 1."),
        ),
        index,
        members,
        done,
        undone,
        not_undone,
    ];
    let mut schema = object("What one rule came to.", 3, members);
    schema["dependentRequired"] = json!({
        "step": ["index"],
        "index": ["step", "members"],
        "members": ["done"],
        "done": ["members"],
    });
    schema["if"] = json!({ "properties": { "outcome": { "const": Verdict::Succeeded.word() } } });
    schema["then"] = json!({ "maxProperties": 3 });
    schema["else"] = json!({ "required": ["message"] });
    schema
}

fn refused() -> Value {
    let members = [
        ("message", text("What happened, for people.")),
        ("error", text("The specific reason.")),
        ("type", kind()),
        ("request_id", identifier("x-b3-traceid")),
        ("unique_id", identifier("x-request-id")),
        ("event_id", event_id()),
    ];
    let description = "The connector's own answer: no event was read, or the connector could not \
        process it. `event_id` is \
        there if it could be read.";
    object(description, 5, members)
}

fn failed() -> Value {
    let mut details = list("Every rule that failed.", reference("schemas", "Detail"));
    details["minItems"] = 1.into();
    let members = [
        (
            "message",
            text("What happened, for people; in the words of the mapping, where it has some."),
        ),
        ("error", text("The specific reason.")),
        ("type", kind()),
        ("event_id", event_id()),
        ("request_id", identifier("x-b3-traceid")),
        ("unique_id", identifier("x-request-id")),
        ("details", details),
    ];
    let description = "At least one rule failed. Of several failures, the answer is that of the \
        most retryable one: 503, 429, \
        502, 500, 422, then any other.";
    object(description, 7, members)
}

fn kind() -> Value {
    json!({ "description": "What kind of failure it is.", "type": "string", "enum": ALL_TYPES })
}

fn detail() -> Value {
    let status = json!({
        "description": "The status that the target answered with, if it did.",
        "type": "integer",
        "minimum": 100,
        "maximum": 999,
    });
    let [index, members, done] = extent();
    let [undone, not_undone] = taken_back();
    let members = [
        ("mapping", text("File name of the mapping.")),
        ("rule", text("Name of the rule.")),
        ("type", kind()),
        ("message", text("What happened, for people.")),
        ("error", text("The specific reason.")),
        ("step", text("Name of the step that failed, or its position from 1.")),
        index,
        ("target", text("The target of the request that failed.")),
        ("status", status),
        members,
        done,
        undone,
        not_undone,
    ];
    let mut schema = object("Why one rule failed.", 5, members);
    schema["dependentRequired"] =
        json!({ "index": ["step"], "members": ["done", "index"], "done": ["members"] });
    schema
}

/// How far a step over a list came.
fn extent() -> [(&'static str, Value); 3] {
    [
        ("index", count("The member of the list at which it failed, from 0.", 0)),
        ("members", count("How many members the list has.", 1)),
        ("done", count("Of how many members the request succeeded.", 0)),
    ]
}

fn taken_back() -> [(&'static str, Value); 2] {
    let step = json!({ "type": "string" });
    let mut undone = list("Steps that were taken back, in the order in which they were.", step);
    let mut not_undone =
        list("Steps that could not be taken back.", reference("schemas", "NotUndone"));
    undone["minItems"] = 1.into();
    not_undone["minItems"] = 1.into();
    [("undone", undone), ("not_undone", not_undone)]
}

fn not_undone() -> Value {
    let members = [
        ("step", text("Name of the step, or its position from 1.")),
        ("message", text("Why not, for people; of several members, why the first one could not.")),
        ("index", count("The first member that could not be taken back, from 0.", 0)),
        ("members", count("How many members had to be taken back.", 1)),
        ("done", count("How many of them were.", 0)),
    ];
    let mut schema = object("What of a step was left as it is in the target.", 2, members);
    let all = ["index", "members", "done"];
    schema["dependentRequired"] = json!({ "index": all, "members": all, "done": all });
    schema
}

fn health() -> Value {
    let members = [("status", word("Healthy")), ("version", text("The connector's own version."))];
    object("The process serves; nothing behind it was asked.", 2, members)
}

fn ready() -> Value {
    readiness("Events are processed.", "Ready", [])
}

fn not_ready() -> Value {
    readiness(
        "Events are not processed, or not for long.",
        "Not ready",
        [("missing", text("What is missing."))],
    )
}

fn readiness<const N: usize>(description: &str, status: &str, more: [(&str, Value); N]) -> Value {
    let hash = json!({
        "description": "Of the contents of the mappings that serve.",
        "type": "string",
        "pattern": "^[0-9a-f]*$",
    });
    let mut schema = object(
        description,
        4,
        [
            ("status", word(status)),
            ("generation", count("Counts the sets of mappings that served, from 1.", 1)),
            ("hash", hash),
            ("last_reload", reference("schemas", "LastReload")),
        ],
    );
    for (name, member) in more {
        schema["properties"][name] = member;
        if let Some(required) = schema["required"].as_array_mut() {
            required.push(name.into());
        }
    }
    schema
}

fn last_reload() -> Value {
    let at = json!({ "description": "When it was.", "type": "string", "format": "date-time" });
    let errors = list("What was wrong, where something was.", json!({ "type": "string" }));
    let members = [
        ("ok", json!({ "description": "Whether its mappings serve.", "type": "boolean" })),
        ("at", at),
        ("errors", errors),
    ];
    object(
        "The latest attempt to load the mappings, the first one at the start included.",
        3,
        members,
    )
}

/// Of itself, a document says no more than that it is one.
fn document() -> Value {
    json!({
        "description": "An OpenAPI document.",
        "type": "object",
        "required": ["openapi", "info", "paths", "components"],
        "properties": {
            "openapi": { "type": "string", "pattern": "^3\\.1\\." },
            "info": { "type": "object" },
            "paths": { "type": "object" },
            "components": { "type": "object" },
        },
    })
}
