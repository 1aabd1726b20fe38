//! What an event did and why, for whoever prints it. Nothing secret is in it: all texts and values
//! are masked.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::glimpse::Glimpse;
use crate::engine::observe::GivenUp;
use crate::expr::At;
use crate::program::Then;

/// One event and everything that it did.
#[derive(Debug)]
pub struct Explanation {
    pub event_id: String,
    pub event_type: String,
    /// In byte order of file names.
    pub mappings: Vec<MappingAccount>,
    /// What NSPS would be told: status and body.
    pub told: (u16, Value),
    /// Exchanges that took place.
    pub exchanges: usize,
    /// Exchanges that a reply was given for.
    pub replies: usize,
    /// Log-ins that were taken as done.
    pub log_ins_taken_as_done: usize,
    /// Lists of replies of which not all came.
    pub members_left: Vec<MembersLeft>,
    /// Whether there was so much to tell that some tests and values are left out.
    pub is_cut: bool,
}

impl Explanation {
    /// Exchanges that were answered with a stand-in.
    pub fn stand_ins(&self) -> usize {
        let given = self.exchanges.min(self.replies);
        self.exchanges - given
    }

    /// Exchanges that a reply was given for, and that did not take place.
    pub fn replies_left(&self) -> usize {
        self.replies.saturating_sub(self.exchanges)
    }
}

/// A reply that is a list, for more tries than there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembersLeft {
    /// Which one, from 1.
    pub reply: usize,
    /// How many members it has, and how many of them nothing asked for.
    pub given: usize,
    pub left: usize,
}

/// What the event did to one mapping.
#[derive(Debug)]
pub struct MappingAccount {
    pub file: Arc<str>,
    pub description: Option<String>,
    /// The one that runs, then those that come nearest to it.
    pub rules: Vec<RuleAccount>,
    /// Those of the file, then those of the rule that runs, each in the order of the file.
    pub variables: Vec<VariableAccount>,
    /// None if no rule is for the event.
    pub run: Option<RunAccount>,
}

#[derive(Debug)]
pub struct RuleAccount {
    pub at: At,
    pub name: Arc<str>,
    /// Event types that it is for.
    pub patterns: Vec<String>,
    pub standing: Standing,
    /// What its `when` came to; none where it has none, or is not for this type of event.
    pub when: Option<Found>,
}

/// Whether a rule is for the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Runs,
    /// It would, if a rule before it did not.
    WouldRun,
    /// Its `when` does not hold.
    Misses,
    /// It is for other types of events.
    OtherType,
    /// Its `when` met a value that it cannot read, which is where the event ends.
    Undecided(String),
}

/// What a condition came to, in its own form.
#[derive(Debug)]
pub enum Found {
    All(Vec<Found>),
    Any(Vec<Found>),
    Not(Box<Found>),
    Test(Tested),
}

impl Found {
    /// What it came to, if that can be told.
    pub fn held(&self) -> Option<bool> {
        let all = |parts: &[Self], decisive: bool| {
            let parts: Vec<_> = parts.iter().map(Self::held).collect();
            if parts.contains(&Some(decisive)) {
                return Some(decisive);
            }
            (!parts.contains(&None)).then_some(!decisive)
        };
        match self {
            Self::All(parts) => all(parts, false),
            Self::Any(parts) => all(parts, true),
            Self::Not(part) => part.held().map(|held| !held),
            Self::Test(tested) => tested.held.as_ref().ok().copied(),
        }
    }

    /// Every test, in the order of the file.
    pub fn tests(&self) -> Vec<&Tested> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(part) => part.tests(),
            Self::Test(tested) => vec![tested],
        }
    }
}

/// One test of one subject.
#[derive(Debug)]
pub struct Tested {
    pub at: At,
    /// As written.
    pub subject: String,
    /// The test in words.
    pub asks: String,
    /// The first values that there were to test; nothing if the subject is absent.
    pub saw: Vec<Glimpse>,
    /// How many more there were.
    pub more: usize,
    /// Or why that cannot be told.
    pub held: Result<bool, String>,
    /// Whether the condition came to what it did because of this one.
    pub decides: bool,
}

#[derive(Debug)]
pub struct VariableAccount {
    pub name: Arc<str>,
    pub owner: Owner,
    /// How it came about, step by step.
    pub trail: Vec<Passage>,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    File,
    Rule,
    Step,
    /// What a step saves.
    Save,
}

#[derive(Debug)]
pub enum Outcome {
    Value(Glimpse),
    Absent,
    /// Absent although it is required; the step whose request could not be made for that, if one
    /// failed so.
    Missing {
        needed_by: Vec<Arc<str>>,
    },
    Fault(String),
    /// Nothing asked for it.
    NotAsked,
}

/// One step on the way to a value.
#[derive(Debug)]
pub enum Passage {
    /// A path, or the name that stands for one; null counts as nothing where `null` is true.
    Path {
        text: String,
        found: Option<Glimpse>,
        is_null: bool,
    },
    /// A path behind the one that gave the value.
    PathNotAsked {
        text: String,
    },
    From {
        name: String,
        found: Option<Glimpse>,
    },
    Rendered {
        value: Option<Glimpse>,
    },
    /// A case, counted from 1; `value` where it holds.
    Case {
        number: usize,
        at: At,
        when: Option<Found>,
        held: bool,
        value: Option<Glimpse>,
    },
    Stage {
        words: String,
        value: Option<Glimpse>,
    },
    Default {
        value: Option<Glimpse>,
    },
}

impl Passage {
    /// What it says besides values.
    pub fn text(&self) -> &str {
        match self {
            Self::Path { text, .. }
            | Self::PathNotAsked { text }
            | Self::From { name: text, .. }
            | Self::Stage { words: text, .. } => text,
            Self::Rendered { .. } | Self::Case { .. } | Self::Default { .. } => "",
        }
    }
}

/// What the rule that runs does.
#[derive(Debug)]
pub struct RunAccount {
    pub at: At,
    pub rule: Arc<str>,
    /// Steps in the order in which they came; a `for_each` has one for each member.
    pub turns: Vec<Turn>,
    /// How many are left out before the last one.
    pub turns_left_out: usize,
    /// What was taken back, as far as it is told, in the order in which it was.
    pub undos: Vec<Turn>,
    pub undos_left_out: usize,
    /// Steps that it did not come to.
    pub not_reached: Vec<(Arc<str>, At)>,
    pub end: End,
    /// How long it would take, waits between tries included.
    pub took: Duration,
}

#[derive(Debug)]
pub enum End {
    Succeeded,
    Ignored(String),
    Failed { message: String, error: String, step: Option<Arc<str>>, index: Option<u32> },
}

/// A step, or one member of its `for_each`; or the undo of one.
#[derive(Debug)]
pub struct Turn {
    pub at: At,
    pub step: Arc<str>,
    /// When it begins, since the event began.
    pub since: Duration,
    /// How often the rule began again before.
    pub restarts: u32,
    pub member: Option<Member>,
    pub kind: TurnKind,
    /// What its `when` came to; none where it has none.
    pub when: Option<Found>,
    pub variables: Vec<VariableAccount>,
    /// In the order in which they began, those of log-ins among them.
    pub exchanges: Vec<Exchange>,
    /// Why its request is not sent at all, although it was to be.
    pub not_sent: Option<GivenUp>,
    pub saved: Vec<VariableAccount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnKind {
    Runs,
    /// Its `when` does not hold.
    Skipped,
    /// Its `for_each` has no member.
    NoMember,
}

#[derive(Debug)]
pub struct Member {
    /// From 0.
    pub index: u32,
    pub item: Option<Glimpse>,
}

impl Turn {
    /// The requests of the step itself.
    pub fn own(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter().filter(|exchange| exchange.log_in.is_none())
    }
}

/// A step of a log-in.
#[derive(Debug, Clone)]
pub struct LogInStep {
    pub at: At,
    pub step: Arc<str>,
    /// Names of what it saves.
    pub saves: Vec<Arc<str>>,
}

/// A request, and what came of it.
#[derive(Debug)]
pub struct Exchange {
    /// The step that it belongs to where it is part of a log-in.
    pub log_in: Option<LogInStep>,
    pub target: Arc<str>,
    pub request: Sent,
    pub tries: Vec<Try>,
    /// What a poll waits for, asked of the last answer.
    pub until: Option<Until>,
    /// Why it is not sent again, or the rule does not begin again, although that might help.
    pub given_up: Option<GivenUp>,
}

/// What the `until` of a `repeat` came to.
#[derive(Debug)]
pub struct Until {
    pub at: At,
    pub held: bool,
    pub when: Found,
}

/// A request as it is sent for the first time; of later tries only identifiers of the try differ.
#[derive(Debug)]
pub struct Sent {
    pub method: Arc<str>,
    /// Absolute, with the query.
    pub url: String,
    /// Names are lower-case.
    pub headers: Vec<(Arc<str>, String)>,
    pub body: Content,
    /// How it goes there, as options of curl with their values: certificates, a proxy.
    pub route: Vec<(&'static str, String)>,
}

/// A body.
#[derive(Debug, Default)]
pub struct Content {
    pub text: String,
    /// Where it is JSON.
    pub json: Option<Value>,
    /// Its length in bytes if it is too much to be told.
    pub left_out: Option<usize>,
}

#[derive(Debug)]
pub struct Try {
    /// When it is sent and when it is answered, since the event began.
    pub at: Duration,
    pub ended: Duration,
    /// Which of the given replies it is, from 1; none for the stand-in.
    pub reply: Option<usize>,
    pub answer: Result<Answered, String>,
    /// In the order in which they are asked.
    pub entries: Vec<EntryAccount>,
    pub verdict: Verdict,
}

impl Try {
    /// The row of a `responses` table that decides, if one does.
    pub fn entry(&self) -> Option<&EntryAccount> {
        match self.verdict {
            Verdict::Entry(at) => self.entries.get(at),
            _ => None,
        }
    }
}

/// What a target answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Content,
    /// Why there is no value in its body, if it has one.
    pub unreadable: Option<String>,
}

/// What one row of a `responses` table makes of an answer.
#[derive(Debug)]
pub struct EntryAccount {
    pub at: At,
    /// From 1, in its table.
    pub number: usize,
    /// The target whose table it is in; none for the step's.
    pub target: Option<Arc<str>>,
    /// None where it has no tests.
    pub when: Option<Found>,
    pub then: Then,
    pub standing: EntryStanding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryStanding {
    Decides,
    /// It holds, but one before it decides.
    WouldDecide,
    Misses,
    /// It depends on a body that cannot be read.
    Unreadable,
    Fault(String),
}

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An entry decides: its position in [`Try::entries`].
    Entry(usize),
    /// No entry holds.
    Default(Then),
    /// There was no answer.
    NoAnswer,
    /// The entry at this position cannot be asked: the event fails.
    Unjudged(usize),
}
