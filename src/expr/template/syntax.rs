//! What the Handlebars parser is given, and what becomes of its complaints.

use std::ops::Range;

use handlebars::{TemplateError, TemplateErrorReason};

use super::TemplateFault;

/// Longest accepted template, in bytes.
const LONGEST: usize = 256 << 10;

/// Most expressions of one template: for each the parser counts lines from the beginning.
const MOST_EXPRESSIONS: usize = 1000;

/// Deepest accepted nesting of blocks, parentheses and brackets: the parser is recursive.
const DEEPEST: usize = 32;

/// Most `else` of one template: each `{{else if}}` nests in the one before it.
const MOST_BRANCHES: usize = 100;

const TOO_MUCH: &str = "split it into several variables";

/// Refuses what could overflow the parser's stack.
pub(super) fn bounded(source: &str) -> Result<(), TemplateFault> {
    let too = |message: String| TemplateFault {
        code: "bad-template",
        message,
        help: Some(TOO_MUCH.to_owned()),
        range: None,
    };
    if source.len() > LONGEST {
        return Err(too(format!("this template is longer than {LONGEST} bytes")));
    }
    if source.matches("{{").count() > MOST_EXPRESSIONS {
        return Err(too(format!("this template has more than {MOST_EXPRESSIONS} expressions")));
    }
    let (mut inside, mut brackets, mut blocks, mut branches) = (false, 0_usize, 0_usize, 0_usize);
    for (at, byte) in source.bytes().enumerate() {
        let rest = source.get(at..).unwrap_or_default();
        match byte {
            b'{' if rest.starts_with("{{") => {
                inside = true;
                match block_mark(rest) {
                    Some(Mark::Opens) => blocks += 1,
                    Some(Mark::Closes) => blocks = blocks.saturating_sub(1),
                    Some(Mark::Branches) => branches += 1,
                    None => {}
                }
            }
            b'}' if rest.starts_with("}}") => {
                inside = false;
                brackets = 0;
            }
            b'(' | b'[' | b'{' if inside => brackets += 1,
            b')' | b']' | b'}' if inside => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        if brackets > DEEPEST || blocks > DEEPEST {
            return Err(too(format!("this template nests deeper than {DEEPEST} levels")));
        }
        if branches > MOST_BRANCHES {
            return Err(too(format!("this template has more than {MOST_BRANCHES} `else`")));
        }
    }
    Ok(())
}

/// What an expression does to the nesting of blocks.
enum Mark {
    Opens,
    Closes,
    Branches,
}

fn block_mark(expression: &str) -> Option<Mark> {
    let inner = expression.trim_start_matches('{');
    let inner = inner.trim_start_matches(|c: char| c == '~' || c.is_ascii_whitespace());
    match inner.chars().next()? {
        '#' => Some(Mark::Opens),
        '/' => Some(Mark::Closes),
        '^' => Some(Mark::Branches),
        _ => inner.starts_with("else").then_some(Mark::Branches),
    }
}

/// What the parser cannot read, in the words of the person who wrote it.
pub(super) fn explain(source: &str, error: &TemplateError) -> TemplateFault {
    let at = error.pos().map_or(source.len(), |(line, column)| {
        let mut cursor = Cursor::START;
        cursor.offset(source, line, column)
    });
    let start = match source.get(at..) {
        Some(rest) if rest.starts_with("{{") => at,
        _ => source.get(..at).and_then(|before| before.rfind("{{")).unwrap_or(at),
    };
    let expression = source.get(start..).unwrap_or_default();
    let end = expression.find("}}").map(|end| start + end + 2);
    let fault = |message: &str, help: &str, range: Range<usize>| TemplateFault {
        code: "bad-template",
        message: message.to_owned(),
        help: Some(help.to_owned()),
        range: Some(range),
    };
    let whole = start..end.unwrap_or(source.len());
    match error.reason() {
        TemplateErrorReason::MismatchingClosedHelper(open, _) => return mismatch(open, whole),
        TemplateErrorReason::InvalidSyntax(reason) if reason.contains("stack limit") => {
            return fault("this template nests too deeply", TOO_MUCH, 0..source.len());
        }
        _ => {}
    }
    if end.is_none() && expression.starts_with("{{") {
        return fault("this `{{` is not closed", LITERAL, whole);
    }
    let inner = source.get(start + 2..whole.end).unwrap_or_default();
    if let Some(next) = inner.find("{{").filter(|_| !inner.starts_with('{')) {
        return fault("this `{{` is not closed", LITERAL, start..start + 2 + next);
    }
    match unbalanced(source).filter(|_| at >= source.len()) {
        Some(Unbalanced::Open(range)) => {
            let help = "a block ends with `{{/if}}`, `{{/unless}}` or `{{/each}}`";
            return fault("this block is not closed", help, range);
        }
        Some(Unbalanced::Mismatch { open, range }) => return mismatch(open, range),
        None => {}
    }
    match block_mark(expression) {
        Some(Mark::Closes | Mark::Branches) => fault(
            "this belongs to a block, and none is open here",
            "a block begins with `{{#if …}}`, `{{#unless …}}` or `{{#each …}}`",
            whole,
        ),
        _ if inner.contains(" as |") => fault(
            "the names that `#each` gives stand between two bars",
            "write `{{#each list as |member|}}`, or `{{#each list as |member index|}}`",
            whole,
        ),
        _ if has_operator(inner) => fault(
            "a template has no operators, only helpers, which come first",
            "write e.g. `{{#if (eq a \"x\")}}`, `{{default a \"none\"}}`, `{{upper a}}`",
            whole,
        ),
        _ if inner.contains('[') => fault(
            "this is not an expression: a name has no brackets",
            "write positions behind dots, too: `{{event.list.0.id}}`",
            whole,
        ),
        _ => fault("this is not an expression", FORMS, whole),
    }
}

/// Whether an expression is written as other languages would have it.
fn has_operator(inner: &str) -> bool {
    let operators = ["==", "!=", "&&", "||", "??", "|", " + ", " > ", " < ", " ? "];
    operators.iter().any(|operator| inner.contains(operator))
}

const LITERAL: &str = "end the expression with `}}`; a literal `{{` is written `\\{{`";

const FORMS: &str = "an expression looks like `{{name}}`, `{{helper a \"text\"}}` or \
                     `{{#if name}}…{{else}}…{{/if}}`; a literal `{{` is written `\\{{`";

enum Unbalanced<'t> {
    /// The innermost block that is open at the end.
    Open(Range<usize>),
    /// The end of a block that is not the innermost, which is named `open`.
    Mismatch { open: &'t str, range: Range<usize> },
}

fn unbalanced(source: &str) -> Option<Unbalanced<'_>> {
    let mut blocks: Vec<(&str, Range<usize>)> = Vec::new();
    for (at, _) in source.match_indices("{{") {
        let expression = source.get(at..).unwrap_or_default();
        let length = expression.find("}}").map_or(expression.len(), |end| end + 2);
        let range = at..at + length;
        match block_mark(expression) {
            Some(Mark::Opens) => blocks.push((block_name(expression), range)),
            Some(Mark::Closes) => match blocks.pop() {
                Some((open, _)) if open != block_name(expression) => {
                    return Some(Unbalanced::Mismatch { open, range });
                }
                _ => {}
            },
            _ => {}
        }
    }
    blocks.pop().map(|(_, range)| Unbalanced::Open(range))
}

/// `if` of `{{#if x}}` and of `{{/if}}`.
fn block_name(expression: &str) -> &str {
    let name = expression.trim_start_matches(|c: char| "{~#/".contains(c) || c.is_whitespace());
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    name.get(..end).unwrap_or_default()
}

fn mismatch(open: &str, range: Range<usize>) -> TemplateFault {
    let help = match open {
        "else" => "write `{{else}}`, without `#`".to_owned(),
        open => format!("close that one first, with `{{{{/{open}}}}}`"),
    };
    TemplateFault {
        code: "bad-template",
        message: format!("this does not close the block that is open, which is `#{open}`"),
        help: Some(help),
        range: Some(range),
    }
}

/// Turns lines and columns, both from 1 and columns in characters, into byte offsets. Going forward
/// costs no more than the way.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    line: usize,
    column: usize,
    offset: usize,
}

impl Cursor {
    pub(super) const START: Self = Self { line: 1, column: 1, offset: 0 };

    pub(super) fn offset(&mut self, source: &str, line: usize, column: usize) -> usize {
        if (line, column) < (self.line, self.column) {
            *self = Self::START;
        }
        let rest = source.get(self.offset..).unwrap_or_default();
        for c in rest.chars() {
            if (self.line, self.column) >= (line, column) {
                break;
            }
            self.offset += c.len_utf8();
            (self.line, self.column) = match c {
                '\n' => (self.line + 1, 1),
                _ => (self.line, self.column + 1),
            };
        }
        self.offset
    }
}
