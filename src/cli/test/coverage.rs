//! How much of each mapping its tests reach, all of its test files together.

use std::collections::BTreeMap;

use crate::verify::coverage::{Coverage, Part, PartKind};
use crate::verify::report::Report;

/// One mapping.
pub(super) struct Reach {
    /// Its path, as the paths of test files lead to it.
    pub mapping: String,
    /// None where no test file is about it, or it never loaded.
    pub coverage: Option<Coverage>,
    /// Whether it is what was asked for.
    pub is_enough: bool,
}

impl Reach {
    fn new(mapping: String, coverage: Option<Coverage>, least: Option<u8>) -> Self {
        let mut reach = Self { mapping, coverage, is_enough: true };
        reach.is_enough = least.is_none_or(|least| reach.percent() >= f64::from(least));
        reach
    }

    /// 0 to 100.
    pub(super) fn percent(&self) -> f64 {
        self.coverage.as_ref().map_or(0.0, Coverage::percent)
    }

    /// Rounded down to tenths: what is not all is never 100.
    pub(super) fn shown_percent(&self) -> String {
        let percent = (self.percent() * 10.0).floor() / 10.0;
        format!("{percent} %")
    }

    pub(super) fn parts(&self) -> usize {
        self.coverage.as_ref().map_or(0, |coverage| coverage.parts.len())
    }

    /// In the order of the file.
    pub(super) fn missed(&self) -> impl Iterator<Item = &Part> {
        self.coverage.iter().flat_map(Coverage::missed)
    }
}

/// The mappings of a report by their paths; at least `least` per cent of each is to be reached.
pub(super) fn by_mapping(report: &Report, least: Option<u8>) -> Vec<Reach> {
    let mut mappings: BTreeMap<String, Option<Coverage>> = BTreeMap::new();
    for file in &report.files {
        if file.mapping.is_empty() {
            continue;
        }
        let known = mappings.entry(file.mapping.to_string()).or_default();
        match (known, &file.coverage) {
            (Some(known), Some(coverage)) => known.reached.extend(&coverage.reached),
            (known, Some(coverage)) => *known = Some(coverage.clone()),
            (_, None) => {}
        }
    }
    mappings.extend(report.untested.iter().map(|mapping| (mapping.to_string(), None)));
    let reach = |(mapping, coverage)| Reach::new(mapping, coverage, least);
    mappings.into_iter().map(reach).collect()
}

/// As the JSON format calls it.
pub(super) fn kind(part: &Part) -> &'static str {
    match part.kind {
        PartKind::Rule => "rule",
        PartKind::Step => "step",
        PartKind::Response => "response",
        PartKind::Poll => "poll",
        PartKind::Undo => "undo",
        PartKind::Case => "case",
    }
}
