//! `cargo xtask tidy`: taste as a test. What is over a limit today may be named with a reason,
//! and never grows.

use anyhow::Result;

use crate::finding::conclude;
use crate::{cargo, tree};

mod guides;
mod links;
mod manifests;
mod readme;
mod sizes;
mod sleep;
mod text;
mod words;

/// Checks every text file of the project.
pub(crate) fn check() -> Result<()> {
    let root = cargo::root()?;
    let files = tree::files(&root)?;
    let (sources, mut findings) = tree::sources(&files);
    println!("{} text files, {} of them Rust", files.len(), sources.len());
    findings.extend(sizes::check(&sources));
    findings.extend(sources.iter().flat_map(words::check));
    findings.extend(sources.iter().flat_map(sleep::check));
    findings.extend(files.iter().flat_map(text::check));
    findings.extend(files.iter().flat_map(manifests::check));
    findings.extend(files.iter().flat_map(|file| links::check(&root, file)));
    findings.extend(guides::check(&root, &files, &sources));
    findings.extend(readme::check(&files));
    conclude(findings)
}
