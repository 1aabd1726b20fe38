//! What comes back, what it is taken for, and what follows.

use std::time::Duration;

use serde_json::json;

use super::super::account::{End, EntryStanding, Outcome, Try, Verdict};
use super::{answer, explained, fault, json_answer, mapping, tests};
use crate::engine::observe::GivenUp;
use crate::engine::transport::TransportFault;
use crate::program::Then;

const TABLES: &str = "version: 1
targets:
  hss:
    url: http://hss.test
    retry: { attempts: 3, backoff: 1s }
    responses:
      - { when: { $.ok: false }, then: fail, message: 'no: {{body.why}}' }
      - { when: { status: 4xx }, then: ok }
rules:
  - name: r
    event: '*'
    steps:
      - name: one
        request: POST /a
        responses:
          - { when: { status: 409 }, then: ok }
          - { when: { status: 412 }, then: restart }
        save: { id: { path: $.id, optional: true } }
      - { name: two, request: 'PUT /b/{{default id \"none\"}}' }
";

fn entries(one: &Try) -> Vec<String> {
    let line = |entry: &super::super::account::EntryAccount| {
        let target = entry.target.as_deref().unwrap_or("step");
        let standing = match &entry.standing {
            EntryStanding::Fault(_) => "fault".to_owned(),
            other => format!("{other:?}"),
        };
        let tests = tests(entry.when.as_ref()).join(", ");
        format!("{target} {}: {standing} ({tests})", entry.number)
    };
    one.entries.iter().map(line).collect()
}

#[test]
fn each_entry_says_what_it_makes_of_an_answer() {
    let replies = vec![vec![json_answer(409, &json!({"ok": false, "id": 7}))]];
    let explanation = explained(TABLES, &json!({}), replies);
    let first = &explanation.tries(0)[0];
    assert_eq!(
        entries(first),
        [
            "step 1: Decides (+ status equals 409 [409] <)",
            "step 2: Misses (- status equals 412 [409] <)",
            "hss 1: WouldDecide (+ $.ok equals false [false] <)",
            "hss 2: WouldDecide (+ status is 4xx [409] <)",
        ]
    );
    assert_eq!((first.verdict, first.reply), (Verdict::Entry(0), Some(1)));
    assert_eq!(explanation.sent(), ["POST http://hss.test/a", "PUT http://hss.test/b/7"]);
    assert_eq!(explanation.tries(1)[0].reply, None, "the second one is a stand-in");
    assert_eq!((explanation.exchanges, explanation.stand_ins()), (2, 1));
    assert!(matches!(explanation.run().end, End::Succeeded));
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_mapping() {
    let replies = vec![vec![json_answer(200, &json!({"ok": false, "why": "full"}))]];
    let explanation = explained(TABLES, &json!({}), replies);
    assert_eq!(explanation.tries(0)[0].verdict, Verdict::Entry(2));
    assert_eq!(explanation.told.1["message"], "no: full");
    let not_reached = &explanation.run().not_reached;
    assert_eq!(not_reached.len(), 1);
    assert_eq!(&*not_reached[0].0, "two");
}

#[test]
fn without_an_entry_the_default_decides() {
    for (status, then, told) in
        [(200, Then::Ok, 200), (500, Then::Retry, 502), (302, Then::Fail, 422)]
    {
        let explanation = explained(TABLES, &json!({}), vec![vec![answer(status, &[], "")]]);
        let verdict = explanation.tries(0)[0].verdict;
        assert_eq!((verdict, explanation.told.0), (Verdict::Default(then), told), "{status}");
    }
}

#[test]
fn tries_have_their_replies_in_order_and_the_last_of_them_again() {
    let busy = || answer(429, &[("retry-after", "3")], "");
    let text = TABLES.replace("      - { when: { status: 4xx }, then: ok }\n", "");
    for (replies, times, given_up) in [
        (vec![busy(), answer(200, &[], "")], &[0, 3][..], None),
        (vec![busy()], &[0, 3, 6], Some(GivenUp::UsedUp)),
        (vec![answer(429, &[("retry-after", "100")], "")], &[0], Some(GivenUp::TooPatient)),
        (vec![answer(429, &[("retry-after", "18")], "")], &[0, 18], Some(GivenUp::NoTime)),
        (vec![answer(503, &[], "")], &[0], Some(GivenUp::Unsafe)),
        (vec![fault(TransportFault::Broken)], &[0], Some(GivenUp::Unsafe)),
        (vec![answer(422, &[], "")], &[0], None),
    ] {
        let explanation = explained(&text, &json!({}), vec![replies.clone()]);
        let sent: Vec<u64> = explanation.tries(0).iter().map(|one| one.at.as_secs()).collect();
        assert_eq!(sent, times, "{replies:?}");
        let exchange = explanation.run().turns[0].exchanges.first().unwrap();
        assert_eq!(exchange.given_up, given_up, "{replies:?}");
    }
}

#[test]
fn what_is_not_sent_because_of_the_target_is_told_with_its_reason() {
    let with = |lines: &str| {
        let rest = "rules:\n  - { name: r, event: '*', steps: [{ name: one, request: PUT /a }, { name: \
                    two, request: PUT /b }] }";
        format!("version: 1\ntargets: {{ hss: {{ url: http://hss.test, {lines} }} }}\n{rest}")
    };
    let failing = vec![answer(503, &[], "")];
    let breaker = with("breaker: { failures: 2 }");
    let explanation = explained(&breaker, &json!({}), vec![failing]);
    assert_eq!(explanation.tries(0).len(), 2);
    let exchange = explanation.run().turns[0].exchanges.first().unwrap();
    assert_eq!((exchange.given_up, explanation.told.0), (Some(GivenUp::Open), 503));

    let last = answer(200, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "50")], "{}");
    for (text, reply, why, told) in [
        (with("limits: { rate: 1/m }"), answer(200, &[], "{}"), GivenUp::Limited, 503),
        (with("timeout: 5s"), last, GivenUp::Paused, 429),
    ] {
        let explanation = explained(&text, &json!({}), vec![vec![reply]]);
        let second = &explanation.run().turns[1];
        assert_eq!((second.not_sent, second.exchanges.is_empty()), (Some(why), true));
        assert_eq!(explanation.told.0, told);
    }
}

#[test]
fn a_try_without_an_answer_takes_its_time() {
    let text = TABLES.replace("POST /a", "GET /a");
    let replies = vec![vec![
        crate::engine::script::Reply::SILENCE,
        fault(TransportFault::Unreachable),
        answer(200, &[], "{}"),
    ]];
    let explanation = explained(&text, &json!({}), replies);
    let tries = explanation.tries(0);
    assert_eq!(tries[0].ended, Duration::from_secs(10));
    assert_eq!(tries[0].answer.as_ref().unwrap_err(), "hss.test:80 did not answer within 10s");
    assert!(tries[1].answer.is_err() && tries[2].answer.is_ok());
    assert_eq!(tries[0].verdict, Verdict::NoAnswer);
    assert!(explanation.run().took > Duration::from_secs(10));
}

#[test]
fn a_rule_that_begins_again_is_told_from_its_first_step() {
    let conflict = || vec![answer(412, &[], "")];
    let twice = explained(TABLES, &json!({}), vec![conflict(), vec![answer(200, &[], "{}")]]);
    let run = twice.run();
    let turns: Vec<_> = run.turns.iter().map(|turn| (&*turn.step, turn.restarts)).collect();
    assert_eq!(turns, [("one", 0), ("one", 1), ("two", 1)]);
    assert!(run.turns[1].since > run.turns[0].since);
    assert!(run.not_reached.is_empty());

    let in_vain = explained(TABLES, &json!({}), (0..9).map(|_| conflict()).collect());
    let run = in_vain.run();
    let turns: Vec<_> = run.turns.iter().map(|turn| (&*turn.step, turn.restarts)).collect();
    assert_eq!(turns, [("one", 0), ("one", 1), ("one", 2), ("one", 3)]);
    let last = run.turns[3].exchanges.first().unwrap();
    assert_eq!(last.given_up, Some(GivenUp::Restarts));
    assert_eq!((in_vain.told.0, in_vain.replies_left()), (503, 5));
}

#[test]
fn a_body_that_cannot_be_read_is_told_and_so_is_the_entry_that_needs_it() {
    let page = answer(200, &[("content-type", "text/html")], "<p>hello</p>");
    let explanation = explained(TABLES, &json!({}), vec![vec![page]]);
    let first = &explanation.tries(0)[0];
    let answered = first.answer.as_ref().unwrap();
    assert_eq!(answered.unreadable.as_deref(), Some("the body is text/html, not JSON"));
    assert_eq!((first.verdict, explanation.told.0), (Verdict::Unjudged(2), 502));
    assert_eq!(first.entries[2].standing, EntryStanding::Unreadable);
    let of_proxy = answer(503, &[("content-type", "text/html")], "<p>down</p>");
    let explanation = explained(TABLES, &json!({}), vec![vec![of_proxy]]);
    assert_eq!(explanation.tries(0)[0].verdict, Verdict::Default(Then::Retry));
}

#[test]
fn an_entry_that_cannot_be_asked_ends_the_event() {
    let text = TABLES.replace("{ status: 409 }", "{ odd: 1 }").replace(
        "      - name: one\n",
        "      - name: one\n        extract: { odd: { value: '{{div 1 event.pb_data.zero}}' } }\n",
    );
    let explanation = explained(&text, &json!({"zero": 0}), vec![vec![answer(200, &[], "{}")]]);
    let first = &explanation.tries(0)[0];
    assert_eq!((first.verdict, explanation.told.0), (Verdict::Unjudged(0), 422));
    assert!(matches!(&first.entries[0].standing, EntryStanding::Fault(fault)
        if fault.contains("`div` failed")));
}

#[test]
fn what_a_stand_in_lacks_is_told_as_absent() {
    let text = mapping(
        "rules:
  - name: r
    event: '*'
    steps:
      - { name: find, request: GET /a, save: { id: $.id } }
      - { name: use, request: 'POST /{{default id \"x\"}}', json: { id: '{{id}}' } }
",
    );
    let explanation = explained(&text, &json!({}), Vec::new());
    let saved = &explanation.run().turns[0].saved[0];
    assert!(matches!(saved.outcome, Outcome::Missing { .. }), "{saved:?}");
    assert!(matches!(&explanation.run().end, End::Failed { step: Some(step), message, .. }
        if &**step == "use" && message.contains("in the answer to step `find`")));
    assert_eq!(explanation.told.0, 422);
}

#[test]
fn several_mappings_take_replies_one_after_the_other() {
    let scratch = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        let text = mapping(&format!(
            "rules:
  - name: r
    event: '*'
    steps: [{{ request: GET /{name}/1, timeout: 5s }}, {{ request: GET /{name}/2 }}]
"
        ));
        std::fs::write(scratch.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let environment = crate::mapping::env::Environment::new(&super::variable, &super::file, false);
    let program = crate::mapping::load(scratch.path(), environment).program.unwrap();
    let slow =
        |status| super::Reply { after: Duration::from_secs(1), ..json_answer(status, &json!({})) };
    let replies = vec![vec![slow(200)], vec![slow(500)], vec![slow(404)]];
    let now = "2026-01-31T12:00:00Z".parse().unwrap();
    let (event, deadline) = (super::event(&json!({})), Duration::from_secs(25));
    let log_ins = true;
    let question = super::Question { program, event, replies, log_ins, now, deadline };
    let explanation = super::explain(question).unwrap();
    let paths = explanation.sent();
    let expected = ["/a/1", "/a/2", "/b/1"].map(|path| format!("GET http://hss.test{path}"));
    assert_eq!(paths, expected);
    assert_eq!((explanation.told.0, explanation.replies_left()), (502, 0));
    assert_eq!(explanation.told.1["details"].as_array().unwrap().len(), 2);
}

#[test]
fn what_an_alias_repeats_is_told_apart() {
    let text = "version: 1
targets:
  hss:
    url: http://hss.test
    responses: &table
      - { when: { status: 409 }, then: ok }
      - { when: { status: 2xx }, then: stop }
rules:
  - name: r
    event: '*'
    steps:
      - &step { request: POST /a, responses: *table }
      - *step
";
    let explanation = explained(text, &json!({}), Vec::new());
    let first = &explanation.tries(0)[0];
    let standings: Vec<_> = first.entries.iter().map(|entry| &entry.standing).collect();
    use EntryStanding::{Decides, Misses, WouldDecide};
    assert_eq!(standings, [&Misses, &Decides, &Misses, &WouldDecide]);
    assert_eq!(first.verdict, Verdict::Entry(1));
    let not_reached = &explanation.run().not_reached;
    assert_eq!(not_reached.iter().map(|(step, _)| &**step).collect::<Vec<_>>(), ["2"]);
}
