//! Where something stands in its mapping file.

use std::fmt;

/// A place as people count: both from 1, columns in characters. It tells parts of one file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At {
    pub line: usize,
    pub column: usize,
}

/// As editors jump to it: `12:5`.
impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
