//! From a directory to a program: every file is read and checked before anything is said.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, ScopedJoinHandle};

use sha2::{Digest, Sha256};

use super::check::check;
use super::diagnostic::{Diagnostic, Report, Source, Span};
use super::document::Mapping as Document;
use super::document::decode::{Decode, Reader};
use super::env::Environment;
use super::yaml;
use crate::hexadecimal;
use crate::program::{Mapping, Program};
use crate::telemetry::mask::Secrets;

/// What loading came to. A program with warnings is a program; one error anywhere leaves none.
#[derive(Debug)]
pub struct Loaded {
    pub program: Option<Program>,
    pub report: Report,
    /// Files that were read.
    pub files: usize,
    /// What was read, by where it was read from.
    pub texts: Vec<(PathBuf, Source)>,
}

/// Reads a directory (every `*.yaml` and `*.yml` but `*.test.yaml`, without recursion, in byte order
/// of names), or one file.
pub fn load(path: &Path, env: Environment<'_>) -> Loaded {
    let mut loader = Loader::default();
    let whole = || Source::unread(path.display().to_string());
    let files = match mapping_files(path) {
        Ok(files) => files,
        Err(reason) => {
            let diagnostic = Diagnostic::error("unreadable-file", &whole(), None, reason);
            let help = "name a mapping file, or a directory of them, that can be read";
            loader.report.push(diagnostic.help(help));
            return loader.finish(0);
        }
    };
    if files.is_empty() {
        let message = "there is no mapping file here";
        let diagnostic = Diagnostic::error("no-mappings", &whole(), None, message);
        loader.report.push(diagnostic.help("mapping files end in `.yaml` or `.yml`"));
    }
    let many = files.len();
    let outcomes = read_all(&files, &env);
    for (file, outcome) in files.into_iter().zip(outcomes) {
        match outcome {
            Ok((source, checked)) => {
                loader.take(&file_name(&file), &source, checked);
                loader.texts.push((file, source));
            }
            Err(diagnostic) => loader.report.push(*diagnostic),
        }
    }
    loader.finish(many)
}

/// Loads one mapping from its text, under the name that messages show.
pub fn load_text(name: &str, text: &str, env: Environment<'_>) -> Loaded {
    load_source(name, &Source::new(name, text), env)
}

/// Loads one mapping that was read already; `name` is the file's, without directories.
pub fn load_source(name: &str, source: &Source, env: Environment<'_>) -> Loaded {
    let mut loader = Loader::default();
    loader.take(name, source, Checked::of(name, source, &env));
    loader.finish(1)
}

/// What became of one file.
struct Checked {
    mapping: Option<Mapping>,
    report: Report,
    secrets: BTreeSet<String>,
}

/// What was read of one file, and what became of it; or why it cannot be read.
type Outcome = Result<(Source, Checked), Box<Diagnostic>>;

/// Fewer files than this are not worth a thread.
const LEAST_SHARE: usize = 16;

/// Reads and checks files, as many shares of them side by side as there are processors; told in the
/// order of the files.
fn read_all(files: &[PathBuf], env: &Environment<'_>) -> Vec<Outcome> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut shares = files.chunks(files.len().div_ceil(processors).max(LEAST_SHARE));
    let own = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| {
                let thread = Builder::new().spawn_scoped(scope, move || read_share(share, env));
                // Where there can be no more threads, this one does it.
                thread.map_err(|_| share)
            })
            .collect();
        let mut all = read_share(own, env);
        for other in others {
            all.extend(match other.map(ScopedJoinHandle::join) {
                Ok(Ok(outcomes)) => outcomes,
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(share) => read_share(share, env),
            });
        }
        all
    })
}

fn read_share(files: &[PathBuf], env: &Environment<'_>) -> Vec<Outcome> {
    let outcome = |file: &PathBuf| {
        let source = read(file, &file.display().to_string())?;
        let checked = Checked::of(&file_name(file), &source, env);
        Ok((source, checked))
    };
    files.iter().map(outcome).collect()
}

impl Checked {
    fn of(name: &str, source: &Source, env: &Environment<'_>) -> Self {
        let (mut env, mut report) = (env.afresh(), Report::new());
        let mapping = Self::mapping(name, source, &mut env, &mut report);
        Self { mapping, report, secrets: env.into_secrets() }
    }

    fn mapping(
        name: &str,
        source: &Source,
        env: &mut Environment<'_>,
        report: &mut Report,
    ) -> Option<Mapping> {
        let tree = yaml::parse(source, report)?;
        let document = Document::decode(&tree, &mut Reader { source, report })?;
        check(&document, name, source, env, report)
    }
}

/// What was read so far.
#[derive(Default)]
struct Loader {
    secrets: BTreeSet<String>,
    report: Report,
    hash: Sha256,
    mappings: Vec<Mapping>,
    texts: Vec<(PathBuf, Source)>,
}

impl Loader {
    fn take(&mut self, name: &str, source: &Source, checked: Checked) {
        // Lengths keep two files apart from one that holds both.
        for part in [name.as_bytes(), source.text().as_bytes()] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
        let Checked { mapping, report, secrets } = checked;
        self.report.append(report);
        self.secrets.extend(secrets);
        self.mappings.extend(mapping);
    }

    fn finish(mut self, files: usize) -> Loaded {
        let secrets = Arc::new(Secrets::new(self.secrets));
        self.report.conceal(&secrets);
        let hash = hexadecimal::of(&self.hash.finalize());
        let usable = !self.report.has_errors();
        let mappings = self.mappings;
        let program = usable.then(|| Program { mappings, hash: hash.into(), secrets });
        Loaded { program, report: self.report, files, texts: self.texts }
    }
}

fn read(path: &Path, shown: &str) -> Result<Source, Box<Diagnostic>> {
    let unreadable = |error: std::io::Error| {
        let source = Source::unread(shown);
        let diagnostic = Diagnostic::error("unreadable-file", &source, None, error.to_string());
        Box::new(diagnostic.help("let the connector read it, or take it out of the directory"))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > yaml::MAX_BYTES as u64 {
        return Err(Box::new(yaml::too_long(&Source::unread(shown), size)));
    }
    source_of(shown, std::fs::read(path).map_err(unreadable)?)
}

/// The text of a file of ours, under the name that messages show.
pub fn source_of(shown: &str, bytes: Vec<u8>) -> Result<Source, Box<Diagnostic>> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let source = Source::new(shown, String::from_utf8_lossy(error.as_bytes()));
        let span = Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
        let message = "the file is not UTF-8 text";
        let diagnostic = Diagnostic::error("unreadable-file", &source, span, message);
        Box::new(diagnostic.label("from here on").help("save it in the encoding UTF-8"))
    })?;
    Ok(Source::new(shown, text))
}

fn mapping_files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    files_of(path).map(|(_, mappings)| mappings)
}

/// The test files and the mapping files of a directory, each in byte order of names.
pub fn files_of(directory: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(|error| error.to_string())? {
        let file = entry.map_err(|error| error.to_string())?.path();
        // Kubernetes mounts each file as a symbolic link: ask for what it leads to.
        if is_ours(&file) && file.is_file() {
            files.push(file);
        }
    }
    files.sort_by(|left, right| {
        left.as_os_str().as_encoded_bytes().cmp(right.as_os_str().as_encoded_bytes())
    });
    Ok(files.into_iter().partition(|file| is_test(file)))
}

fn is_ours(file: &Path) -> bool {
    let name = file_name(file);
    (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with('.')
}

/// Whether the name is one of test files.
pub fn is_test(file: &Path) -> bool {
    let name = file_name(file);
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

/// Without directories.
fn file_name(file: &Path) -> Cow<'_, str> {
    file.file_name().unwrap_or_default().to_string_lossy()
}

#[cfg(test)]
mod tests;
