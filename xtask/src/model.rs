//! `cargo xtask model`: the in-process scheduler under a model checker.
//!
//! The checker puts its own locks, threads and time in place of the real ones, so this is a build of its
//! own. How long it takes is bounded by how many orders of steps each test tries.

use anyhow::Result;

use crate::cargo;

/// What is built, and nothing else: under the checker, no other test of the crate runs.
const MODEL: &[&str] = &[
    "-p",
    "duly-local",
    "--features",
    "shuttle",
    "--test",
    "model",
];

/// Lints and runs the model's tests.
pub(crate) fn check() -> Result<()> {
    let deny = ["--", "-D", "warnings"];
    cargo::run(&[&["clippy"], MODEL, &deny].concat(), &[])?;
    cargo::run(&[&["test"], MODEL].concat(), &[])
}
