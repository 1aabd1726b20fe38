//! One test file: read once, and run on whatever text its mapping has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::case::Case;
use super::document::TestDocument;
use super::plan::Read;
use super::read::{self, Readings, Settings};
use super::report::FileReport;
use super::trial::Trials;
use crate::mapping::diagnostic::{Diagnostic, Report, Source, Span};
use crate::mapping::document::decode::{Decode, Reader, Text};
use crate::mapping::{source_of, yaml};

/// A test file that was read, with its events: to be run on any text of its mapping, as often as
/// one wants.
#[derive(Debug)]
pub struct TestFile {
    source: Source,
    mapping: Option<Tested>,
    readings: Readings,
    mistakes: Report,
}

/// The mapping file that is tested.
#[derive(Debug)]
struct Tested {
    path: PathBuf,
    /// Where the test file says so.
    span: Span,
}

impl TestFile {
    /// Reads a test file and the events that it names; what is wrong is told when it is run.
    pub fn read(path: &Path, read: &Read<'_>) -> Self {
        let shown = path.display().to_string();
        let source = match read(path) {
            Ok(bytes) => source_of(&shown, bytes),
            Err(reason) => {
                let source = Source::unread(shown.as_str());
                let message = format!("the test file cannot be read: {reason}");
                let diagnostic = Diagnostic::error("unreadable-file", &source, None, message);
                Err(Box::new(diagnostic.help("name a file that can be read")))
            }
        };
        let mut file = match source {
            Ok(source) => Self::empty(source),
            Err(diagnostic) => {
                let mut file = Self::empty(diagnostic.source.clone());
                file.mistakes.push(*diagnostic);
                return file;
            }
        };
        file.fill(path.parent().unwrap_or(Path::new("")), read);
        file
    }

    fn empty(source: Source) -> Self {
        let (readings, mistakes) = (Readings::default(), Report::new());
        Self { source, mapping: None, readings, mistakes }
    }

    fn fill(&mut self, folder: &Path, read: &Read<'_>) {
        let (source, report) = (&self.source, &mut self.mistakes);
        let Some(tree) = yaml::parse(source, report) else { return };
        let Some(document) = TestDocument::decode(&tree, &mut Reader { source, report }) else {
            return;
        };
        let tested = |text: &Text| Tested { path: folder.join(text.as_str()), span: text.span() };
        self.mapping = document.mapping.as_ref().map(tested);
        self.readings = read::read(&document, source, report, folder, read);
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Its text.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The mapping file that it is about, if it says that.
    pub fn mapping(&self) -> Option<&Path> {
        self.mapping.as_ref().map(|tested| tested.path.as_path())
    }

    /// Runs the cases whose name contains `filter` on the text that the mapping file has now.
    pub fn run(&self, read: &Read<'_>, filter: Option<&str>) -> FileReport {
        let Some(Tested { path, span }) = &self.mapping else {
            return self.report(self.mistakes.clone());
        };
        let shown = path.display().to_string();
        match read(path).map(|bytes| source_of(&shown, bytes)) {
            Ok(Ok(source)) => self.run_on(&source, filter),
            Ok(Err(diagnostic)) => {
                let mut mistakes = self.mistakes.clone();
                mistakes.push(*diagnostic);
                self.report(mistakes)
            }
            Err(reason) => {
                let message = format!("the mapping cannot be read: {shown}: {reason}");
                let diagnostic = Diagnostic::error("unreadable-file", &self.source, *span, message);
                let help = "name the mapping file; its path begins at the test file";
                let mut mistakes = self.mistakes.clone();
                mistakes.push(diagnostic.help(help));
                self.report(mistakes)
            }
        }
    }

    /// Runs the cases whose name contains `filter` on a text in place of the mapping file's.
    pub fn run_on_text(&self, mapping: &str, filter: Option<&str>) -> FileReport {
        let shown = self.mapping().map(|path| path.display().to_string()).unwrap_or_default();
        self.run_on(&Source::new(shown, mapping), filter)
    }

    /// Whether there are cases, all of them pass on a text in place of the mapping file's, and nothing
    /// else is wrong. The first that fails is the last that runs.
    pub fn passes_on_text(&self, mapping: &str) -> bool {
        let mapping = Source::new(String::new(), mapping);
        let mut mistakes = self.mistakes.clone();
        let name = self.mapping().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let mut trials = Trials::new(&name, &mapping);
        for (settings, cases) in self.by_environment() {
            let set = trials.load(settings, &self.readings, &self.source, &mut mistakes);
            let Some(set) = set.filter(|_| mistakes.is_empty()) else { return false };
            if !cases.into_iter().all(|(_, case)| trials.run(&set, case).passed()) {
                return false;
            }
        }
        trials.warn_of_unused(&self.readings, &self.source, &mut mistakes);
        mistakes.is_empty() && !self.readings.cases.is_empty()
    }

    fn run_on(&self, mapping: &Source, filter: Option<&str>) -> FileReport {
        let mut report = self.report(self.mistakes.clone());
        let name = self.mapping().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let mut trials = Trials::new(&name, mapping);
        let mut ran = BTreeMap::new();
        // One environment after the other, so that the mapping is in memory once.
        for (settings, cases) in self.by_environment() {
            let mistakes = &mut report.mistakes;
            let set = trials.load(settings, &self.readings, &self.source, mistakes);
            let Some(set) = set.filter(|_| !mistakes.has_errors_in(&self.source)) else { continue };
            let chosen = |case: &Case| filter.is_none_or(|filter| case.name.contains(filter));
            let cases = cases.into_iter().filter(|(_, case)| chosen(case));
            ran.extend(cases.map(|(position, case)| (position, trials.run(&set, case))));
        }
        trials.warn_of_unused(&self.readings, &self.source, &mut report.mistakes);
        report.cases = ran.into_values().collect();
        report.coverage = trials.coverage();
        report
    }

    /// Every environment, and the cases that want it, each with its position.
    fn by_environment(&self) -> BTreeMap<&Settings, Vec<(usize, &Arc<Case>)>> {
        let Readings { environments, cases, .. } = &self.readings;
        let mut grouped: BTreeMap<_, Vec<_>> =
            environments.iter().map(|settings| (settings, Vec::new())).collect();
        for (position, case) in cases.iter().enumerate() {
            grouped.entry(&case.env).or_default().push((position, case));
        }
        grouped
    }

    /// A report of no case so far.
    fn report(&self, mistakes: Report) -> FileReport {
        let mapping = self.mapping().map(|path| {
            // As the test file's own path begins.
            let begin = if path.starts_with(".") { "./" } else { "" };
            format!("{begin}{}", plain(path).display())
        });
        FileReport {
            file: self.name().into(),
            mapping: mapping.unwrap_or_default().into(),
            mistakes,
            cases: Vec::new(),
            coverage: None,
        }
    }

    /// Whether it is about that mapping file, or stands beside it as its test.
    pub(super) fn is_about(&self, mapping: &Path) -> bool {
        let test = Path::new(self.name());
        let beside = ["test.yaml", "test.yml"].map(|kind| mapping.with_extension(kind));
        let named = self.mapping().map(plain);
        named.as_deref() == Some(&*plain(mapping)) || beside.iter().any(|path| path == test)
    }
}

/// A path without `.` and `name/..`.
pub(super) fn plain(path: &Path) -> Arc<Path> {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain.into()
}
