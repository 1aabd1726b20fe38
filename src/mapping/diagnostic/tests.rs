//! Findings as people and programs see them.
