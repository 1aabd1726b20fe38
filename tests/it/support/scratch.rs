//! A directory of a test's own, and the samples of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// A temporary directory; gone when dropped.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
}

impl Scratch {
    /// Empty but for an empty directory `mappings`.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("mappings")).unwrap();
        Self { directory }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file; its directories are made as needed.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes `mappings/NAME`, in one step, so that a watcher never sees half of it.
    pub fn mapping(&self, name: &str, text: &str) -> PathBuf {
        let draft = self.write(&format!(".draft-{name}"), text);
        let path = self.path().join("mappings").join(name);
        fs::rename(draft, &path).unwrap();
        path
    }

    /// Copies a file of the repository's `mappings` to this one's.
    pub fn example_mapping(&self, name: &str) -> PathBuf {
        self.mapping(name, &repository_file(&format!("mappings/{name}")))
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}

/// The text of a file of the repository.
pub fn repository_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// `tests/events/NAME.json`.
pub fn sample_event(name: &str) -> Value {
    serde_json::from_str(&repository_file(&format!("tests/events/{name}.json"))).unwrap()
}
