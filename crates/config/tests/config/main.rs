//! The configuration as its users meet it.
#![allow(clippy::unwrap_used)]

mod environment;
mod file;
mod layers;
mod secrets;
mod support;
mod template;
