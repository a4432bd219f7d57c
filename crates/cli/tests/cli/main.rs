//! The real binary, from outside: a server, its client, and how both end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod archive;
mod bench;
mod change;
mod config;
mod events;
mod explain;
mod failed;
mod figures;
mod file;
mod kill;
mod limit;
mod list;
mod queue;
mod refusal;
mod reload;
mod rules;
mod run;
mod schedule;
mod senseless;
mod server;
mod shell;
mod signal;
mod stranger;
mod subject;
mod support;
mod typed;
mod worker;
