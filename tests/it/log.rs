//! The log: what each record says, and what no record may ever say.

mod records;
mod secrecy;
