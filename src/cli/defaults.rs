//! What commands take where nothing else is said: the environment, and where mappings are.

use std::path::{Path, PathBuf};

use super::Exit;
use super::output::complain_of;
use crate::settings::Environment;

/// The process' environment over a file: the one that was named, or `.env`. What is wrong with it was
/// told.
pub(super) fn environment(file: Option<&Path>) -> Result<Environment, Exit> {
    let environment = match file {
        Some(file) => Environment::read_file(file),
        None => Environment::read(Path::new(".")),
    };
    environment.map_err(|fault| {
        complain_of(&[fault]);
        Exit::Unable
    })
}

/// The path that was given, or the setting, or the default.
pub(super) fn mappings(path: Option<&Path>, environment: &Environment) -> PathBuf {
    let setting = || environment.get("MAPPINGS").filter(|path| !path.is_empty());
    path.map(Path::to_owned)
        .or_else(|| setting().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("./mappings"))
}
