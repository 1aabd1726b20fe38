//! `schema`: what files may hold, for editors, as a JSON Schema on the standard output.

use clap::{Args, ValueEnum};

use super::Exit;
use super::output::say;
use crate::{mapping, verify};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which files
    #[arg(value_enum)]
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Mapping files
    Mapping,
    /// Test files of mappings
    Test,
}

pub(super) fn run(arguments: &SchemaArgs) -> Exit {
    let schema = match arguments.what {
        What::Mapping => mapping::schema(),
        What::Test => verify::schema(),
    };
    say(format_args!("{schema:#}"));
    Exit::Success
}
