//! The document is one, and what it says of itself holds.
