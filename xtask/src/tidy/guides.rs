//! The guides keep to what is there: each test that the guarantees name, and each guide with Rust
//! in it among those that are compiled.

use cargo_metadata::camino::Utf8Path;

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::TextFile;

/// The guide that says of each promise how it is tested.
const GUARANTEES: &str = "docs/guarantees.md";
/// Where the guides' Rust becomes doctests.
const DOCTESTS: &str = "crates/duly/src/guides.rs";

/// What is wrong with the guides.
pub(super) fn check(root: &Utf8Path, files: &[TextFile], sources: &[Source]) -> Vec<Finding> {
    let Some(guarantees) = files.iter().find(|file| file.path == GUARANTEES) else {
        return vec![Finding::about(GUARANTEES, "is not there")];
    };
    let is_there = |name: &str| match name.contains(['/', '.']) {
        true => root.join(name).exists(),
        false => sources.iter().any(|source| has_test(source, name)),
    };
    let mut findings = untested(&guarantees.text, is_there);
    findings.extend(uncompiled(files));
    findings
}

/// Whether the file has this function among its tests, or in a suite that others run.
fn has_test(source: &Source, name: &str) -> bool {
    let is_suite = source.path.components().any(|c| c.as_str() == "testing");
    let functions = source.functions();
    let mut named = functions.iter().filter(|function| function.name == name);
    named.any(|function| is_suite || source.is_test(function.first))
}

/// Promises, in the rows of tables of four columns, whose last names no test or one that is not there.
fn untested(text: &str, is_there: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let &["", promise, _, _, tests, ""] = &cells[..] else {
            continue;
        };
        if promise == "promise" || promise.starts_with('-') {
            continue;
        }
        let named: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            let message = format!("\"{promise}\" names no test");
            findings.push(Finding::at(GUARANTEES, i + 1, message));
        }
        for name in named.into_iter().filter(|name| !is_there(name)) {
            let message = format!("there is no test `{name}`");
            findings.push(Finding::at(GUARANTEES, i + 1, message));
        }
    }
    findings
}

/// Guides with Rust in them that no doctest includes.
fn uncompiled(files: &[TextFile]) -> Vec<Finding> {
    let doctests = files.iter().find(|file| file.path == DOCTESTS);
    let doctests = doctests.map_or("", |file| &file.text);
    let is_guide = |file: &&TextFile| file.path.starts_with("docs") || file.path == "README.md";
    let has_rust = |file: &&TextFile| file.text.contains("```rust");
    let guides = files.iter().filter(is_guide).filter(has_rust);
    guides
        .filter(|file| !doctests.contains(&format!("/../{}\"", file.path)))
        .map(|file| Finding::about(&file.path, format!("has Rust in it: name it in {DOCTESTS}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_promise_names_tests_that_are_there() {
        let table = "| promise | a | b | how |\n|---|---|---|---|\n\
                     | x | yes | no | suite: `there`, and `crates/there.rs` |\n\
                     | y | yes | no | by hand |\n| z | yes | no | `gone` |\n";
        let found = untested(table, |name| name.contains("there"));
        let expected = [
            "docs/guarantees.md:4: \"y\" names no test",
            "docs/guarantees.md:5: there is no test `gone`",
        ];
        assert_eq!(said(&found), expected);
    }

    #[test]
    fn a_test_is_a_function_of_tests_or_of_a_suite() {
        let text = "fn plain() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {}\n}\n";
        let source = |path: &str| Source::parse(path.into(), text).expect("a file");
        assert!(has_test(&source("src/a.rs"), "one"));
        assert!(!has_test(&source("src/a.rs"), "plain"));
        assert!(has_test(&source("src/testing/a.rs"), "plain"));
    }

    #[test]
    fn a_guide_with_rust_is_compiled() {
        let file = |path: &str, text: &str| TextFile {
            path: path.into(),
            text: text.to_owned(),
        };
        let files = [
            file("docs/a.md", "```rust\n```"),
            file("docs/b.md", "```rust,no_run\n```"),
            file("docs/c.md", "```sh\n```"),
            file(DOCTESTS, "#[doc = include_str!(\"../../../docs/a.md\")]"),
        ];
        let expected = "docs/b.md: has Rust in it: name it in crates/duly/src/guides.rs";
        assert_eq!(said(&uncompiled(&files)), [expected]);
    }
}
