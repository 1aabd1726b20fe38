//! An explanation as one JSON object, for tools.

use serde_json::{Value, json};

use super::steps::then_word;
use crate::engine::observe::GivenUp;
use crate::expr::At;
use crate::mapping::diagnostic::is_printable;
use crate::verify::explain::Glimpse;
use crate::verify::explain::account::{
    Answered, Content, End, EntryAccount, EntryStanding, Exchange, Explanation, Found,
    MappingAccount, Outcome, Owner, Passage, RuleAccount, RunAccount, Sent, Standing, Tested, Try,
    Turn, TurnKind, VariableAccount, Verdict,
};

/// As text. What a terminal would take for a command is escaped, which JSON allows anywhere within
/// its texts (RFC 8259, section 7).
pub(super) fn text(value: &Value) -> String {
    let laid_out = format!("{value:#}");
    let mut text = String::with_capacity(laid_out.len());
    for c in laid_out.chars() {
        match c == '\n' || is_printable(c) {
            true => text.push(c),
            false => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units);
                text.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    text
}

pub(super) fn of(explanation: &Explanation) -> Value {
    let (status, body) = &explanation.told;
    json!({
        "event": { "id": explanation.event_id, "type": explanation.event_type },
        "mappings": list(&explanation.mappings, of_mapping),
        "told": { "status": status, "body": body },
        "exchanges": explanation.exchanges,
        "stand_ins": explanation.stand_ins(),
        "log_ins_taken_as_done": explanation.log_ins_taken_as_done,
        "replies_left": explanation.replies_left(),
        "members_left": list(&explanation.members_left, |one| {
            json!({ "reply": one.reply, "given": one.given, "left": one.left })
        }),
        "cut": explanation.is_cut,
    })
}

fn list<T>(members: &[T], each: impl Fn(&T) -> Value) -> Value {
    members.iter().map(each).collect()
}

/// Adds members to an object.
fn with(mut object: Value, members: Value) -> Value {
    if let (Value::Object(object), Value::Object(members)) = (&mut object, members) {
        object.extend(members);
    }
    object
}

fn place(at: At) -> Value {
    json!({ "line": at.line, "column": at.column })
}

/// A value, or as `cut` the beginning of its JSON text; nothing if there is none.
fn glimpse(value: Option<&Glimpse>) -> Value {
    match value {
        None => json!({}),
        Some(Glimpse { value: Some(value), .. }) => json!({ "value": value }),
        Some(Glimpse { text, value: None }) => json!({ "cut": text }),
    }
}

fn of_mapping(mapping: &MappingAccount) -> Value {
    let object = json!({
        "file": &*mapping.file,
        "description": mapping.description,
        "rules": list(&mapping.rules, of_rule),
        "variables": list(&mapping.variables, of_variable),
    });
    with(object, json!({ "run": mapping.run.as_ref().map(of_run) }))
}

fn of_rule(rule: &RuleAccount) -> Value {
    let (standing, fault) = match &rule.standing {
        Standing::Runs => ("runs", None),
        Standing::WouldRun => ("would-run", None),
        Standing::Misses => ("misses", None),
        Standing::OtherType => ("other-type", None),
        Standing::Undecided(fault) => ("undecided", Some(fault)),
    };
    let object = json!({
        "name": &*rule.name,
        "standing": standing,
        "fault": fault,
        "event": rule.patterns,
        "when": rule.when.as_ref().map(of_found),
    });
    with(object, place(rule.at))
}

fn of_found(found: &Found) -> Value {
    match found {
        Found::All(parts) => json!({ "all": list(parts, of_found) }),
        Found::Any(parts) => json!({ "any": list(parts, of_found) }),
        Found::Not(part) => json!({ "not": of_found(part) }),
        Found::Test(tested) => of_test(tested),
    }
}

fn of_test(tested: &Tested) -> Value {
    let object = json!({
        "subject": tested.subject,
        "asks": tested.asks,
        "saw": list(&tested.saw, |value| glimpse(Some(value))),
        "saw_more": tested.more,
        "held": tested.held.as_ref().ok(),
        "fault": tested.held.as_ref().err(),
        "decides": tested.decides,
    });
    with(object, place(tested.at))
}

fn of_variable(variable: &VariableAccount) -> Value {
    let owner = match variable.owner {
        Owner::File => "file",
        Owner::Rule => "rule",
        Owner::Step => "step",
        Owner::Save => "save",
    };
    let outcome = match &variable.outcome {
        Outcome::Value(value) => with(json!({ "outcome": "value" }), glimpse(Some(value))),
        Outcome::Absent => json!({ "outcome": "absent" }),
        Outcome::Missing { needed_by } => {
            let needed_by: Vec<&str> = needed_by.iter().map(|step| &**step).collect();
            json!({ "outcome": "missing", "needed_by": needed_by })
        }
        Outcome::Fault(fault) => json!({ "outcome": "fault", "fault": fault }),
        Outcome::NotAsked => json!({ "outcome": "not-asked" }),
    };
    let object = with(json!({ "name": &*variable.name, "owner": owner }), outcome);
    with(object, json!({ "trail": list(&variable.trail, of_passage) }))
}

fn of_passage(passage: &Passage) -> Value {
    match passage {
        Passage::Path { text, found, .. } => {
            with(json!({ "path": text, "asked": true }), glimpse(found.as_ref()))
        }
        Passage::PathNotAsked { text } => json!({ "path": text, "asked": false }),
        Passage::From { name, found } => with(json!({ "from": name }), glimpse(found.as_ref())),
        Passage::Rendered { value } => with(json!({ "rendered": true }), glimpse(value.as_ref())),
        Passage::Case { number, at, when, held, value } => {
            let when = when.as_ref().map(of_found);
            let object = json!({ "case": number, "held": held, "when": when });
            with(with(object, place(*at)), glimpse(value.as_ref()))
        }
        Passage::Stage { words, value } => with(json!({ "stage": words }), glimpse(value.as_ref())),
        Passage::Default { value } => with(json!({ "default": true }), glimpse(value.as_ref())),
    }
}

fn of_run(run: &RunAccount) -> Value {
    let end = match &run.end {
        End::Succeeded => json!({ "outcome": "succeeded" }),
        End::Ignored(text) => json!({ "outcome": "ignored", "message": text }),
        End::Failed { message, error, step, index } => json!({
            "outcome": "failed",
            "message": message,
            "error": error,
            "step": step.as_deref(),
            "index": index,
        }),
    };
    let not_reached =
        |(step, at): &(std::sync::Arc<str>, At)| with(json!({ "step": &**step }), place(*at));
    json!({
        "rule": &*run.rule,
        "steps": list(&run.turns, of_turn),
        "steps_left_out": run.turns_left_out,
        "undos": list(&run.undos, of_turn),
        "undos_left_out": run.undos_left_out,
        "not_reached": list(&run.not_reached, not_reached),
        "end": end,
        "took_ms": milliseconds(run.took),
    })
}

fn milliseconds(duration: std::time::Duration) -> Value {
    Value::from(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn of_turn(turn: &Turn) -> Value {
    let kind = match turn.kind {
        TurnKind::Runs => "runs",
        TurnKind::Skipped => "skipped",
        TurnKind::NoMember => "no-member",
    };
    let member = turn
        .member
        .as_ref()
        .map(|member| with(json!({ "index": member.index }), glimpse(member.item.as_ref())));
    let object = json!({
        "step": &*turn.step,
        "restarts": turn.restarts,
        "member": member,
        "standing": kind,
        "when": turn.when.as_ref().map(of_found),
        "variables": list(&turn.variables, of_variable),
        "exchanges": list(&turn.exchanges, of_exchange),
        "not_sent": turn.not_sent.map(reason),
        "saved": list(&turn.saved, of_variable),
    });
    with(object, place(turn.at))
}

fn of_exchange(exchange: &Exchange) -> Value {
    let log_in = exchange.log_in.as_ref().map(|step| {
        let saves: Vec<&str> = step.saves.iter().map(|name| &**name).collect();
        with(json!({ "step": &*step.step, "saves": saves }), place(step.at))
    });
    json!({
        "log_in": log_in,
        "target": &*exchange.target,
        "request": of_request(&exchange.request),
        "tries": list(&exchange.tries, of_try),
        "until": exchange.until.as_ref().map(|until| {
            with(json!({ "held": until.held, "when": of_found(&until.when) }), place(until.at))
        }),
        "given_up": exchange.given_up.map(reason),
    })
}

fn reason(why: GivenUp) -> &'static str {
    match why {
        GivenUp::Unsafe => "unsafe",
        GivenUp::UsedUp => "used-up",
        GivenUp::Restarts => "restarts",
        GivenUp::Polled => "polled",
        GivenUp::TooPatient => "too-patient",
        GivenUp::NoTime => "no-time",
        GivenUp::Open => "open",
        GivenUp::Paused => "paused",
        GivenUp::Limited => "limited",
    }
}

fn of_request(request: &Sent) -> Value {
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), Value::from(value.as_str())));
    json!({
        "method": &*request.method,
        "url": request.url,
        "headers": headers.collect::<serde_json::Map<_, _>>(),
        "body": content(&request.body),
    })
}

/// `json` or `text`, or the length of what is `left_out`; null where there is none.
fn content(content: &Content) -> Value {
    match content {
        Content { left_out: Some(length), .. } => json!({ "left_out": length }),
        Content { json: Some(json), .. } => json!({ "json": json }),
        Content { text, .. } if text.is_empty() => Value::Null,
        Content { text, .. } => json!({ "text": text }),
    }
}

fn of_try(one: &Try) -> Value {
    let (answer, fault) = match &one.answer {
        Ok(answered) => (Some(of_answer(answered)), None),
        Err(fault) => (None, Some(fault)),
    };
    let (verdict, by_entry) = match one.verdict {
        Verdict::Entry(at) => (one.entry().map(|entry| then_word(entry.then)), Some(at)),
        Verdict::Default(then) => (Some(then_word(then)), None),
        Verdict::NoAnswer => (Some("retry"), None),
        Verdict::Unjudged(at) => (None, Some(at)),
    };
    json!({
        "at_ms": milliseconds(one.at),
        "reply": one.reply,
        "answer": answer,
        "fault": fault,
        "responses": list(&one.entries, of_entry),
        "then": verdict,
        "by_response": by_entry,
    })
}

fn of_answer(answered: &Answered) -> Value {
    let header = |(name, value): &(String, String)| json!({ "name": name, "value": value });
    json!({
        "status": answered.status,
        "headers": list(&answered.headers, header),
        "body": content(&answered.body),
        "unreadable": answered.unreadable,
    })
}

fn of_entry(entry: &EntryAccount) -> Value {
    let (standing, fault) = match &entry.standing {
        EntryStanding::Decides => ("decides", None),
        EntryStanding::WouldDecide => ("would-decide", None),
        EntryStanding::Misses => ("misses", None),
        EntryStanding::Unreadable => ("unreadable", None),
        EntryStanding::Fault(fault) => ("fault", Some(fault)),
    };
    let object = json!({
        "target": entry.target.as_deref(),
        "number": entry.number,
        "standing": standing,
        "fault": fault,
        "then": then_word(entry.then),
        "when": entry.when.as_ref().map(of_found),
    });
    with(object, place(entry.at))
}
