//! `check`: every mistake of every mapping, before any event.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{counted, say, style};
use super::{Exit, defaults};
use crate::clock::{Clock as _, SystemClock};
use crate::mapping::{self, Loaded, env};
use crate::program::{Mapping, Program};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Directory of mapping files, or one file [env: MAPPINGS] [default: ./mappings]
    path: Option<PathBuf>,

    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    /// Read variables from this file instead of `.env`; the environment still wins
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,

    /// Do not mind variables and files that are not set: check the rest
    #[arg(long)]
    allow_missing_env: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the line of each mistake, for people
    Text,
    /// One JSON object, for editors and CI
    Json,
}

pub(super) fn run(arguments: &CheckArgs) -> Exit {
    let environment = match defaults::environment(arguments.env_file.as_deref()) {
        Ok(environment) => environment,
        Err(exit) => return exit,
    };
    let path = defaults::mappings(arguments.path.as_deref(), &environment);
    let variables = |name: &str| environment.get(name);
    let files = env::read_file;
    let loaded = mapping::load(
        &path,
        env::Environment::new(&variables, &files, arguments.allow_missing_env)
            .at(SystemClock::new().wall()),
    );
    match arguments.format {
        Format::Json => say(loaded.report.to_json()),
        Format::Text => {
            let report = loaded.report.render(style(&environment, &io::stdout()));
            if !report.is_empty() {
                say(report.trim_end());
            }
            summarize(&loaded);
        }
    }
    match loaded {
        Loaded { files: 0, .. } => Exit::Unable,
        Loaded { program: Some(_), .. } => Exit::Success,
        Loaded { program: None, .. } => Exit::Found,
    }
}

fn summarize(loaded: &Loaded) {
    let Some(Program { mappings, secrets, .. }) = &loaded.program else { return };
    for mapping in mappings {
        // A description may take a value from a file.
        say(secrets.mask(&line(mapping)));
    }
}

fn line(mapping: &Mapping) -> String {
    let description =
        mapping.description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    format!(
        "ok {}{description}: {}, {}, {}",
        mapping.file,
        counted(mapping.targets.len(), "target"),
        counted(mapping.variables.len(), "variable"),
        counted(mapping.rules.len(), "rule"),
    )
}
