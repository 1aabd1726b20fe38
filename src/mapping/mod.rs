//! Text to checked program; all of it happens at load.

pub(crate) mod check;
pub mod diagnostic;
pub(crate) mod document;
pub mod env;
mod load;
pub(crate) mod names;
pub(crate) mod yaml;

pub use check::is_kebab_name;
pub use document::schema::of_mappings as schema;
pub use load::{Loaded, files_of, is_test, load, load_source, load_text, source_of};
