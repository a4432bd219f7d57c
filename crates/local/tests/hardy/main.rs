//! What must hold when things go wrong: on both executors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../suite/support.rs"]
#[expect(dead_code, reason = "the suite uses the rest")]
mod support;

mod status;
