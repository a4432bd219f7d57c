//! `cargo xtask bare`: the core and all that it uses do without the standard library.
//!
//! The core is built for a bare target only where one is installed, so this reads instead: each
//! package that ships with the core says `no_std`, and none has its feature `std` on.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, Package};

use crate::cargo;
use crate::finding::{Finding, conclude};
use crate::source::Source;

/// Features by which crates turn the standard library on.
const STD_FEATURES: &[&str] = &["std"];

/// How a crate says that it does without, always or under a condition.
const NO_STD: &[&str] = &["# ! [ no_std ]", "# ! [ cfg_attr"];

/// Checks the core and its dependencies, as they are when nothing else is built with them.
pub(crate) fn check() -> Result<()> {
    let metadata = cargo::metadata()?;
    let tree = cargo::output(&[
        "tree",
        "--package",
        "duly-core",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}|{f}",
    ])?;
    let nodes = nodes(&tree)?;
    ensure!(!nodes.is_empty(), "`cargo tree` names no package");
    let mut findings = Vec::new();
    for node in &nodes {
        println!(
            "{} {} [{}]",
            node.name,
            node.version,
            node.features.join(", ")
        );
        findings.extend(feature_objection(node));
        findings.extend(source_objection(node, &library(&metadata, node)?));
    }
    conclude(findings)
}

/// A package in the tree beneath the core.
struct Node {
    name: String,
    version: String,
    features: Vec<String>,
}

/// Reads each distinct line, of the form `name v1.2.3 (path)|feature,feature`.
fn nodes(tree: &str) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.ends_with("(*)")).collect();
    for line in lines {
        let node = line.split_once('|').and_then(|(package, features)| {
            let mut words = package.split_whitespace();
            let name = words.next()?.to_owned();
            let version = words.next()?.strip_prefix('v')?.to_owned();
            let features = features.split(',').filter(|f| !f.is_empty());
            Some(Node {
                name,
                version,
                features: features.map(str::to_owned).collect(),
            })
        });
        nodes.push(node.with_context(|| format!("`cargo tree` printed `{line}`"))?);
    }
    Ok(nodes)
}

fn feature_objection(node: &Node) -> Option<Finding> {
    let feature = node
        .features
        .iter()
        .find(|f| STD_FEATURES.contains(&f.as_str()))?;
    let message = format!("has the feature `{feature}` on: turn its default features off");
    Some(Finding::about(&node.name, message))
}

fn source_objection(node: &Node, library: &Source) -> Option<Finding> {
    let says_so = NO_STD
        .iter()
        .any(|pattern| !library.occurrences(pattern).is_empty())
        && !library.occurrences("no_std").is_empty();
    let message = format!("{} does not say `no_std`", library.path);
    (!says_so).then(|| Finding::about(&node.name, message))
}

/// The file that a package's library begins with.
fn library(metadata: &Metadata, node: &Node) -> Result<Source> {
    let is_it = |p: &&Package| p.name == node.name && p.version.to_string() == node.version;
    let package = metadata.packages.iter().find(is_it);
    let package = package.with_context(|| format!("{} is not in the metadata", node.name))?;
    let target = package.targets.iter().find(|t| t.is_lib() || t.is_rlib());
    let target = target.with_context(|| format!("{} has no library", node.name))?;
    let text = fs::read_to_string(&target.src_path)
        .with_context(|| format!("{} cannot be read", target.src_path))?;
    Source::parse(&target.src_path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(features: &str) -> Node {
        let mut nodes = nodes(&format!("x v1.2.3 (a/path)|{features}")).expect("a tree");
        nodes.remove(0)
    }

    fn is_bare(text: &str) -> bool {
        let source = Source::parse("lib.rs".into(), text).expect("the text is Rust");
        source_objection(&node(""), &source).is_none()
    }

    #[test]
    fn a_tree_is_read_line_by_line() {
        let nodes = nodes("a v1.0.0|x,y\nb v2.0.0-rc.1|\na v1.0.0|x,y\na v1.0.0|x,y (*)\n")
            .expect("a tree");
        assert_eq!(nodes.len(), 2);
        assert_eq!(
            (nodes[0].features.len(), nodes[1].version.as_str()),
            (2, "2.0.0-rc.1")
        );
    }

    #[test]
    fn a_tree_of_another_form_is_refused() {
        assert!(nodes("no version here").is_err());
    }

    #[test]
    fn the_feature_std_is_found() {
        assert!(feature_objection(&node("default,std")).is_some());
        assert!(feature_objection(&node("default,std-not-quite")).is_none());
    }

    #[test]
    fn a_library_must_say_no_std() {
        assert!(is_bare("//! Doc.\n#![no_std]"));
        assert!(is_bare("#![cfg_attr(not(feature = \"std\"), no_std)]"));
        assert!(!is_bare("//! Not `#![no_std]`.\nuse std::fmt;"));
        assert!(!is_bare("#![cfg_attr(docsrs, feature(doc_cfg))]"));
    }
}
