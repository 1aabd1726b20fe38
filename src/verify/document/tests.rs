//! Test documents against their schema.
