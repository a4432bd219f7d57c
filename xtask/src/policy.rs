//! `cargo xtask policy`: what every dependency must be, on every platform and with all features.

use anyhow::Result;

use crate::cargo;
use crate::finding::conclude;

mod duplicates;
mod expression;
mod licences;
mod native;
mod package;
mod sources;

use package::Package;

/// Checks every package that the workspace can pull.
pub(crate) fn check() -> Result<()> {
    let packages: Vec<_> = cargo::metadata()?
        .packages
        .iter()
        .map(Package::of)
        .collect();
    println!("{} packages", packages.len());
    for duplicate in duplicates::duplicates(&packages) {
        println!("for information: {duplicate}");
    }
    let mut findings = licences::check(&packages);
    findings.extend(sources::check(&packages));
    findings.extend(native::check(&packages));
    conclude(findings)
}
