//! `schema`: what files and events may hold, as a JSON Schema on the standard output, and the HTTP
//! surface as an OpenAPI document.

use clap::{Args, ValueEnum};

use super::Exit;
use super::output::say;
use crate::{event, ingress, mapping, verify};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Schema of what
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
    /// The HTTP surface, as OpenAPI 3.1: what the connector serves at /openapi.json
    Openapi,
}

pub(super) fn run(arguments: &SchemaArgs) -> Exit {
    match arguments.what {
        What::Mapping => say(format_args!("{:#}", mapping::schema())),
        What::Test => say(format_args!("{:#}", verify::schema())),
        What::Event => say(event::SCHEMA.trim_end()),
        What::Openapi => {
            say(format_args!("{:#}", ingress::openapi::document(&ingress::EVENT_PATHS)));
        }
    }
    Exit::Success
}
