//! Text to checked program; all of it happens at load.

mod check;
pub mod diagnostic;
mod document;
pub mod env;
mod load;
mod names;
mod yaml;

pub use document::schema::of_mappings as schema;
pub use load::{Loaded, files_of, is_test, load, load_text};
