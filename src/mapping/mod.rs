//! Text to checked program; all of it happens at load.

mod check;
pub mod diagnostic;
mod document;
pub mod env;
mod load;
mod names;
mod yaml;

pub use check::is_kebab_name;
pub use document::schema::of_mappings as schema;
pub use load::{Loaded, load, load_text};
