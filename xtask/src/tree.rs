//! The text files of the project.

use std::fs;

use anyhow::{Context, Result};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::finding::Finding;
use crate::source::Source;

const TEXT: &[&str] = &[
    "json", "md", "rs", "sh", "sql", "toml", "txt", "yaml", "yml",
];

/// Hidden folders that belong to the project; all others are somebody's tools.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".github"];

/// Deeper than any folder of the project: a loop of links ends here.
const DEPTH_MAX: usize = 12;

/// One text file, its path relative to the root.
pub(crate) struct TextFile {
    pub(crate) path: Utf8PathBuf,
    pub(crate) text: String,
}

/// Every text file beneath the root but for build output, in order of path.
pub(crate) fn files(root: &Utf8Path) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    collect(root, root, DEPTH_MAX, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Every Rust file among these, and a finding for each that no compiler would read.
pub(crate) fn sources(files: &[TextFile]) -> (Vec<Source>, Vec<Finding>) {
    let mut sources = Vec::new();
    let mut findings = Vec::new();
    for file in files.iter().filter(|f| f.path.extension() == Some("rs")) {
        match Source::parse(&file.path, &file.text) {
            Ok(source) => sources.push(source),
            Err(error) => findings.push(Finding::about(&file.path, error)),
        }
    }
    crate::source::spread_test_modules(&mut sources);
    (sources, findings)
}

fn collect(
    root: &Utf8Path,
    folder: &Utf8Path,
    depth: usize,
    files: &mut Vec<TextFile>,
) -> Result<()> {
    anyhow::ensure!(depth > 0, "{folder}: more than {DEPTH_MAX} folders deep");
    let entries = folder
        .read_dir_utf8()
        .with_context(|| format!("{folder} cannot be listed"))?;
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && is_ours(entry.file_name()) {
            collect(root, entry.path(), depth - 1, files)?;
        } else if kind.is_file() && is_text(entry.path()) {
            files.push(read(root, entry.path())?);
        }
    }
    Ok(())
}

fn is_ours(folder: &str) -> bool {
    folder != "target" && (!folder.starts_with('.') || HIDDEN.contains(&folder))
}

fn is_text(path: &Utf8Path) -> bool {
    match path.extension() {
        Some(extension) => TEXT.contains(&extension),
        None => path.parent().and_then(Utf8Path::file_name) == Some(".ci"),
    }
}

fn read(root: &Utf8Path, path: &Utf8Path) -> Result<TextFile> {
    let text = fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?;
    let path = path.strip_prefix(root).unwrap_or(path).to_owned();
    Ok(TextFile { path, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_output_and_foreign_folders_are_left_out() {
        assert!(is_ours("crates") && is_ours(".ci"));
        assert!(!is_ours("target") && !is_ours(".git") && !is_ours(".idea"));
    }

    #[test]
    fn scripts_of_ci_count_as_text() {
        assert!(is_text("a/.ci/run".into()) && is_text("a/b.rs".into()));
        assert!(!is_text("a/b.png".into()) && !is_text("a/LICENSE".into()));
    }

    #[test]
    fn an_unbalanced_file_is_a_finding() {
        let file = TextFile {
            path: "a.rs".into(),
            text: "fn f( {".into(),
        };
        let (sources, findings) = sources(&[file]);
        assert!(sources.is_empty());
        assert_eq!(findings.len(), 1);
    }
}
