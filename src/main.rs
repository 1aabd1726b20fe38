//! argv to exit code, nothing else.

use std::process::ExitCode;

/// An event is many small texts that come and go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    nsps_connector::cli::run(std::env::args_os()).code().into()
}
