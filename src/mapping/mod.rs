//! Text to checked program; all of it happens at load.
