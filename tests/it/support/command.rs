//! The binary run to its end: what it printed, and its exit code.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What became of it.
#[derive(Debug)]
pub struct Ran {
    /// None if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Both outputs, for what must not be in either.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs it in that directory, with these variables and no others.
pub fn run<A: AsRef<OsStr>>(directory: &Path, arguments: &[A], variables: &[(&str, &str)]) -> Ran {
    let output = command(directory, variables).args(arguments).output().unwrap();
    output.into()
}

/// The same, for a test that has ends of its own to tie to it.
pub fn command(directory: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsps-connector"));
    command.current_dir(directory).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command
}
