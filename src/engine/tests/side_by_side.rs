//! Rules of several files: each goes its own way, at its own pace, to its own end.

use super::super::outcome::{FailureKind, Outcome, RuleResult};
use super::super::testing::*;
use super::super::transport::TransportFault;
use crate::clock::virtual_time::Luck;

/// Files `a.yaml`, `b.yaml` and so on, with targets at `http://a.test` and so on.
fn files<const N: usize>(mappings: [OneRule; N]) -> Vec<(String, OneRule)> {
    let name = |at: usize| char::from(b'a' + u8::try_from(at).expect("a letter"));
    let named = |(at, mapping): (usize, OneRule)| {
        (format!("{}.yaml", name(at)), mapping.at(&format!("http://{}.test", name(at))))
    };
    mappings.into_iter().enumerate().map(named).collect()
}

/// Each file, and the kind of its failure, if it failed.
fn ends(outcome: &Outcome) -> Vec<(&str, Option<FailureKind>)> {
    let end = |result: &RuleResult| match result {
        RuleResult::Failed(failure) => Some(failure.kind),
        _ => None,
    };
    outcome.rules.iter().map(|rule| (&*rule.mapping, end(&rule.result))).collect()
}

fn two_steps() -> OneRule {
    rule("PUT /1").then("PUT /2").target("retry: { attempts: 2, backoff: 2s }")
}

/// Back-off takes exactly half of its bound.
fn half_luck(story: Story) -> Story {
    story.luck(Luck::Always(1 << 63))
}

#[test]
fn a_rule_that_waits_does_not_hold_up_another() {
    let story = half_luck(Story::of_files(files([two_steps(), two_steps()])))
        .replies_of("http://a.test", [status(503), ok(), ok()])
        .replies_of("http://b.test", [ok().after(ms(300)), ok()]);
    story.succeeds();
    assert_eq!(
        story.itinerary(),
        [
            "PUT http://a.test/1 at 0ns",
            "PUT http://b.test/1 at 0ns",
            "PUT http://b.test/2 at 300ms",
            "PUT http://a.test/1 at 1s",
            "PUT http://a.test/2 at 1s",
        ]
    );
}

#[test]
fn a_target_that_is_silent_does_not_hold_up_another() {
    let mapping = || two_steps().target("timeout: 4s");
    let story = half_luck(Story::of_files(files([mapping(), mapping(), mapping()])))
        .replies_of("http://a.test", [silence(), silence()])
        .replies_of("http://b.test", [ok().after(ms(1)), ok()])
        .replies_of("http://c.test", [status(503).header("retry-after", "5"), ok(), ok()]);
    let outcome = story.run(event());
    let unavailable = Some(FailureKind::Unavailable);
    assert_eq!(ends(&outcome), [("a.yaml", unavailable), ("b.yaml", None), ("c.yaml", None)]);
    assert_eq!(
        story.itinerary(),
        [
            "PUT http://a.test/1 at 0ns",
            "PUT http://b.test/1 at 0ns",
            "PUT http://c.test/1 at 0ns",
            "PUT http://b.test/2 at 1ms",
            "PUT http://a.test/1 at 5s",
            "PUT http://c.test/1 at 5s",
            "PUT http://c.test/2 at 5s",
        ]
    );
    assert_eq!(story.took(), secs(9), "as long as the longest, not as all together");
}

#[test]
fn a_rule_that_fails_does_not_stop_another() {
    for (reply, kind) in [
        (status(400), FailureKind::Refused),
        (status(401), FailureKind::BadAnswer),
        (fault(TransportFault::TooLarge), FailureKind::BadAnswer),
        (fault(TransportFault::Unsendable), FailureKind::Internal),
    ] {
        for failing in [0, 1, 2] {
            let names = ["a", "b", "c"];
            let mut story =
                half_luck(Story::of_files(files([two_steps(), two_steps(), two_steps()])));
            for (at, name) in names.into_iter().enumerate() {
                let replies = match at == failing {
                    true => vec![reply.clone()],
                    // They go on long after it.
                    false => vec![status(503), ok().after(secs(3)), ok()],
                };
                story = story.replies_of(&format!("http://{name}.test"), replies);
            }
            let outcome = story.run(event());
            let expected: Vec<_> = (0..3).map(|at| (at == failing).then_some(kind)).collect();
            let ends: Vec<_> = ends(&outcome).into_iter().map(|(_, end)| end).collect();
            assert_eq!(ends, expected, "in the order of the files");
        }
    }
}

#[test]
fn an_event_that_one_file_cannot_use_still_goes_to_the_others() {
    let needy = "
version: 1
targets: { hss: { url: 'http://a.test' } }
extract: { iccid: $.pb_data.sim_info.iccid }
rules:
  - name: all
    event: '*'
    steps: [{ request: 'PUT /{{iccid}}' }]
";
    let undecided = "
version: 1
targets: { hss: { url: 'http://b.test' } }
extract: { serial: { path: $.event_id, as: integer } }
rules:
  - name: all
    event: '*'
    when: { serial: 1 }
    ignore: never
";
    let rejecting = "
version: 1
targets: { hss: { url: 'http://c.test' } }
rules:
  - { name: all, event: '*', reject: not today }
";
    let other = "
version: 1
targets: { hss: { url: 'http://d.test' } }
rules:
  - { name: all, event: Other, reject: never }
";
    let willing = rule("PUT /x").at("http://e.test").to_string();
    let files = [
        ("a.yaml", needy),
        ("b.yaml", undecided),
        ("c.yaml", rejecting),
        ("d.yaml", other),
        ("e.yaml", &willing),
    ];
    let story = Story::of_files(files).replies_of("http://e.test", [ok()]);
    let outcome = story.run(event());
    let invalid = Some(FailureKind::Invalid);
    assert_eq!(
        ends(&outcome),
        [("a.yaml", invalid), ("b.yaml", invalid), ("c.yaml", invalid), ("e.yaml", None)],
        "what is not concerned is not heard"
    );
}

#[test]
fn stop_ends_its_own_rule_only() {
    let stops = two_steps().target("responses: [{ when: { status: 404 }, then: stop }]");
    let story = Story::of_files(files([stops, two_steps()]))
        .replies_of("http://a.test", [status(404)])
        .replies_of("http://b.test", [ok(), ok()]);
    story.succeeds();
}

#[test]
fn one_deadline_is_for_all_files() {
    let story = half_luck(Story::of_files(files([two_steps(), two_steps()])))
        .deadline(secs(6))
        .replies_of("http://a.test", [ok().after(secs(5)), ok().after(secs(1))])
        .replies_of("http://b.test", [silence()]);
    let outcome = story.run(event());
    assert_eq!(ends(&outcome), [("a.yaml", None), ("b.yaml", Some(FailureKind::Unavailable))]);
    let timeouts: Vec<_> = story.sent().iter().map(|sent| sent.request.timeout).collect();
    assert_eq!(timeouts, [secs(6), secs(6), secs(1)]);
}

#[test]
fn the_more_files_the_more_at_once() {
    let mapping =
        |at: usize| (format!("{at:03}.yaml"), rule("PUT /x").at(&format!("http://t{at:03}.test")));
    let story = Story::of_files((0..100).map(mapping)).always(ok().after(secs(7)));
    story.succeeds();
    assert_eq!((story.tries(), story.took()), (100, secs(7)));
}

#[test]
fn targets_of_one_definition_are_connected_once() {
    let shared = || rule("PUT /x").at("http://shared.test");
    let story = Story::of_files([
        ("a.yaml", shared()),
        ("b.yaml", shared()),
        ("c.yaml", shared().target("timeout: 1s")),
        ("d.yaml", rule("PUT /y").at("http://other.test")),
        ("e.yaml", rule("POST /z").at("http://shared.test")),
    ])
    .always(ok());
    assert_eq!(
        story.connections(),
        ["http://shared.test", "http://shared.test", "http://other.test"]
    );
    story.succeeds();
    assert_eq!(story.tries(), 5);
}
