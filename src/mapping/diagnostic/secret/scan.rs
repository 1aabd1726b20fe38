//! A tolerant reader of YAML, which follows keys, brackets and indentation to find where secrets
//! stand. It reads what cannot be parsed, too; where it is in doubt, it hides.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::inline::{self, Reference, Writing};
use super::lines::{Line, columns, is_blank};
use super::names::{Meaning, Regime};
use super::values::member_end;

/// Aliases of aliases are followed so often.
const MOST_PASSES: usize = 4;

/// Where the secrets of a file stand that its text tells, in order and apart.
pub(super) fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut secret_anchors = HashMap::new();
    for _ in 1..MOST_PASSES {
        let scan = Scan::new(text, &secret_anchors).run();
        if scan.aliases.keys().all(|name| secret_anchors.contains_key(name)) {
            return scan.hidden;
        }
        secret_anchors.extend(scan.aliases);
    }
    Scan::new(text, &secret_anchors).run().hidden
}

/// The place that was reached, and what holds there.
pub(super) struct Scan<'t, 'a> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    frames: Vec<Frame>,
    /// Which of the frames is the outermost bracket that is open.
    outermost_bracket: Option<usize>,
    /// A key whose value has not come yet.
    pub(super) pending: Option<Pending>,
    /// The same, for a key that was written `? key`.
    pub(super) explicit: Option<Pending>,
    /// A place on this line, and its column.
    column: (usize, usize),
    /// How far this line is indented.
    pub(super) indentation: usize,
    /// Where lines end.
    breaks: Vec<usize>,
    pub(super) anchors: HashSet<&'t str>,
    pub(super) secret_anchors: &'a HashMap<&'t str, Regime>,
    /// Aliases that stand where a secret belongs: what they name is one.
    pub(super) aliases: HashMap<&'t str, Regime>,
    /// Whether an API key began, whose `value` is still to come.
    pub(super) awaits_value: bool,
    /// How far the text was looked through because quotes are lost in it.
    pub(super) misquoted: usize,
    hidden: Vec<Range<usize>>,
}

/// A mapping or a list that has not ended.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// By indentation: it ends at a line that is indented less.
    Block { least: usize, regime: Regime },
    /// In brackets.
    Flow {
        bracket: char,
        regime: Regime,
        /// Lines that are indented less cannot belong to it.
        least: Option<usize>,
        /// Whether what follows the closing bracket is hidden, too.
        hides_rest: bool,
    },
}

impl Frame {
    fn regime(self) -> Regime {
        match self {
            Frame::Block { regime, .. } | Frame::Flow { regime, .. } => regime,
        }
    }
}

/// A key that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) meaning: Meaning,
    /// Whether a JSONPath may stand there.
    pub(super) may_be_path: bool,
    /// Its column.
    pub(super) column: usize,
    /// Whether its line has not ended, so that no key can come before its value.
    pub(super) on_its_line: bool,
}

impl<'t, 'a> Scan<'t, 'a> {
    fn new(text: &'t str, secret_anchors: &'a HashMap<&'t str, Regime>) -> Self {
        Self {
            text,
            at: 0,
            frames: Vec::new(),
            outermost_bracket: None,
            pending: None,
            explicit: None,
            column: (0, 0),
            indentation: 0,
            breaks: text.match_indices('\n').map(|(at, _)| at).collect(),
            anchors: HashSet::new(),
            secret_anchors,
            aliases: HashMap::new(),
            awaits_value: false,
            misquoted: 0,
            hidden: Vec::new(),
        }
    }

    fn run(mut self) -> Self {
        self.begin_line();
        while let Some(c) = self.rest().chars().next() {
            self.step(c);
        }
        self
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// From here to the end of the line.
    pub(super) fn rest_of_line(&self) -> &'t str {
        self.line_from(self.at)
    }

    /// From a place to the end of its line.
    pub(super) fn line_from(&self, at: usize) -> &'t str {
        let end = self.breaks.get(self.breaks.partition_point(|end| *end < at));
        let end = end.copied().unwrap_or(self.text.len());
        self.text.get(at..end).unwrap_or_default().trim_end()
    }

    pub(super) fn regime(&self) -> Regime {
        self.frames.last().map_or(Regime::Names, |frame| frame.regime())
    }

    pub(super) fn in_brackets(&self) -> bool {
        self.outermost_bracket.is_some()
    }

    fn step(&mut self, c: char) {
        match c {
            '\n' => {
                self.at += 1;
                self.begin_line();
            }
            c if is_blank(c) => self.at += c.len_utf8(),
            '#' if self.begins_comment() => self.comment(),
            '{' | '[' if Reference::at(self.rest()).is_none() => self.open(c),
            '}' | ']' | ',' if self.begins_secret() => self.piece(),
            '}' | ']' if self.in_brackets() => self.close(c),
            ',' if self.in_brackets() => {
                self.at += 1;
                self.pending = None;
            }
            '-' if self.stands_alone() => self.at += 1,
            '?' if self.stands_alone() => {
                self.at += 1;
                self.explicit_key();
            }
            ':' if self.stands_alone() => {
                self.at += 1;
                self.pending = self.explicit.take().or(self.pending);
            }
            '&' | '!' | '*' => self.property(c),
            '|' | '>' if self.begins_block() => self.block(),
            _ => self.piece(),
        }
    }

    fn stands_alone(&self) -> bool {
        self.text[self.at + 1..].chars().next().is_none_or(is_blank)
    }

    /// Whether a sign that separates members is rather the first character of a secret.
    fn begins_secret(&self) -> bool {
        let awaited = self.pending.is_some_and(|p| p.meaning.hides && p.on_its_line);
        awaited && member_end(self.rest_of_line()) > 0
    }

    fn begins_comment(&self) -> bool {
        self.text[..self.at].chars().next_back().is_none_or(is_blank)
    }

    /// Goes to what the next line that is not blank begins with, and ends what it does not belong to.
    fn begin_line(&mut self) {
        let Some(line) = Line::from(self.text, self.at) else {
            self.at = self.text.len();
            return;
        };
        self.at = line.start;
        self.column = (line.start, line.indentation);
        self.indentation = line.indentation;
        if line.is_comment() {
            return;
        }
        if line.is_marker() {
            self.abandon(0);
            self.pending = None;
            self.at += 3;
            return;
        }
        match self.outermost_bracket {
            Some(bracket) if self.leaves_brackets(line.start - line.blank) => self.abandon(bracket),
            Some(_) => {
                let pending = self.pending.as_mut();
                pending.into_iter().for_each(|pending| pending.on_its_line = false);
                return;
            }
            None => {}
        }
        self.indent(&line);
    }

    /// Whether the line from a place cannot belong to the brackets that are open.
    pub(super) fn leaves_brackets(&self, at: usize) -> bool {
        let outermost = self.outermost_bracket.and_then(|bracket| self.frames.get(bracket));
        let Some(Frame::Flow { least: Some(least), .. }) = outermost else { return false };
        let line = Line::at(self.text, at);
        line.is_some_and(|line| line.indentation < *least && line.is_structure())
    }

    /// A bracket was never closed.
    fn abandon(&mut self, frame: usize) {
        self.frames.truncate(frame);
        self.outermost_bracket = None;
        self.pending = None;
    }

    fn indent(&mut self, line: &Line<'_>) {
        let inside = |least: usize| {
            // Items may be indented no further than their key.
            line.indentation >= least || (line.is_item() && line.indentation + 1 == least)
        };
        while let Some(Frame::Block { least, .. }) = self.frames.last() {
            if inside(*least) {
                break;
            }
            self.frames.pop();
        }
        let Some(pending) = self.pending.take() else { return };
        if inside(pending.column + 1) {
            let regime = pending.meaning.below;
            self.frames.push(Frame::Block { least: pending.column + 1, regime });
            self.pending = Some(Pending { on_its_line: false, ..pending });
        } else if pending.meaning.hides && !line.is_structure() {
            // A value that lost its indentation.
            self.pending = Some(Pending { on_its_line: true, ..pending });
        }
    }

    fn open(&mut self, bracket: char) {
        let pending = self.pending.take();
        let regime = pending.map_or(self.regime(), |pending| pending.meaning.below);
        let hides_rest = pending.is_some_and(|pending| pending.meaning.hides);
        let least = match self.in_brackets() {
            true => None,
            false => {
                self.outermost_bracket = Some(self.frames.len());
                // Nothing is around the brackets that are the whole document.
                let around = pending.map(|pending| pending.column);
                around.or((!self.frames.is_empty()).then_some(self.indentation)).map(|c| c + 1)
            }
        };
        self.frames.push(Frame::Flow { bracket, regime, least, hides_rest });
        self.at += 1;
    }

    fn close(&mut self, bracket: char) {
        let opened = if bracket == ']' { '[' } else { '{' };
        self.pending = None;
        self.at += 1;
        let Some(Frame::Flow { bracket, regime, hides_rest, .. }) = self.frames.last().copied()
        else {
            return;
        };
        // It closes nothing, and what follows may be the rest of a secret.
        if bracket != opened && regime > Regime::Names {
            return;
        }
        self.frames.pop();
        if self.outermost_bracket == Some(self.frames.len()) {
            self.outermost_bracket = None;
        }
        let follows = self.rest_of_line().trim_start();
        if hides_rest && !follows.is_empty() && !follows.starts_with(['#', ',', '}', ']', ':']) {
            self.at += self.rest_of_line().len() - follows.len();
            let column = self.column();
            self.hidden_value(false, column);
        }
    }

    /// The column of the place. It is asked for from left to right.
    pub(super) fn column(&mut self) -> usize {
        let (known, column) = self.column;
        let between = self.text.get(known..self.at).unwrap_or_default();
        let line = between.rfind('\n').map_or(between, |found| &between[found + 1..]);
        let before = if line.len() == between.len() { column } else { 0 };
        self.column = (self.at, before + columns(line));
        self.column.1
    }

    /// Hides a part of the text, except for what it only refers to.
    pub(super) fn hide(&mut self, range: Range<usize>) {
        let mut literals = Vec::new();
        inline::literals(&self.text[range.clone()], &mut literals);
        let offset = range.start;
        self.hidden.extend(literals.into_iter().map(|r| offset + r.start..offset + r.end));
    }

    /// Shows a part of the text, except for secrets that it spells out.
    pub(super) fn show(&mut self, range: Range<usize>, writing: Writing) {
        let mut secrets = Vec::new();
        inline::secrets(&self.text[range.clone()], writing, self.awaits_value, &mut secrets);
        for secret in secrets {
            self.hide(range.start + secret.start..range.start + secret.end);
        }
    }
}
