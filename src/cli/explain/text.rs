//! An explanation for people: what ran and why, what was taken, what was sent, what NSPS is told.

use super::findings::{self, Around};
use super::page::{Ink, Page};
use super::steps;
use super::variables;
use super::{Requests, pretty};
use crate::mapping::diagnostic::Style;
use crate::verify::explain::account::{
    Explanation, MappingAccount, MembersLeft, RuleAccount, Standing,
};

pub(super) fn render(explanation: &Explanation, requests: Requests, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(0).put("Event ").ink(Ink::Strong, &explanation.event_id);
    page.put(", type ").ink(Ink::Strong, &explanation.event_type);
    for mapping in &explanation.mappings {
        of_mapping(&mut page, mapping, requests);
    }
    let (status, body) = &explanation.told;
    let ink = if (200..300).contains(status) { Ink::Good } else { Ink::Bad };
    page.blank().line(0).ink(Ink::Strong, "What NSPS is told: ");
    page.ink(ink, &status.to_string());
    page.blank().block(0, &pretty(body));
    stand_ins(&mut page, explanation);
    page.into_text()
}

fn of_mapping(page: &mut Page, mapping: &MappingAccount, requests: Requests) {
    page.blank().line(0).ink(Ink::Strong, &mapping.file);
    if let Some(description) = &mapping.description {
        page.put(": ").put(description);
    }
    if mapping.run.is_none() {
        page.blank().line(1).ink(Ink::Bad, "No rule").put(" is for this event");
    }
    for rule in &mapping.rules {
        of_rule(page, mapping, rule);
    }
    variables::section(page, mapping);
    if let Some(run) = &mapping.run {
        steps::section(page, &mapping.file, run, requests);
    }
}

fn of_rule(page: &mut Page, mapping: &MappingAccount, rule: &RuleAccount) {
    let (ink, standing) = match &rule.standing {
        Standing::Runs => (Ink::Good, "runs".to_owned()),
        Standing::WouldRun => (Ink::Plain, "fits, too, but a rule before it runs".to_owned()),
        Standing::Misses => (Ink::Plain, "does not fit".to_owned()),
        Standing::OtherType => {
            (Ink::Plain, format!("is for events of type {}", rule.patterns.join(", ")))
        }
        Standing::Undecided(fault) => (Ink::Bad, format!("cannot be decided on: {fault}")),
    };
    if rule.standing != Standing::OtherType || is_first_of_other_type(mapping, rule) {
        page.blank();
    }
    page.line(1).put("Rule `").ink(Ink::Strong, &rule.name).put("` ").ink(ink, &standing);
    findings::place(page, &mapping.file, rule.at);
    if rule.standing != Standing::OtherType {
        page.line(2).ink(Ink::Good, "✓").put(&format!(" event: {}", rule.patterns.join(", ")));
    }
    if let Some(when) = &rule.when {
        let point_out = rule.standing == Standing::Misses;
        findings::tree(page, 2, &mapping.file, when, Around { line: rule.at.line, point_out });
    }
}

/// Those of other types stand together.
fn is_first_of_other_type(mapping: &MappingAccount, rule: &RuleAccount) -> bool {
    let first = mapping.rules.iter().find(|rule| rule.standing == Standing::OtherType);
    first.is_some_and(|first| first.at == rule.at)
}

fn stand_ins(page: &mut Page, explanation: &Explanation) {
    let (exchanges, stand_ins) = (explanation.exchanges, explanation.stand_ins());
    if stand_ins > 0 {
        let what = match (stand_ins, exchanges) {
            (1, 1) => "A stand-in, 200 `{}`, answered the request".to_owned(),
            _ => format!("A stand-in, 200 `{{}}`, answered {stand_ins} of {exchanges} requests"),
        };
        note(page, &what);
        page.put(". Say what the target answers with `--reply FILE`,");
        page.line(0)
            .put("once for each request, in this order: a response as `curl -i` prints it,");
        page.put(" or a `reply` as in");
        page.line(0).put("mapping tests.");
    }
    if explanation.log_ins_taken_as_done > 0 {
        note(page, "Log-ins are taken as done, and what they save is `session.NAME` here.");
        page.line(0).put("`--log-ins` runs them, too");
    }
    if explanation.is_cut {
        note(page, "There is too much to tell: some tests and values are left out");
    }
    for MembersLeft { reply, given, left } in &explanation.members_left {
        let tries = given - left;
        note(
            page,
            &format!("Reply {reply} is a list of {given}, of which {tries} came: a list is"),
        );
        page.put(" for successive tries of one");
        page.line(0).put("request. For one request after the other give `--reply FILE` for each");
    }
    match explanation.replies_left() {
        0 => {}
        1 => note(page, "Nothing asked for the last reply"),
        left => note(page, &format!("Nothing asked for the last {left} replies")),
    }
}

fn note(page: &mut Page, text: &str) {
    page.blank().line(0).ink(Ink::Notice, "Note: ").put(text);
}
