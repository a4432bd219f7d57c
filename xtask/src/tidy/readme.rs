//! The README stays short and says how to check the project.

use crate::finding::Finding;
use crate::tree::TextFile;

const PATH: &str = "README.md";
const LINES_MAX: usize = 249;
const COMMAND: &str = "cargo xtask test";

/// What is wrong with the README.
pub(super) fn check(files: &[TextFile]) -> Vec<Finding> {
    let Some(file) = files.iter().find(|file| file.path == PATH) else {
        return vec![Finding::about(PATH, "is not there")];
    };
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        let message = format!("{lines} lines, at most {LINES_MAX} expected: move some to docs/");
        findings.push(Finding::about(PATH, message));
    }
    if !file.text.contains(COMMAND) {
        findings.push(Finding::about(
            PATH,
            format!("expected it to name `{COMMAND}`"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: String) -> usize {
        check(&[TextFile {
            path: PATH.into(),
            text,
        }])
        .len()
    }

    #[test]
    fn a_readme_is_short_and_names_the_command() {
        let fill = "line\n".repeat(LINES_MAX - 1);
        assert_eq!(found(format!("{COMMAND}\n{fill}")), 0);
        assert_eq!(found(format!("{COMMAND}\n{fill}more\n")), 1);
        assert_eq!(found(fill), 1);
        assert_eq!(check(&[]).len(), 1);
    }
}
