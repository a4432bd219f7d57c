//! The server from outside: its API over a memory store, its door, its listener, its kinds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod archive;
mod delivery;
mod door;
mod feed;
mod listener;
mod metrics;
mod openapi;
mod ready;
mod show;
mod submit;
mod support;
