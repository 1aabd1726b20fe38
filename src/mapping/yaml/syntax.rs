//! What the parser cannot read, in the words of the person who wrote it.

use serde_yaml::granit_parser::ErrorKind;

use super::Span;
use crate::mapping::diagnostic::{Diagnostic, Source};

/// Where reading stopped, and what came before.
pub(super) struct Place<'a> {
    pub(super) source: &'a Source,
    pub(super) offset: usize,
    pub(super) last_scalar: Option<Span>,
    pub(super) open_bracket: Option<Span>,
}

pub(super) fn explain(place: &Place<'_>, kind: &ErrorKind) -> Diagnostic {
    let span = Span::new(place.offset, place.offset + 1);
    Diagnostic::error("yaml-syntax", place.source, span, kind.to_string())
}
