//! `cargo xtask weight`: how many crates the library pulls.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::cargo;

/// Crates that `duly` may pull with its default features, itself and its macros included.
const CRATES_MAX: usize = 60;

/// Counts what ships with the library, and names what only builds it beside that.
pub(crate) fn check() -> Result<()> {
    let shipped = tree("normal")?;
    let built = tree("normal,build")?;
    println!(
        "{} crates with default features, at most {CRATES_MAX} expected",
        shipped.len()
    );
    println!(
        "{} more to build native code",
        built.difference(&shipped).count()
    );
    if shipped.len() > CRATES_MAX {
        bail!("{}: {}", shipped.len(), Vec::from_iter(shipped).join(", "));
    }
    Ok(())
}

fn tree(edges: &str) -> Result<BTreeSet<String>> {
    let arguments = [
        "tree",
        "--package",
        "duly",
        "--edges",
        edges,
        "--prefix",
        "none",
    ];
    Ok(packages(&cargo::output(&arguments)?))
}

/// The packages in a printed tree, each once: `name v1.2.3`, with marks and paths behind.
fn packages(tree: &str) -> BTreeSet<String> {
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?))
    };
    tree.lines().filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once_per_version() {
        let tree = "duly v0.1.0 (a/path)\nsyn v1.0.0\nsyn v2.0.0 (proc-macro)\n\nsyn v1.0.0 (*)\n";
        assert_eq!(
            Vec::from_iter(packages(tree)),
            ["duly v0.1.0", "syn v1.0.0", "syn v2.0.0"]
        );
    }
}
