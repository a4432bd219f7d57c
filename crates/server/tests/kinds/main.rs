//! The kinds that the server executes, with real processes and real connections.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's own helpers, which fail the test"
)]

mod http;
mod shell;
