//! The command line: one file per command.

mod call;
mod check;
mod defaults;
mod demo;
mod explain;
mod health;
mod new;
mod output;
mod schema;
mod serve;
mod test;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

/// What a command came to, as a process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// The command did its work and found something wrong.
    Found,
    /// The command could not do its work.
    Unable,
}

impl Exit {
    /// 0, 1 or 2.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Found => 1,
            Self::Unable => 2,
        }
    }
}

#[derive(Debug, Parser)]
#[command(name = "nsps-connector", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accept events from NSPS and pass them on as the mappings say
    Serve(Box<crate::settings::ServeArgs>),
    /// Load mappings as `serve` would, and print every mistake with its place and its cure
    Check(check::CheckArgs),
    /// Write a mapping to begin with, and its test
    New(new::NewArgs),
    /// Run the tests of mappings: no target is called, nothing waits
    Test(test::TestArgs),
    Explain(explain::ExplainArgs),
    /// Print the JSON Schema of files or events, or the OpenAPI document of the HTTP surface
    Schema(schema::SchemaArgs),
    /// Show the connector at work: an example mapping, a target of its own, and one event
    Demo(demo::DemoArgs),
    /// Ask a running connector whether it is healthy
    Health(health::HealthArgs),
}

/// Runs the command that the arguments name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command }) => match command {
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Check(arguments) => check::run(&arguments),
            Command::New(arguments) => new::run(&arguments),
            Command::Test(arguments) => test::run(&arguments),
            Command::Explain(arguments) => explain::run(&arguments),
            Command::Schema(arguments) => schema::run(&arguments),
            Command::Demo(arguments) => demo::run(&arguments),
            Command::Health(arguments) => health::run(&arguments),
        },
        Err(fault) => {
            // Help and version come this way too, for the standard output. A closed one is fine.
            let _ = fault.print();
            if fault.use_stderr() { Exit::Unable } else { Exit::Success }
        }
    }
}
