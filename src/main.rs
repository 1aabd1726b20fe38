//! argv to exit code, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    nsps_connector::cli::run(std::env::args_os()).code().into()
}
