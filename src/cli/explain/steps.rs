//! What the rule that runs did: each step, each request and what came back, and how it ended.

use std::time::Duration;

use super::findings::{Around, place, tree, value};
use super::page::{Ink, Page};
use super::{Requests, curl, http, variables};
use crate::program::Then;
use crate::verify::explain::account::{
    Answered, End, EntryAccount, EntryStanding, Exchange, LogInStep, Outcome, Passage, RunAccount,
    Try, Turn, TurnKind, Until, VariableAccount, Verdict,
};

pub(super) fn section(page: &mut Page, file: &str, run: &RunAccount, requests: Requests) {
    let last = run.turns.len().saturating_sub(1);
    for (at, turn) in run.turns.iter().enumerate() {
        if at == last && run.turns_left_out > 0 {
            page.blank().line(1).ink(Ink::Faint, &format!("… {} more turns", run.turns_left_out));
        }
        let again = at.checked_sub(1).and_then(|before| run.turns.get(before));
        if let Some(before) = again.filter(|before| before.restarts < turn.restarts) {
            let ended = before.own().next_back().and_then(|exchange| exchange.tries.last());
            let wait = turn.since.saturating_sub(ended.map_or(before.since, |one| one.ended));
            page.blank().line(1).ink(Ink::Strong, "The rule begins again");
            page.put(&format!(" after {:.3} s", wait.as_secs_f64()));
        }
        of_turn(page, file, turn, requests);
        let is_unsent = turn.kind == TurnKind::Runs && turn.own().count() == 0;
        if let End::Failed { error, .. } = &run.end
            && at == last
            && is_unsent
        {
            let reason = turn.not_sent.map_or(error.as_str(), |why| why.reason());
            page.line(2).ink(Ink::Bad, "nothing is sent").put(": ").put(reason);
        }
    }
    for (step, at) in &run.not_reached {
        page.blank().line(1).put(&format!("Step `{step}` is not reached"));
        place(page, file, *at);
    }
    ending(page, file, run);
    undos(page, file, run, requests);
}

fn undos(page: &mut Page, file: &str, run: &RunAccount, requests: Requests) {
    if run.undos.is_empty() {
        return;
    }
    page.blank()
        .line(1)
        .ink(Ink::Strong, "What its steps did is taken back")
        .put(", the last first");
    for (at, turn) in run.undos.iter().enumerate() {
        if at + 1 == run.undos.len() && run.undos_left_out > 0 {
            page.blank().line(1).ink(Ink::Faint, &format!("… {} more", run.undos_left_out));
        }
        of_turn(page, file, turn, requests);
        if turn.own().count() == 0 {
            page.line(2).ink(Ink::Bad, "nothing is sent");
        }
    }
}

fn ending(page: &mut Page, file: &str, run: &RunAccount) {
    page.blank().line(1).put(&format!("Rule `{}` ", run.rule));
    match &run.end {
        End::Succeeded => page.ink(Ink::Good, "succeeds"),
        End::Ignored(text) => page.ink(Ink::Good, "ignores the event").put(": ").put(text),
        End::Failed { message, error, step, index } => {
            page.ink(Ink::Bad, "fails");
            if let Some(step) = step {
                page.put(&format!(" at step `{step}`"));
            }
            if let Some(index) = index {
                page.put(&format!(", member {index}"));
            }
            page.put(": ").put(message);
            if error != message && !message.contains(error.as_str()) {
                page.line(2).ink(Ink::Faint, error);
            }
            &mut *page
        }
    };
    if !run.took.is_zero() {
        page.put(&format!(" (after {:.3} s)", run.took.as_secs_f64()));
    }
    place(page, file, run.at);
}

fn of_turn(page: &mut Page, file: &str, turn: &Turn, requests: Requests) {
    page.blank().line(1).put("Step `").ink(Ink::Strong, &turn.step).put("`");
    if let Some(member) = &turn.member {
        page.put(&format!(", member {}", member.index));
        if let Some(item) = &member.item {
            page.put(&format!(": {}", value(item)));
        }
    }
    match turn.kind {
        TurnKind::Runs => page.put(""),
        TurnKind::Skipped => page.put(" ").ink(Ink::Notice, "is skipped"),
        TurnKind::NoMember => page.put(" ").ink(Ink::Notice, "is skipped: its list has no member"),
    };
    place(page, file, turn.at);
    if let Some(when) = &turn.when {
        let point_out = turn.kind == TurnKind::Skipped;
        tree(page, 2, file, when, Around { line: turn.at.line, point_out });
    }
    turn.variables.iter().for_each(|variable| variables::lines(page, 2, file, variable));
    let (mut is_first, mut polled) = (true, None);
    for exchange in &turn.exchanges {
        page.blank();
        match &exchange.log_in {
            Some(step) => {
                let what = format!("Log-in to `{}`, step `{}`", exchange.target, step.step);
                page.line(2).ink(Ink::Strong, &what);
                place(page, file, step.at);
                page.blank();
            }
            None if !std::mem::take(&mut is_first) => {
                match polled {
                    Some(ended) => {
                        let wait = began(exchange).saturating_sub(ended);
                        page.line(2)
                            .put(&format!("Polled again after {:.3} s", wait.as_secs_f64()));
                    }
                    None => {
                        page.line(2).put("Sent again with a new session");
                    }
                }
                page.blank();
            }
            None => {}
        }
        of_exchange(page, file, exchange, requests);
        if exchange.log_in.is_none() {
            let last = exchange.tries.last().filter(|_| exchange.until.is_some());
            polled = last.map(|last| last.ended);
        }
        if let Some(LogInStep { saves, .. }) =
            exchange.log_in.as_ref().filter(|it| !it.saves.is_empty())
        {
            let names: Vec<String> = saves.iter().map(|name| format!("`session.{name}`")).collect();
            page.blank().line(2).put(&format!("It saves {}", names.join(", ")));
        }
    }
    let saved = turn.saved.iter().filter(|saved| !matches!(saved.outcome, Outcome::NotAsked));
    let saved: Vec<&VariableAccount> = saved.collect();
    if !saved.is_empty() {
        page.blank().line(2).put("It saves");
        for one in saved {
            of_saved(page, file, one, turn.own().next_back());
        }
    }
}

fn of_saved(page: &mut Page, file: &str, saved: &VariableAccount, exchange: Option<&Exchange>) {
    variables::lines(page, 3, file, saved);
    let last = exchange.and_then(|exchange| exchange.tries.last());
    let is_stand_in = last.is_some_and(|one| one.reply.is_none());
    let found = matches!(saved.outcome, Outcome::Value(_))
        && !saved.trail.iter().any(|passage| matches!(passage, Passage::Default { .. }));
    if is_stand_in && !found {
        stand_in(page, 4);
    }
}

fn of_exchange(page: &mut Page, file: &str, exchange: &Exchange, requests: Requests) {
    match requests {
        Requests::Curl => {
            curl::command(&exchange.request).iter().for_each(|line| {
                page.line(2).put(line);
            });
        }
        Requests::Http | Requests::Json => http::request(page, 2, &exchange.request),
    }
    let mut ended = None;
    for (at, one) in exchange.tries.iter().enumerate() {
        if let Some(before) = ended {
            let wait = one.at.saturating_sub(before);
            page.blank().line(2).put(&format!("Sent again after {:.3} s", wait.as_secs_f64()));
        }
        of_try(page, file, exchange, one, at);
        ended = Some(one.ended);
    }
    if let Some(until) = &exchange.until {
        of_until(page, file, until);
    }
    if let Some(why) = exchange.given_up {
        let decided = exchange.tries.last().and_then(|last| last.entry());
        let what = match decided.map(|entry| entry.then) {
            Some(Then::Restart) => "The rule does not begin again",
            _ if exchange.until.is_some() => "It is not polled again",
            _ => "It is not sent again",
        };
        page.blank().line(2).ink(Ink::Bad, what).put(": ").put(why.reason());
    }
}

fn began(exchange: &Exchange) -> Duration {
    exchange.tries.first().map_or(Duration::ZERO, |first| first.at)
}

/// What a poll waits for, asked of the last answer.
fn of_until(page: &mut Page, file: &str, until: &Until) {
    page.line(3);
    match until.held {
        true => page.ink(Ink::Good, "✓").put(" `until` holds"),
        false => page.ink(Ink::Notice, "✗").put(" `until` does not hold"),
    };
    place(page, file, until.at);
    let around = Around { line: until.at.line, point_out: !until.held };
    tree(page, 4, file, &until.when, around);
}

fn of_try(page: &mut Page, file: &str, exchange: &Exchange, one: &Try, at: usize) {
    page.blank().line(2);
    match one.reply {
        Some(reply) => page.put(&format!("Reply {reply}")),
        None => page.ink(Ink::Notice, "Stand-in for a reply"),
    };
    if exchange.tries.len() > 1 {
        page.put(&format!(", try {}", at + 1));
    }
    page.put(": ");
    let answered = match &one.answer {
        Ok(answered) => answered,
        Err(fault) => {
            page.ink(Ink::Bad, fault);
            page.line(3).put("by default a request without an answer is sent again");
            return;
        }
    };
    page.ink(Ink::Strong, &answered.status.to_string());
    let before = at.checked_sub(1).and_then(|before| exchange.tries.get(before));
    let before = before.and_then(|before| before.answer.as_ref().ok());
    if one.reply.is_none() {
        page.put(" ").put(&answered.body.text);
    } else if before.is_some_and(|before| before.body.text == answered.body.text) {
        page.put(", with the same body");
    } else {
        http::answer(page, 3, answered);
    }
    if let Some(why) = &answered.unreadable {
        page.line(3).ink(Ink::Bad, "there is no value in its body").put(": ").put(why);
    }
    one.entries.iter().for_each(|entry| of_entry(page, file, entry, one.reply.is_none()));
    verdict(page, answered, one);
}

fn of_entry(page: &mut Page, file: &str, entry: &EntryAccount, is_stand_in: bool) {
    let table = match &entry.target {
        Some(target) => format!("of target `{target}`"),
        None => "of the step".to_owned(),
    };
    let then = then_word(entry.then);
    page.line(3);
    match &entry.standing {
        EntryStanding::Decides => page.ink(Ink::Good, "✓"),
        EntryStanding::WouldDecide | EntryStanding::Misses => page.ink(Ink::Faint, "✗"),
        EntryStanding::Unreadable | EntryStanding::Fault(_) => page.ink(Ink::Bad, "?"),
    };
    page.put(&format!(" response {} {table}", entry.number));
    match &entry.standing {
        EntryStanding::Decides => page.put(" decides: ").ink(Ink::Strong, then),
        EntryStanding::WouldDecide => {
            page.put(&format!(" holds, too, but one before it decides: {then}"))
        }
        EntryStanding::Misses => page.put(" does not hold"),
        EntryStanding::Unreadable => page.put(" needs the body, which cannot be read: fail"),
        EntryStanding::Fault(fault) => page.put(" cannot be asked: ").put(fault),
    };
    place(page, file, entry.at);
    if let Some(when) = &entry.when {
        let point_out = entry.standing == EntryStanding::Misses;
        tree(page, 4, file, when, Around { line: entry.at.line, point_out });
    }
    if is_stand_in && entry.standing == EntryStanding::Decides {
        stand_in(page, 4);
    }
}

/// Where something depends on an answer that nobody gave.
fn stand_in(page: &mut Page, depth: usize) {
    let text = "the answer is a stand-in: give the real one with `--reply FILE`";
    page.line(depth).ink(Ink::Notice, text);
}

fn verdict(page: &mut Page, answered: &Answered, one: &Try) {
    match one.verdict {
        Verdict::Default(then) => {
            page.line(3).ink(if then == Then::Ok { Ink::Good } else { Ink::Bad }, "✓");
            let status = answered.status;
            page.put(&format!(" by default {status} means ")).ink(Ink::Strong, then_word(then));
        }
        Verdict::Entry(_) | Verdict::NoAnswer | Verdict::Unjudged(_) => {}
    }
}

pub(super) fn then_word(then: Then) -> &'static str {
    Then::NAMES.iter().find(|(_, known)| *known == then).map_or("", |(name, _)| name)
}
