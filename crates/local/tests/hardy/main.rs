//! What must hold when things go wrong: on both executors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../suite/support.rs"]
mod support;

mod status;
