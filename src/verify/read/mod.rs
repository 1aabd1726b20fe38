//! From a test file as written to its cases: names noted, texts compiled, events read and changed,
//! every mistake collected.

mod event;
mod exchange;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use event::Events;
pub use exchange::replies;

use super::case::{Case, Clause, Expectation, Scene};
use super::document::{self, Answer, Keys, NOW, TestDocument, Word};
use super::names::{Mention, MentionOf};
use super::plan::Read;
use crate::expr::At;
use crate::mapping::check::answer_test;
use crate::mapping::diagnostic::{Diagnostic, Position, Report, Source, Span};
use crate::mapping::document::decode::{Anything, Named, Period, Reader, Text};
use crate::mapping::env::Environment;
use crate::units;

/// What `${…}` gives, by what stands between the braces.
pub type Settings = Arc<[(Box<str>, Box<str>)]>;

/// What a test file came to.
#[derive(Debug, Default)]
pub struct Readings {
    pub cases: Vec<Arc<Case>>,
    /// Under which the mapping must load: those of all cases, readable or not.
    pub environments: BTreeSet<Settings>,
    /// Names that the mapping must have.
    pub mentions: Vec<Mention>,
    /// Names of what is set for the mapping, and where.
    pub settings: Vec<(Box<str>, Span)>,
}

/// Reads a document; mistakes are in the report, and with an error among them cases may be missing.
pub fn read(
    document: &TestDocument,
    source: &Source,
    report: &mut Report,
    folder: &Path,
    read: &Read<'_>,
) -> Readings {
    let mut of_file = FileReader {
        source,
        report,
        events: Events::new(folder, read),
        settings: Arc::default(),
        now: Timestamp::UNIX_EPOCH,
        readings: Readings::default(),
    };
    of_file.file(document);
    of_file.readings
}

/// What is known while one file is read.
struct FileReader<'r> {
    source: &'r Source,
    report: &'r mut Report,
    events: Events<'r>,
    /// The file's, which those of a case are put over.
    settings: Settings,
    now: Timestamp,
    readings: Readings,
}

impl FileReader<'_> {
    fn file(&mut self, document: &TestDocument) {
        self.settings = self.settings(document.env.as_ref());
        self.now = match &document.now {
            Some(text) => self.moment(text).unwrap_or_default(),
            None => NOW.parse().unwrap_or_default(),
        };
        let Some(cases) = &document.cases else { return };
        if cases.members.is_empty() {
            let help = "write e.g. `- { name: …, event: …, exchange: [] }`";
            self.error("empty-list", cases.span, "there are no cases", help);
        }
        let mut names = HashMap::new();
        for written in cases.members.iter().flatten() {
            self.name(written, &mut names);
            if let Some(case) = self.case(written) {
                self.readings.cases.push(Arc::new(case));
            }
        }
    }

    fn name<'d>(&mut self, case: &'d document::Case, names: &mut HashMap<&'d str, Span>) {
        let Some(text) = &case.name else { return };
        if text.as_str().trim().is_empty() {
            let help = "say in a few words what the case shows";
            self.error("empty-name", text.span(), "this name is empty", help);
        } else if let Some(first) = names.insert(text.as_str(), text.span()) {
            let message = format!("there are two cases named `{}`", text.as_str());
            let diagnostic = Diagnostic::error("duplicate-name", self.source, text.span(), message)
                .secondary(first, "the first one")
                .help("give each case a name of its own");
            self.report.push(diagnostic);
        }
    }

    fn case(&mut self, written: &document::Case) -> Option<Case> {
        let settings = self.settings(written.env.as_ref());
        self.readings.environments.insert(Arc::clone(&settings));
        let now = match &written.now {
            Some(text) => self.moment(text),
            None => Some(self.now),
        };
        let scenes = match &written.sequence {
            None => {
                self.one_event(written);
                self.scene(written.keys(), None, &settings).map(|scene| vec![scene])
            }
            Some(sequence) => {
                self.only_sequence(written);
                if sequence.members.is_empty() {
                    let help = "write e.g. `- { event: …, exchange: [] }`";
                    self.error("empty-list", sequence.span, "there are no events", help);
                }
                let members = sequence.members.iter();
                let scenes: Vec<_> = members
                    .map(|member| {
                        let member = member.as_ref()?;
                        self.scene(member.keys(), member.after.as_ref(), &settings)
                    })
                    .collect();
                scenes.into_iter().collect()
            }
        };
        self.something(written);
        Some(Case {
            at: self.at(written.span),
            name: written.name.as_ref()?.as_str().into(),
            env: settings,
            now: now?,
            scenes: scenes?,
        })
    }

    /// A case without `sequence` has an event of its own.
    fn one_event(&mut self, written: &document::Case) {
        let given = |key| written.unreadable.contains(&key);
        if written.event.is_none() && !given("event") && !given("sequence") {
            let help = "add `event:`, the name of a JSON file or the event itself";
            self.error("missing-key", self.place(written), "this case has no event", help);
        }
    }

    /// With `sequence`, what belongs to an event stands there.
    fn only_sequence(&mut self, written: &document::Case) {
        let beside = written.keys().there();
        if !beside.is_empty() {
            let message = format!("beside `sequence` there is `{}`", beside.join("`, `"));
            let help = "move it into a member of `sequence`, which has the event that it is about";
            self.error("conflicting-keys", self.place(written), message, help);
        }
    }

    /// A case that expects nothing shows nothing.
    fn something(&mut self, written: &document::Case) {
        let members = written.sequence.iter().flat_map(|sequence| sequence.members.iter());
        let is_empty = written.sequence.as_ref().is_some_and(|all| all.members.is_empty());
        let expects = written.keys().expects()
            || written.unreadable.contains(&"sequence")
            || is_empty
            || members
                .into_iter()
                .any(|member| member.as_ref().is_none_or(|member| member.keys().expects()));
        if !expects {
            let message = "this case expects nothing";
            let help = "add one of `exchange`, `answer`, `rule` and `variables`; `exchange: []` \
                        says that nothing may be sent";
            self.error("nothing-expected", self.place(written), message, help);
        }
    }

    /// Where to say something of a case as a whole.
    fn place(&self, written: &document::Case) -> Span {
        written.name.as_ref().map_or(written.span, Text::span)
    }

    fn scene(
        &mut self,
        keys: Keys<'_>,
        after: Option<&Period>,
        settings: &Settings,
    ) -> Option<Scene> {
        let after = match after {
            Some(text) => self.period(text),
            None => Some(Duration::ZERO),
        };
        let event = self.event(keys);
        let rule = keys.rule.map(|text| (self.at(text.span()), Arc::from(text.as_str())));
        if let Some(text) = keys.rule {
            self.mention(text.as_str(), text.span(), MentionOf::Rule);
        }
        let variables = self.variables(keys);
        let exchanges = match keys.exchange {
            Some(exchanges) => self.exchanges(&exchanges.members),
            None => Some(Vec::new()),
        };
        let answer = match keys.answer {
            Some(answer) => self.answer(answer, settings),
            None => Some(Vec::new()),
        };
        Some(Scene {
            at: self.at(keys.span),
            after: after?,
            event: event?,
            exchanges: exchanges?,
            rule,
            variables,
            answer: answer?,
        })
    }

    fn variables(&mut self, keys: Keys<'_>) -> Vec<Expectation> {
        let named = keys.variables.iter().flat_map(|named| &named.0);
        let rule = keys.rule.map(|text| Box::from(text.as_str()));
        named
            .filter_map(|(key, value)| {
                let Anything(node) = value.as_ref()?;
                self.mention(&key.text, key.span, MentionOf::Variable { of_rule: rule.clone() });
                let name = Arc::from(key.text.as_str());
                Some(Expectation { at: self.at(key.span), name, value: node.to_json() })
            })
            .collect()
    }

    fn answer(&mut self, written: &Answer, settings: &Settings) -> Option<Vec<Clause>> {
        if written.parts().next().is_none() && written.unreadable.is_empty() {
            let help = "write e.g. `answer: { status: 200 }`";
            self.error("empty-test", written.span, "this tests nothing", help);
        }
        let variables = |name: &str| look_up(settings, name);
        let files = |path: &str| file(settings, path);
        let mut env = Environment::of_test(&variables, &files);
        let clauses: Vec<_> = written
            .parts()
            .map(|(part, test)| {
                let span = test.node.span;
                let words: Vec<&str> = self.source.slice(span).split_whitespace().collect();
                let compiled = answer_test(part, &test.value, self.source, &mut env, self.report)?;
                let written = words.join(" ").into();
                Some(Clause { at: self.at(span), part, written, test: compiled })
            })
            .collect();
        clauses.into_iter().collect()
    }

    /// The file's settings, with those of a case over them.
    fn settings(&mut self, written: Option<&Named<Word>>) -> Settings {
        let Some(named) = written else { return Arc::clone(&self.settings) };
        let mut settings: Vec<(Box<str>, Box<str>)> = self.settings.to_vec();
        for (key, value) in &named.0 {
            let name = key.text.as_str();
            if !is_setting(name) {
                let help = "write the name of an environment variable, or `file:` and a path";
                let message = format!("`{name}` does not name anything of the environment");
                self.error("bad-environment", key.span, message, help);
                continue;
            }
            let Some(Word(value)) = value else { continue };
            settings.retain(|(known, _)| &**known != name);
            settings.push((name.into(), value.as_str().into()));
            self.readings.settings.push((name.into(), key.span));
        }
        settings.into()
    }

    fn moment(&mut self, text: &Text) -> Option<Timestamp> {
        let moment = text.as_str().parse().ok();
        if moment.is_none() {
            let help = "write e.g. `2026-01-31T12:00:00Z`";
            self.error("bad-timestamp", text.span(), "this is not a moment (RFC 3339)", help);
        }
        moment
    }

    fn period(&mut self, text: &Text) -> Option<Duration> {
        units::duration(text.as_str())
            .map_err(|fault| {
                let help = "write e.g. `10s`, `1m30s` or `250ms`";
                self.error("bad-duration", text.span(), fault.to_string(), help);
            })
            .ok()
    }

    fn mention(&mut self, name: &str, span: Span, of: MentionOf) {
        self.readings.mentions.push(Mention { name: name.into(), span, of });
    }

    fn at(&self, span: Span) -> At {
        let Position { line, column } = self.source.position(span.start);
        At { line, column }
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        Reader { source: self.source, report: self.report }.error(code, span, message, help);
    }
}

/// What a test file sets under a name.
pub fn look_up(settings: &Settings, name: &str) -> Option<String> {
    let found = settings.iter().find(|(known, _)| &**known == name);
    found.map(|(_, value)| value.to_string())
}

/// What a test file puts in place of a file.
pub fn file(settings: &Settings, path: &str) -> Result<String, String> {
    look_up(settings, &format!("file:{path}")).ok_or_else(|| "the test does not have it".to_owned())
}

fn is_setting(name: &str) -> bool {
    if let Some(path) = name.strip_prefix("file:") {
        return !path.is_empty();
    }
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
