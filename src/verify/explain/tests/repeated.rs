//! Polls and undos, as they are told.

use serde_json::json;

use super::super::account::{End, Turn};
use super::{explained, json_answer, mapping, tests};
use crate::engine::observe::GivenUp;
use crate::engine::script::Reply;

fn rules() -> String {
    mapping(
        "rules:
  - name: r
    event: '*'
    steps:
      - name: start
        for_each: event.pb_data.list
        request: POST /{{item}}
        undo: { request: 'DELETE /{{item}}' }
      - name: result
        request: GET /job
        repeat: { until: { $.state: done }, every: 2s, for: 4s }
      - { name: end, request: PUT /end }
",
    )
}

fn state(state: &str) -> Reply {
    json_answer(200, &json!({ "state": state }))
}

fn empty() -> Vec<Reply> {
    vec![json_answer(200, &json!({}))]
}

/// Of each request of a turn: its URL, when it was sent in seconds, and what a poll made of it.
fn polls(turn: &Turn) -> Vec<String> {
    let line = |exchange: &super::super::account::Exchange| {
        let until = exchange.until.as_ref();
        let held = until.map_or("-".to_owned(), |until| {
            format!("{} ({})", until.held, tests(Some(&until.when)).join(", "))
        });
        format!("{} {} {held}", exchange.request.url, exchange.tries[0].at.as_secs())
    };
    turn.own().map(line).collect()
}

#[test]
fn each_poll_is_told_with_what_it_waits_for() {
    let replies = vec![vec![state("queued"), state("running"), state("done")], empty()];
    let explanation = explained(&rules(), &json!({}), replies);
    assert_eq!(
        polls(&explanation.run().turns[1]),
        [
            "http://hss.test/job 0 false (- $.state equals \"done\" [\"queued\"] <)",
            "http://hss.test/job 2 false (- $.state equals \"done\" [\"running\"] <)",
            "http://hss.test/job 4 true (+ $.state equals \"done\" [\"done\"] <)",
        ]
    );
    assert_eq!((explanation.exchanges, explanation.stand_ins()), (2, 0), "a list is one exchange");
    assert!(explanation.members_left.is_empty());
}

#[test]
fn replies_one_by_one_come_to_polls_one_by_one() {
    let replies = vec![vec![state("queued")], vec![state("done")], empty()];
    let explanation = explained(&rules(), &json!({}), replies);
    assert_eq!(explanation.run().turns[1].own().count(), 2);
    assert_eq!((explanation.exchanges, explanation.replies_left()), (3, 0));
}

#[test]
fn a_poll_in_vain_says_so() {
    let explanation = explained(&rules(), &json!({}), Vec::new());
    let turn = &explanation.run().turns[1];
    assert_eq!(turn.own().count(), 3, "a stand-in is never done");
    let last = turn.own().next_back().expect("a request");
    assert_eq!(last.given_up, Some(GivenUp::Polled));
    assert!(
        matches!(&explanation.run().end, End::Failed { message, .. } if message.contains("4s"))
    );
    assert!(explanation.run().undos.is_empty());
}

#[test]
fn what_is_taken_back_is_told_behind_the_steps_that_ran() {
    let refused = vec![json_answer(400, &json!({}))];
    let broken = vec![json_answer(410, &json!({}))];
    let replies = vec![empty(), empty(), vec![state("done")], refused, broken, empty()];
    let explanation = explained(&rules(), &json!({ "list": ["a", "b"] }), replies);
    let run = explanation.run();
    let steps: Vec<&str> = run.turns.iter().map(|turn| &*turn.step).collect();
    assert_eq!(steps, ["start", "start", "result", "end"]);
    let undos: Vec<(&str, u32, &str)> = run
        .undos
        .iter()
        .map(|turn| {
            let member = turn.member.as_ref().map_or(9, |member| member.index);
            let sent = turn.own().next().map_or("", |exchange| &*exchange.request.url);
            (&*turn.step, member, sent)
        })
        .collect();
    assert_eq!(
        undos,
        [("undo of start", 1, "http://hss.test/b"), ("undo of start", 0, "http://hss.test/a"),]
    );
    assert!(run.not_reached.is_empty(), "{:?}", run.not_reached);
    assert_eq!(explanation.told.1["details"][0]["not_undone"][0]["index"], 1);
}

#[test]
fn of_very_many_undos_the_first_ones_and_the_last_are_told() {
    let list: Vec<u32> = (0..1200).collect();
    let mapping = rules().replace("{ name: end, request: PUT /end }", "{ name: end, fail: no }");
    let mapping =
        mapping.replace("repeat: { until: { $.state: done }", "repeat: { until: { status: 200 }");
    let explanation = explained(&mapping, &json!({ "list": list }), Vec::new());
    let run = explanation.run();
    assert_eq!((run.undos.len(), run.undos_left_out), (500, 700));
    let member = |turn: &Turn| turn.member.as_ref().map(|member| member.index);
    assert_eq!((member(&run.undos[0]), member(&run.undos[499])), (Some(1199), Some(0)));
    assert_eq!((run.turns.len(), run.turns_left_out), (500, 702));
}
