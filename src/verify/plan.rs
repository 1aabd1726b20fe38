//! What is to be run, and where texts come from.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::mapping;

/// Where texts come from: the bytes of a file, or in words why there are none.
pub type Read<'r> = dyn Fn(&Path) -> Result<Vec<u8>, String> + 'r;

/// Largest file that is read, in bytes: as large as an event may be unless `MAX_BODY` says otherwise.
pub const LARGEST_FILE: u64 = 4 << 20;

/// Test files, and mappings that should have some.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// In byte order of names. None: there is nothing to run.
    pub tests: Vec<PathBuf>,
    /// Those that are told of if no test file speaks of them.
    pub mappings: Vec<PathBuf>,
    /// Run only cases whose name contains this.
    pub filter: Option<String>,
}

impl Plan {
    /// All tests of a directory, without recursion; a test file; or the tests beside a mapping file.
    /// The reason why there is nothing is in words.
    pub fn find(path: &Path) -> Result<Self, String> {
        let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
        let filter = None;
        if metadata.is_dir() {
            let (tests, mappings) = mapping::files_of(path)?;
            return Ok(Self { tests, mappings, filter });
        }
        if mapping::is_test(path) {
            return Ok(Self { tests: vec![path.to_owned()], mappings: Vec::new(), filter });
        }
        let beside = ["test.yaml", "test.yml"].map(|kind| path.with_extension(kind));
        let tests = beside.into_iter().filter(|test| test.is_file()).collect();
        Ok(Self { tests, mappings: vec![path.to_owned()], filter })
    }
}

/// Reads a file; what is no file, such as a pipe, might never end and is not read.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| error.to_string();
    if !std::fs::metadata(path).map_err(words)?.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(words)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(words)?;
    match bytes.len() as u64 > LARGEST_FILE {
        true => Err(format!("it is larger than {} MiB", LARGEST_FILE >> 20)),
        false => Ok(bytes),
    }
}
