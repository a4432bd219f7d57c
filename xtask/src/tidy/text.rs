//! What no text file may contain.

use crate::finding::Finding;
use crate::tree::TextFile;

/// Folders at the root of a machine where people keep their own things.
const PRIVATE_FOLDERS: &[&str] = &["Users", "home", "root", "work"];

/// Loose ends in one file.
pub(super) fn check(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, line) in file.text.split('\n').enumerate() {
        if line.ends_with(char::is_whitespace) {
            findings.push(Finding::at(
                &file.path,
                i + 1,
                "whitespace at the end of the line",
            ));
        }
        if let Some(folder) = PRIVATE_FOLDERS
            .iter()
            .find(|folder| names_folder(line, folder))
        {
            let message = format!("a path of one machine (`/{folder}/…`): use a relative path");
            findings.push(Finding::at(&file.path, i + 1, message));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        findings.push(Finding::about(
            &file.path,
            "no newline at the end of the file",
        ));
    }
    findings
}

/// Whether the line has an absolute path that begins with this folder.
fn names_folder(line: &str, folder: &str) -> bool {
    let path = format!("/{folder}/");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.~*}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&TextFile {
            path: "a.md".into(),
            text: text.to_owned(),
        })
        .len()
    }

    #[test]
    fn trailing_whitespace_is_found() {
        assert_eq!(found("a \nb\t\n"), 2);
        assert_eq!(found("a\r\n"), 1);
        assert_eq!(found("a\n\n b\n"), 0);
    }

    #[test]
    fn a_missing_last_newline_is_found() {
        assert_eq!(found("a"), 1);
        assert_eq!(found(""), 0);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for folder in PRIVATE_FOLDERS {
            assert_eq!(found(&format!("see /{folder}/me/duly\n")), 1, "{folder}");
            assert_eq!(found(&format!("file:///{folder}/me/duly\n")), 1, "{folder}");
            assert_eq!(
                found(&format!("see docs/{folder}/me and ../{folder}/me\n")),
                0,
                "{folder}"
            );
        }
    }
}
