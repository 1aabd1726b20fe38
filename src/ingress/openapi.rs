//! The HTTP surface as an OpenAPI document (3.1): what `GET /openapi.json` tells, and what
//! `schema openapi` prints. `openapi/testing.rs` holds real answers against it.

mod bodies;
mod event;
mod examples;
mod responses;

use serde_json::{Map, Value, json};

use responses::{EVENTS, PROBES};

const DESCRIPTION: &str = "\
Takes events from PortaOne's NSPS and sends what mappings make of them to target systems.

An event is answered when it was processed to its end. What is not 2xx, NSPS delivers again: \
429, 502 and 503 may pass by themselves, and the other failures need somebody who looks.

Every answer is JSON, and has the headers `x-b3-traceid` and `x-request-id`. A path that is not \
listed here is answered as `UnknownPath` says, another method as `OtherMethod` says. Three \
answers have no body and none of these headers, because there is no request yet that could be \
answered: 400 for what is no HTTP request, 408 for a head that takes too long, and 431 for one \
that is too large (128 KiB and 96 headers; 64 KiB over HTTP/2).";

const OF_EVENTS: &str = "\
Processes an event: the mappings choose the rules for it, and their requests are sent. The token \
is checked before anything of the body is read. The same event may be posted to any of the paths \
for events.";

const BODY: &str = "\
The event, as UTF-8 and not compressed. Another content type that is based on JSON (`+json`, RFC \
6839) is taken as well, and a missing one is taken for JSON. The longest body is 4 MiB, unless it \
is set otherwise (MAX_BODY).";

/// The document for a connector that takes events at these paths.
pub fn document<T: AsRef<str>>(event_paths: &[T]) -> Value {
    let schemas: Map<String, Value> =
        event::schemas().into_iter().chain(bodies::schemas()).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "NSPS connector",
            "description": DESCRIPTION,
            "license": { "name": "Apache License 2.0", "identifier": "Apache-2.0" },
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": "/", "description": "Where this document is." }],
        "tags": [
            { "name": "events", "description": "What NSPS posts." },
            { "name": "probes", "description": "What load balancers, orchestrators and people \
                ask. None needs a token." },
        ],
        "paths": paths(event_paths),
        "components": {
            "schemas": schemas,
            "responses": responses::components(),
            "parameters": parameters(),
            "headers": responses::headers(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One of the tokens of API_TOKEN, as RFC 6750 has it.",
                },
            },
        },
    })
}

fn paths<T: AsRef<str>>(event_paths: &[T]) -> Map<String, Value> {
    let mut paths = Map::new();
    for (path, name, summary, told) in [
        ("/", "root", "Whether the process serves", "Health"),
        ("/health", "health", "Whether the process serves", "Health"),
        ("/ready", "ready", "Whether events can be processed, and by which mappings", "Ready"),
        ("/openapi.json", "openapi", "This document", "Document"),
    ] {
        let item = json!({
            "get": probe("get", name, summary, told),
            "head": probe("head", name, summary, told),
        });
        paths.insert(path.to_owned(), item);
    }
    for (at, path) in event_paths.iter().enumerate() {
        let name = match at {
            0 => "postEvent".to_owned(),
            at => format!("postEvent{}", at + 1),
        };
        let item = paths.entry(path.as_ref()).or_insert_with(|| json!({}));
        item["post"] = of_events(&name);
    }
    paths
}

fn probe(method: &str, name: &str, summary: &str, told: &str) -> Value {
    let summary = match method {
        "head" => format!("{summary}: the status and the headers alone"),
        _ => summary.to_owned(),
    };
    json!({
        "operationId": format!("{method}{}", pascal(name)),
        "tags": ["probes"],
        "summary": summary,
        "security": [],
        "parameters": identity(),
        "responses": responses::of_probe(told, method == "head", PROBES),
    })
}

fn of_events(name: &str) -> Value {
    json!({
        "operationId": name,
        "tags": ["events"],
        "summary": "An event",
        "description": OF_EVENTS,
        "security": [{ "token": [] }],
        "parameters": identity(),
        "requestBody": {
            "description": BODY,
            "required": true,
            "content": {
                "application/json": {
                    "schema": reference("schemas", "Event"),
                    "examples": { "simUpdated": event::example() },
                },
            },
        },
        "responses": responses::of_events(EVENTS),
    })
}

fn identity() -> Value {
    ["RequestId", "UniqueId"].map(|name| reference("parameters", name)).to_vec().into()
}

/// Any value is taken; an unfit one is replaced, which is why the schema has no limits.
fn parameters() -> Value {
    let parameter = |name: &str, description: &str, example: &str| {
        json!({
            "name": name,
            "in": "header",
            "description": format!("{description} One that is missing, empty, longer than 128 \
                bytes or not printable ASCII is \
                replaced by a new one. The answer and the requests to targets carry it on."),
            "schema": { "type": "string" },
            "example": example,
        })
    };
    json!({
        "RequestId": parameter("x-b3-traceid", "What NSPS calls the request: `request_id` in the \
            log.", examples::REQUEST_ID),
        "UniqueId": parameter("x-request-id", "What NSPS calls the event's way: `unique_id` in \
            the log.", examples::UNIQUE_ID),
    })
}

/// A reference to a component of that kind.
fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// `access_policy` as `AccessPolicy`: how components are named.
fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
        })
    };
    name.split('_').map(word).collect()
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
