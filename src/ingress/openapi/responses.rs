//! The table of answers: which statuses there are, when, with which bodies and headers.

use serde_json::{Map, Value, json};

use super::super::answer::{AUTHENTICATION, CONNECTION, INTERNAL, RATE_LIMIT, SERVICE, VALIDATION};
use super::examples::{self, Example};
use super::reference;

/// The statuses of an event path, and the component that describes each.
pub(super) const EVENTS: &[(&str, &str)] = &[
    ("200", "Processed"),
    ("400", "Malformed"),
    ("401", "Unauthorized"),
    ("408", "TooSlow"),
    ("413", "TooLarge"),
    ("415", "OtherContent"),
    ("422", "Invalid"),
    ("429", "TooMany"),
    ("431", "HeadTooLarge"),
    ("500", "Fault"),
    ("502", "BadAnswer"),
    ("503", "Unavailable"),
    ("4XX", "AsMapped"),
    ("5XX", "AsMapped"),
];

/// Those of a probe, its own answers apart.
pub(super) const PROBES: &[(&str, &str)] =
    &[("400", "NoRequest"), ("408", "HeadTooSlow"), ("431", "LongHead"), ("500", "ProbeFault")];

/// An answer that is no success.
struct Row {
    name: &'static str,
    description: &'static str,
    /// `type` of the connector's own answers; none if it has none of this status.
    refused: &'static [&'static str],
    /// `type` where a rule failed.
    failed: &'static [&'static str],
    /// Headers beside those of every answer.
    headers: &'static [&'static str],
    /// actix may give that status, too: without a body, and without any header of ours.
    bare: bool,
}

/// Most failures of a rule may carry a target's word on when to come back.
const PLAIN: Row =
    Row { name: "", description: "", refused: &[], failed: &[], headers: &["Pause"], bare: false };

const ROWS: &[Row] = &[
    Row {
        name: "Malformed",
        description: "The body is not JSON, or incomplete. Without a body: this is no HTTP \
            request.",
        refused: &[VALIDATION],
        failed: &[SERVICE],
        bare: true,
        ..PLAIN
    },
    Row {
        name: "Unauthorized",
        description: "The token is missing or not known.",
        refused: &[AUTHENTICATION],
        failed: &[SERVICE],
        headers: &["Challenge", "Pause"],
        ..PLAIN
    },
    Row {
        name: "UnknownPath",
        description: "There is nothing at this path.",
        refused: &[VALIDATION],
        headers: &[],
        ..PLAIN
    },
    Row {
        name: "OtherMethod",
        description: "This path does not take this method.",
        refused: &[VALIDATION],
        headers: &["Allow"],
        ..PLAIN
    },
    Row {
        name: "TooSlow",
        description: "The body did not arrive in time. Without a body: the head did not.",
        refused: &[VALIDATION],
        failed: &[SERVICE],
        bare: true,
        ..PLAIN
    },
    Row {
        name: "TooLarge",
        description: "The body is longer than MAX_BODY allows.",
        refused: &[VALIDATION],
        failed: &[SERVICE],
        ..PLAIN
    },
    Row {
        name: "OtherContent",
        description: "The body is not JSON by its content type, or it is compressed.",
        refused: &[VALIDATION],
        failed: &[SERVICE],
        ..PLAIN
    },
    Row {
        name: "Invalid",
        description: "The body is no event; or the event lacks what a mapping needs; or the \
            target refused it. Somebody has to look.",
        refused: &[VALIDATION],
        failed: &[VALIDATION, SERVICE],
        ..PLAIN
    },
    Row {
        name: "TooMany",
        description: "Too many events: for the connector (RATE_LIMIT), or for the target, which \
            says so.",
        refused: &[RATE_LIMIT],
        failed: &[RATE_LIMIT],
        headers: &["RetryAfter"],
        ..PLAIN
    },
    Row {
        name: "HeadTooLarge",
        description: "The head of the request is longer than 128 KiB or has more than 96 \
            headers; over HTTP/2, it is longer than 64 KiB. Without a body.",
        failed: &[SERVICE],
        bare: true,
        ..PLAIN
    },
    Row {
        name: "Fault",
        description: "The connector's own fault.",
        refused: &[INTERNAL],
        failed: &[INTERNAL, SERVICE],
        ..PLAIN
    },
    Row {
        name: "ProbeFault",
        description: "The connector's own fault.",
        refused: &[INTERNAL],
        headers: &[],
        ..PLAIN
    },
    Row {
        name: "BadAnswer",
        description: "The target failed, refused the connector's credentials, or answered what \
            cannot be read.",
        failed: &[SERVICE],
        ..PLAIN
    },
    Row {
        name: "Unavailable",
        description: "The target cannot be reached in time, or is left alone for a while; or the \
            connector is busy or shutting down.",
        refused: &[CONNECTION],
        failed: &[CONNECTION],
        headers: &["RetryAfter"],
        ..PLAIN
    },
    Row {
        name: "AsMapped",
        description: "The target refused the event, and the mapping says that this is how NSPS \
            is to be told (`answer`).",
        failed: &[SERVICE],
        ..PLAIN
    },
];

impl Row {
    fn response(&self) -> Value {
        // Not `properties`: generators of clients take a reference with these for a schema of its
        // own, which has them alone.
        let of = |schema: &str, types: &[&str]| {
            let mut schema = reference("schemas", schema);
            schema["patternProperties"] = json!({ "^type$": { "enum": types } });
            schema
        };
        let schema = match (self.refused, self.failed) {
            (refused, []) => of("Refused", refused),
            ([], failed) => of("Failed", failed),
            (refused, failed) => json!({
                "title": "RefusedOrFailed",
                "oneOf": [of("Refused", refused), of("Failed", failed)],
            }),
        };
        let headers = headers_of(self.bare, self.headers);
        response(self.description, &headers, schema, &examples::of(self.name))
    }
}

fn response(description: &str, headers: &Value, schema: Value, examples: &[Example]) -> Value {
    let mut content = json!({ "schema": schema });
    if !examples.is_empty() {
        content["examples"] = examples
            .iter()
            .map(|Example { name, summary, body, .. }| {
                ((*name).to_owned(), json!({ "summary": summary, "value": body }))
            })
            .collect::<Map<_, _>>()
            .into();
    }
    json!({
        "description": description,
        "headers": headers,
        "content": { "application/json": content },
    })
}

/// One without a body. Those that actix gives have no header of ours either.
fn bodiless(description: &str, headers: Option<Value>) -> Value {
    let mut response = json!({ "description": description });
    if let Some(headers) = headers {
        response["headers"] = headers;
    }
    response
}

fn headers_of(bare: bool, more: &[&str]) -> Value {
    let identity = match bare {
        true => ["RequestIdIfRead", "UniqueIdIfRead"],
        false => ["RequestId", "UniqueId"],
    };
    let named = identity.iter().chain(more).map(|name| {
        let header = match *name {
            "RequestId" | "RequestIdIfRead" => "x-b3-traceid",
            "UniqueId" | "UniqueIdIfRead" => "x-request-id",
            "Challenge" => "WWW-Authenticate",
            "Pause" | "RetryAfter" => "Retry-After",
            name => name,
        };
        (header.to_owned(), reference("headers", name))
    });
    named.collect::<Map<_, _>>().into()
}

/// Every answer that operations refer to, and the two that belong to none.
pub(super) fn components() -> Map<String, Value> {
    let every = headers_of(false, &[]);
    let success = |name: &str, description: &str| {
        let schema = reference("schemas", name);
        (name.to_owned(), response(description, &every, schema, &examples::of(name)))
    };
    let bare = |name: &str, description: &str| (name.to_owned(), bodiless(description, None));
    let mut components = Map::from_iter([
        success(
            "Processed",
            "The event is done with: it was processed, or there was nothing to do.",
        ),
        success("Health", "The process serves."),
        success("Ready", "Events can be processed, also after a reload that failed."),
        success("NotReady", "Events cannot be processed, or the connector is shutting down."),
        success("Document", "This document."),
        bare("NoRequest", "This is no HTTP request: without a body."),
        bare("HeadTooSlow", "The head of the request did not arrive in time: without a body."),
        bare("LongHead", "The head of the request is too large: without a body."),
    ]);
    components.extend(ROWS.iter().map(|row| (row.name.to_owned(), row.response())));
    components
}

fn header(description: &str, required: bool, schema: Value) -> Value {
    json!({ "description": description, "required": required, "schema": schema })
}

/// By name.
pub(super) fn headers() -> Value {
    let identifier = json!({ "type": "string", "pattern": "^[ -~]{1,128}$" });
    let seconds = json!({ "type": "integer", "minimum": 1 });
    let request = "That of the request, or a new one of 32 hexadecimal digits.";
    let unique = "That of the request, or a new UUID.";
    let pause = "After how many seconds to come back.";
    let asked = "After how many seconds to come back, where the target asked for a pause.";
    let allow = json!({ "type": "string", "enum": ["GET, HEAD", "POST", "GET, HEAD, POST"] });
    let challenge = json!({ "type": "string", "const": "Bearer" });
    json!({
        "RequestId": header(request, true, identifier.clone()),
        "RequestIdIfRead": header(&format!("{request} Only with a \
            body."), false, identifier.clone()),
        "UniqueId": header(unique, true, identifier.clone()),
        "UniqueIdIfRead": header(&format!("{unique} Only with a body."), false, identifier),
        "RetryAfter": header(pause, true, seconds.clone()),
        "Pause": header(asked, false, seconds),
        "Challenge": header("How to authenticate (RFC 6750).", true, challenge),
        "Allow": header("The methods that the path takes.", true, allow),
    })
}

/// The answers to a probe that is told `told`, on a HEAD without their bodies.
pub(super) fn of_probe(told: &str, is_head: bool, others: &[(&str, &str)]) -> Value {
    let unready = (told == "Ready").then_some(("503", "NotReady"));
    let all = [("200", told)].into_iter().chain(others.iter().copied()).chain(unready);
    let every = headers_of(false, &[]);
    all.map(|(status, name)| {
        let bare = matches!(status, "400" | "408" | "431");
        let response = match is_head && !bare {
            true => bodiless("As for GET.", Some(every.clone())),
            false => reference("responses", name),
        };
        (status.to_owned(), response)
    })
    .collect::<Map<_, _>>()
    .into()
}

pub(super) fn of_events(table: &[(&str, &str)]) -> Value {
    let rows =
        table.iter().map(|(status, name)| ((*status).to_owned(), reference("responses", name)));
    rows.collect::<Map<_, _>>().into()
}
