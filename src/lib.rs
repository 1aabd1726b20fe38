//! The NSPS connector, in the order in which an event flows through it.

pub mod assertion;
pub mod certificate;
pub mod clock;
pub mod hexadecimal;
pub mod settings;
pub mod telemetry;
pub mod units;
pub mod xml;

pub mod mapping;
pub mod program;

pub mod document;

pub mod expr;

pub mod event;
pub mod ingress;

pub mod engine;

pub mod egress;

pub mod verify;

pub mod app;
pub mod cli;
pub mod reload;
