//! The checked program: what mapping files mean, with nothing left to parse and no name left to
//! look up. Made by `mapping`, run by `engine`.

use std::sync::Arc;
use std::time::Duration;

/// An external system.
#[derive(Debug)]
pub struct Target {
    pub name: Arc<str>,
    /// Absolute, without a trailing slash.
    pub url: Arc<str>,
    /// The longest that one try may take, connection included.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}
