//! The server from outside: its API over a memory store, its door, its listener, its kinds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod archive;
mod brought;
mod bulk;
mod change;
mod delivery;
mod door;
mod explain;
mod failed;
mod feed;
mod guard;
mod idempotency;
mod input;
mod limit;
mod lines;
mod listener;
mod metrics;
mod openapi;
mod queue;
mod ready;
mod schedule;
mod show;
mod subject;
mod submit;
mod support;
mod unique;
mod worker;
