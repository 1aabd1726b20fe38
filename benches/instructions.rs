//! So many events through the engine, for callgrind to count the instructions of: benches/instructions
//! runs it, and says how many there may be.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to say")]

mod parts;

use parts::Whole;

/// The number of events is the first argument that is one; `cargo bench` gives none.
fn main() {
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let whole = Whole::new();
    for _ in 0..events.unwrap_or(1_000_u32) {
        whole.process();
    }
}
