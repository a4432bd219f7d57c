//! Files by pattern: in order, bounded, and never through a link to a folder.
//!
//! The parts of a pattern that are plain names are followed as they are, `..` and links included:
//! whoever wrote them meant them. What wildcards find is another matter: a link to a folder is not
//! entered, so that no loop is run in and nothing outside is found by accident; a link to a file is a
//! file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::bounds::{ENTRIES_MAX, GLOB_DEPTH_MAX, TASKS_MAX};

/// Why there is no list of files.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GlobError {
    #[error("the glob cannot look into {}: {error}", .folder.display())]
    Unreadable { folder: PathBuf, error: io::Error },
    #[error(
        "the glob finds {:?}, whose name is no text: expected file names in UTF-8; rename it, or \
         leave it out with `exclude`", .0
    )]
    NoText(PathBuf),
    #[error("the glob finds more than {TASKS_MAX} files: expected fewer; use a narrower one")]
    TooMany,
    #[error(
        "the glob has looked at {ENTRIES_MAX} files and folders: expected fewer; use a narrower one"
    )]
    TooWide,
    #[error("the glob finds folders deeper than {GLOB_DEPTH_MAX}: use a narrower one")]
    TooDeep,
}

/// `*` and `?` match neither a separator nor the dot that hides a file.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The files below `folder` that match one of the patterns and none of those excluded: paths from
/// `folder`, sorted, each once.
pub(super) fn files(
    folder: &Path,
    patterns: &[String],
    exclude: &[String],
) -> Result<Vec<String>, GlobError> {
    let mut search = Search {
        folder,
        excluded: exclude
            .iter()
            .filter_map(|pattern| Pattern::new(pattern).ok())
            .collect(),
        found: BTreeSet::new(),
        looked_at: 0,
    };
    for pattern in patterns {
        search.pattern(pattern)?;
    }
    Ok(search.found.into_iter().collect())
}

struct Search<'a> {
    folder: &'a Path,
    excluded: Vec<Pattern>,
    found: BTreeSet<String>,
    looked_at: usize,
}

/// One part of a pattern, between separators.
enum Part {
    /// A name as it is, `..`, or the root.
    Plain(PathBuf),
    /// A name with wildcards.
    Wild(Pattern),
    /// `**`: any number of folders, none included.
    Deep,
}

impl Search<'_> {
    fn pattern(&mut self, pattern: &str) -> Result<(), GlobError> {
        let parts: Vec<_> = Path::new(pattern).components().filter_map(part).collect();
        self.look(&PathBuf::new(), &parts, 0)
    }

    /// Looks for what the parts mean, from the path on that was reached.
    fn look(&mut self, reached: &Path, parts: &[Part], depth: usize) -> Result<(), GlobError> {
        if depth > GLOB_DEPTH_MAX {
            return Err(GlobError::TooDeep);
        }
        let Some((part, rest)) = parts.split_first() else {
            return self.take(reached);
        };
        match part {
            Part::Plain(name) => self.look(&reached.join(name), rest, depth + 1),
            Part::Wild(pattern) => {
                for entry in self.entries(reached)? {
                    if !pattern.matches_with(&entry.name.to_string_lossy(), MATCHING) {
                        continue;
                    }
                    if rest.is_empty() || entry.is_folder {
                        self.look(&reached.join(&entry.name), rest, depth + 1)?;
                    }
                }
                Ok(())
            }
            Part::Deep => {
                // `**` at the end means every file below.
                let every = [Part::Wild(Pattern::new("*").unwrap_or_default())];
                let rest = if rest.is_empty() { &every } else { rest };
                self.look(reached, rest, depth + 1)?;
                for entry in self.entries(reached)? {
                    if entry.is_folder && !entry.name.as_encoded_bytes().starts_with(b".") {
                        self.look(&reached.join(&entry.name), parts, depth + 1)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Takes a path if it is that of a file.
    fn take(&mut self, path: &Path) -> Result<(), GlobError> {
        // A link counts as what it leads to; one that leads nowhere is no file.
        if !fs::metadata(self.folder.join(path)).is_ok_and(|found| found.is_file()) {
            return Ok(());
        }
        let text = path.to_string_lossy();
        let is_excluded = |pattern: &Pattern| pattern.matches_with(&text, MATCHING);
        if self.excluded.iter().any(is_excluded) {
            return Ok(());
        }
        let text = path
            .to_str()
            .ok_or_else(|| GlobError::NoText(path.to_owned()))?;
        self.found.insert(text.to_owned());
        if self.found.len() > TASKS_MAX {
            return Err(GlobError::TooMany);
        }
        Ok(())
    }

    /// What is in a folder, if it is one.
    fn entries(&mut self, reached: &Path) -> Result<Vec<Entry>, GlobError> {
        let folder = self.folder.join(reached);
        let unreadable = |error| GlobError::Unreadable {
            folder: folder.clone(),
            error,
        };
        let listed = match fs::read_dir(&folder) {
            Err(error) if is_no_folder(&error) => return Ok(Vec::new()),
            listed => listed.map_err(unreadable)?,
        };
        let mut entries = Vec::new();
        for entry in listed {
            let entry = entry.map_err(unreadable)?;
            self.looked_at += 1;
            if self.looked_at > ENTRIES_MAX {
                return Err(GlobError::TooWide);
            }
            let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
            let name = entry.file_name();
            entries.push(Entry { name, is_folder });
        }
        Ok(entries)
    }
}

struct Entry {
    name: OsString,
    /// A folder itself, not a link to one.
    is_folder: bool,
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn part(component: Component<'_>) -> Option<Part> {
    match component {
        Component::CurDir => None,
        Component::Normal(name) if name == "**" => Some(Part::Deep),
        Component::Normal(name) => {
            let text = name.to_str().filter(|text| text.contains(['*', '?', '[']));
            let wild = text.and_then(|text| Pattern::new(text).ok());
            Some(wild.map_or_else(|| Part::Plain(name.into()), Part::Wild))
        }
        other => Some(Part::Plain(other.as_os_str().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with files in it.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn found(folder: &Path, patterns: &[&str], exclude: &[&str]) -> Vec<String> {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        files(folder, &owned(patterns), &owned(exclude)).unwrap()
    }

    #[test]
    fn files_come_sorted_and_once() {
        let folder = folder(&["b.jpg", "a.jpg", "c.png", "sub/d.jpg", ".hidden.jpg"]);
        let found = |patterns: &[&str]| found(folder.path(), patterns, &[]);
        assert_eq!(found(&["*.jpg"]), ["a.jpg", "b.jpg"]);
        assert_eq!(
            found(&["*.png", "[ab].*", "a.*"]),
            ["a.jpg", "b.jpg", "c.png"]
        );
        assert_eq!(found(&["./a.jpg"]), ["a.jpg"]);
        assert_eq!(found(&["*/*.jpg"]), ["sub/d.jpg"]);
        assert_eq!(found(&["s*"]), [""; 0], "folders are no files");
        assert_eq!(found(&["no/such/*.jpg", "a.jpg/*"]), [""; 0]);
    }

    #[test]
    fn two_stars_descend() {
        let folder = folder(&["a.jpg", "x/b.jpg", "x/y/c.jpg", ".git/d.jpg", "x/e.png"]);
        let found = |patterns: &[&str], not: &[&str]| found(folder.path(), patterns, not);
        assert_eq!(found(&["**/*.jpg"], &[]), ["a.jpg", "x/b.jpg", "x/y/c.jpg"]);
        assert_eq!(found(&["x/**"], &[]), ["x/b.jpg", "x/e.png", "x/y/c.jpg"]);
        assert_eq!(found(&["**/*.jpg"], &["x/**"]), ["a.jpg"]);
        assert_eq!(
            found(&["**/*"], &["*.jpg", "**/*.png"]),
            ["x/b.jpg", "x/y/c.jpg"]
        );
    }

    #[test]
    fn links_to_folders_are_not_entered_and_loops_not_run() {
        let outside = folder(&["secret.jpg"]);
        let folder = folder(&["a.jpg", "x/b.jpg"]);
        symlink(folder.path(), folder.path().join("x/loop")).unwrap();
        symlink(outside.path(), folder.path().join("out")).unwrap();
        symlink("a.jpg", folder.path().join("link.jpg")).unwrap();
        symlink("nowhere", folder.path().join("broken.jpg")).unwrap();
        let found = |pattern| found(folder.path(), &[pattern], &[]);
        assert_eq!(found("**/*.jpg"), ["a.jpg", "link.jpg", "x/b.jpg"]);
        assert_eq!(found("*/*.jpg"), ["x/b.jpg"]);
        assert_eq!(found("out/*.jpg"), ["out/secret.jpg"], "it was named");
    }

    #[test]
    fn a_path_without_wildcards_is_a_pattern_too() {
        let folder = folder(&["in/a.jpg", "b.jpg"]);
        let sub = folder.path().join("in");
        assert_eq!(found(&sub, &["../b.jpg"], &[]), ["../b.jpg"]);
        let absolute = folder.path().join("b.jpg").display().to_string();
        assert_eq!(found(&sub, &[&absolute], &[]), [absolute]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_no_text_is_named_if_it_is_meant() {
        use std::os::unix::ffi::OsStrExt;
        let folder = folder(&["a.png"]);
        let name = std::ffi::OsStr::from_bytes(b"\xff.jpg");
        fs::write(folder.path().join(name), "").unwrap();
        let error = files(folder.path(), &["*.jpg".to_owned()], &[]).unwrap_err();
        let said =
            r#"the glob finds "\xFF.jpg", whose name is no text: expected file names in UTF-8"#;
        assert!(error.to_string().starts_with(said), "{error}");
        assert_eq!(found(folder.path(), &["*.png"], &[]), ["a.png"]);
        assert_eq!(found(folder.path(), &["*"], &["*.jpg"]), ["a.png"]);
    }
}
