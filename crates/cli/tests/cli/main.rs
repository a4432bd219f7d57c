//! The real binary, from outside: a server, its client, and how both end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod bench;
mod file;
mod kill;
mod refusal;
mod server;
mod signal;
mod support;
