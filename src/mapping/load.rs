//! From a directory to a program: every file is read and checked before anything is said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::check::check;
use super::diagnostic::{Diagnostic, Report, Source, Span};
use super::document::Mapping as Document;
use super::document::decode::{Decode, Reader};
use super::env::Environment;
use super::yaml;
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
    let mut loader = Loader::new(env);
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
    for file in &files {
        loader.file(file);
    }
    loader.finish(files.len())
}

/// Loads one mapping from its text, under the name that messages show.
pub fn load_text(name: &str, text: &str, env: Environment<'_>) -> Loaded {
    load_source(name, &Source::new(name, text), env)
}

/// Loads one mapping that was read already; `name` is the file's, without directories.
pub fn load_source(name: &str, source: &Source, env: Environment<'_>) -> Loaded {
    let mut loader = Loader::new(env);
    loader.text(name, source);
    loader.finish(1)
}

/// What was read so far.
struct Loader<'e> {
    env: Environment<'e>,
    report: Report,
    hash: Sha256,
    mappings: Vec<Mapping>,
    texts: Vec<(PathBuf, Source)>,
}

impl<'e> Loader<'e> {
    fn new(env: Environment<'e>) -> Self {
        let (mappings, texts) = (Vec::new(), Vec::new());
        Self { env, report: Report::new(), hash: Sha256::new(), mappings, texts }
    }

    fn file(&mut self, path: &Path) {
        let shown = path.display().to_string();
        match read(path, &shown) {
            Ok(source) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                self.text(&name, &source);
                self.texts.push((path.to_owned(), source));
            }
            Err(diagnostic) => self.report.push(*diagnostic),
        }
    }

    fn text(&mut self, name: &str, source: &Source) {
        // Lengths keep two files apart from one that holds both.
        for part in [name.as_bytes(), source.text().as_bytes()] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
        let report = &mut self.report;
        let Some(tree) = yaml::parse(source, report) else { return };
        let Some(document) = Document::decode(&tree, &mut Reader { source, report }) else {
            return;
        };
        self.mappings.extend(check(&document, name, source, &mut self.env, report));
    }

    fn finish(mut self, files: usize) -> Loaded {
        let secrets = Arc::new(Secrets::new(self.env.into_secrets()));
        self.report.conceal(&secrets);
        let hash: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
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
    let name = name_of(file);
    (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with('.')
}

/// Whether the name is one of test files.
pub fn is_test(file: &Path) -> bool {
    let name = name_of(file);
    name.ends_with(".test.yaml") || name.ends_with(".test.yml")
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
