//! From a directory to a program: every file is read and checked before anything is said.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::check::check;
use super::diagnostic::{Diagnostic, Report, Source};
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
}

/// Reads a directory (every `*.yaml` and `*.yml` but `*.test.yaml`, without recursion, in byte order
/// of names), or one file.
pub fn load(path: &Path, mut env: Environment<'_>) -> Loaded {
    let mut report = Report::new();
    let files = match mapping_files(path) {
        Ok(files) => files,
        Err(reason) => {
            let source = Source::unread(path.display().to_string());
            report.push(Diagnostic::error("unreadable-file", &source, None, reason));
            Vec::new()
        }
    };
    if files.is_empty() && report.is_empty() {
        let source = Source::unread(path.display().to_string());
        let diagnostic = Diagnostic::error("no-mappings", &source, None, "there is no mapping file here")
            .help("mapping files end in `.yaml` or `.yml`");
        report.push(diagnostic);
    }
    let mut hash = Sha256::new();
    let mut mappings = Vec::with_capacity(files.len());
    for file in &files {
        mappings.extend(load_file(file, &mut hash, &mut env, &mut report));
    }
    let secrets = Arc::new(Secrets::new(env.into_secrets()));
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let program = (!report.has_errors()).then(|| Program { mappings, hash: hash.into(), secrets });
    Loaded { program, report, files: files.len() }
}

fn load_file(
    path: &Path,
    hash: &mut Sha256,
    env: &mut Environment<'_>,
    report: &mut Report,
) -> Option<Mapping> {
    let shown = path.display().to_string();
    let text = match read(path) {
        Ok(text) => text,
        Err(reason) => {
            let source = Source::unread(shown);
            report.push(Diagnostic::error("unreadable-file", &source, None, reason));
            return None;
        }
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Lengths keep two files apart from one that holds both.
    for part in [name.as_bytes(), text.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let source = Source::new(shown, text);
    let tree = yaml::parse(&source, report)?;
    let document = Document::decode(&tree, &mut Reader { source: &source, report })?;
    check(&document, &name, &source, env, report)
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > yaml::MAX_BYTES as u64 {
        return Err(format!("the file is larger than {} bytes", yaml::MAX_BYTES));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
}

fn mapping_files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| error.to_string())? {
        let file = entry.map_err(|error| error.to_string())?.path();
        // Kubernetes mounts each file as a symbolic link: ask for what it leads to.
        if is_mapping(&file) && file.is_file() {
            files.push(file);
        }
    }
    files.sort_by(|left, right| {
        left.as_os_str().as_encoded_bytes().cmp(right.as_os_str().as_encoded_bytes())
    });
    Ok(files)
}

fn is_mapping(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let test = name.ends_with(".test.yaml") || name.ends_with(".test.yml");
    yaml && !test && !name.starts_with('.')
}
