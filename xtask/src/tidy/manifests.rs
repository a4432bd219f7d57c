//! Every crate obeys the lints of the workspace.

use crate::finding::Finding;
use crate::tree::TextFile;

/// A manifest of a crate that goes its own way.
pub(super) fn check(file: &TextFile) -> Option<Finding> {
    let is_manifest = file.path.file_name() == Some("Cargo.toml");
    let is_crate = section(&file.text, "package").is_some();
    // A crate that is a workspace of its own has no other's lints to take.
    if !is_manifest || !is_crate || section(&file.text, "workspace").is_some() {
        return None;
    }
    let mut lints = section(&file.text, "lints").into_iter().flatten();
    if lints.any(|line| line.replace(' ', "") == "workspace=true") {
        return None;
    }
    Some(Finding::about(
        &file.path,
        "expected `workspace = true` beneath `[lints]`",
    ))
}

/// The lines of a section, without comments; `None` where there is no such section.
fn section<'a>(text: &'a str, name: &str) -> Option<impl Iterator<Item = &'a str>> {
    let heading = format!("[{name}]");
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.find(|line| *line == heading)?;
    Some(lines.take_while(|line| !line.starts_with('[')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_good(text: &str) -> bool {
        check(&TextFile {
            path: "crates/a/Cargo.toml".into(),
            text: text.to_owned(),
        })
        .is_none()
    }

    #[test]
    fn a_crate_takes_the_lints_of_the_workspace() {
        assert!(is_good(
            "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"
        ));
        assert!(!is_good("[package]\nname = \"a\"\n"));
        assert!(!is_good(
            "[package]\nname = \"a\"\n[lints]\n[dependencies]\nworkspace = true\n"
        ));
        assert!(!is_good("[package]\n[lints]\n# workspace = true\n"));
    }

    #[test]
    fn the_workspace_itself_has_no_lints_to_take() {
        assert!(is_good("[workspace]\nmembers = []\n"));
        assert!(is_good("[package]\nname = \"a\"\n\n[workspace]\n"));
    }
}
