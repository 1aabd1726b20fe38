//! `schema`: what files may hold, for editors, as a JSON Schema on the standard output.

use clap::{Args, ValueEnum};

use super::Exit;
use super::output::say;
use crate::{event, mapping, verify};

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
    /// Events, as NSPS posts them
    Event,
}

pub(super) fn run(arguments: &SchemaArgs) -> Exit {
    match arguments.what {
        What::Mapping => say(format_args!("{:#}", mapping::schema())),
        What::Test => say(format_args!("{:#}", verify::schema())),
        What::Event => say(event::SCHEMA.trim_end()),
    }
    Exit::Success
}
