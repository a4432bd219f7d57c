//! The same tests on both executors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod order;
mod smoke;
