//! argv to exit code, nothing else.

use std::process::ExitCode;

/// An event is many small texts that come and go.
#[cfg(not(feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// It touches less of what is free, and gives back sooner what large events took.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    nsps_connector::cli::run(std::env::args_os()).code().into()
}
