//! `responses`: what answers mean.

use super::decode::{Scalar, Text, document};
use super::when::When;

document! {
    /// One row of a `responses` table; the first whose `when` holds decides.
    ResponseEntry is "an entry of `responses`" {
        expected when: When,
        /// What the answer means.
        expected then: Text,
        /// What NSPS is told; a template.
        optional message: Text,
        /// The status that NSPS is to see.
        optional answer: Scalar,
    }
}
