//! `cargo xtask doors`: which crate may use which, and what each may name.
//!
//! Doors open one way only: towards `duly-core`. What a manifest shows is checked from it
//! ([`edges`]); what only the code shows is checked from its tokens ([`names`]).

use anyhow::Result;

use crate::finding::conclude;
use crate::{cargo, tree};

mod edges;
mod names;

/// Checks every door.
pub(crate) fn check() -> Result<()> {
    let metadata = cargo::metadata()?;
    let files = tree::files(&metadata.workspace_root)?;
    let (sources, mut findings) = tree::sources(&files);
    let edges = edges::edges(&metadata);
    println!(
        "{} dependencies, {} source files",
        edges.len(),
        sources.len()
    );
    findings.extend(edges::check(&edges));
    findings.extend(names::check(&sources));
    conclude(findings)
}
