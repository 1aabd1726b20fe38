//! The load of the comparison: `load events` is NSPS, `load target` is the system that is
//! provisioned, `load drain` is whoever reads the log. One thread each, since they share a core.

mod clock;
mod drain;
mod events;
mod options;
mod poll;
mod target;
mod usage;
mod wire;

use std::process::ExitCode;

use options::Options;

/// What went wrong, in words: nothing here is mended at run time.
type Fault = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("load: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Fault> {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let options = Options::read(arguments)?;
    match mode.as_str() {
        "events" => events::run(&options),
        "target" => target::run(&options),
        "drain" => drain::run(&options),
        _ => {
            Err("load events|target|drain --NAME VALUE …: see README.md of benches/compare".into())
        }
    }
}
