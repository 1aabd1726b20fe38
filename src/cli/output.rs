//! Writing to people: a closed pipe is no reason to fail.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::mapping::diagnostic::Style;
use crate::settings::{Environment, SettingFault};

/// Prints a line on the standard output.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints a line on the standard error output.
pub(super) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Colours are for terminals, and only if nobody minds (<https://no-color.org>).
pub(super) fn style(environment: &Environment, stream: &impl IsTerminal) -> Style {
    let minded = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    if stream.is_terminal() && !minded { Style::Colour } else { Style::Plain }
}

/// Columns of a text that goes anywhere but to a terminal, or to one of which nothing is known.
const WIDTH: usize = 100;

/// How many columns the standard output has: those of the terminal, unless `COLUMNS` says otherwise.
pub(super) fn width(environment: &Environment) -> usize {
    if !io::stdout().is_terminal() {
        return WIDTH;
    }
    let setting = environment.get("COLUMNS").and_then(|columns| columns.trim().parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    setting.or_else(terminal).filter(|columns| *columns > 0).unwrap_or(WIDTH)
}

/// `1 error`, `2 errors`.
pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Prints what is wrong with settings.
pub(super) fn complain_of(faults: &[SettingFault]) {
    for fault in faults {
        complain(format_args!("nsps-connector: {fault}"));
    }
}
