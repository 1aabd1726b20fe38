//! HTTP in: the only folder that names actix.
