//! Words that say that something is not finished.

use crate::finding::Finding;
use crate::source::Source;

const REFUSED: &[(&str, &str)] = &[
    ("todo !", "finish it, or leave it out"),
    ("unimplemented !", "finish it, or leave it out"),
    ("dbg !", "use `tracing`, or leave it out"),
    ("# [ ignore", "a test runs, or is not there"),
];

/// Unfinished places in one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, why) in REFUSED {
        for line in source.occurrences(pattern) {
            let message = format!("`{}`: {why}", pattern.replace(' ', ""));
            findings.push(Finding::at(&source.path, line, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Source::parse("a.rs".into(), text).expect("the text is Rust")).len()
    }

    #[test]
    fn unfinished_places_are_found() {
        for text in [
            "fn f() { todo!() }",
            "fn f() { unimplemented!(\"later\") }",
            "fn f() { dbg!(1); }",
            "#[test]\n#[ignore]\nfn f() {}",
            "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
    }

    #[test]
    fn the_words_alone_are_harmless() {
        assert_eq!(
            found("/// Not `todo!()`.\nfn ignore(todo: u8) -> bool { todo != 1 }"),
            0
        );
    }
}
