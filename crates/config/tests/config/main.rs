//! The configuration as its users meet it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod environment;
mod file;
mod layers;
mod limits;
mod rules;
mod secrets;
mod support;
mod template;
