//! Tests that sleep are slow when they pass and wrong when the machine is busy: they move the
//! clock, or wait for an event.

use crate::finding::Finding;
use crate::source::{Source, Token};

const SLEEPS: &[&str] = &["park_timeout", "sleep", "sleep_ms", "sleep_until"];

/// Comments that make a sleep acceptable, on its line or the one above.
const EXCUSES: &[&str] = &["// poll interval:", "// virtual time:"];

/// Folders and files that ship what tests are made of.
const KITS: &[&str] = &["conformance", "conformance.rs", "testing", "testing.rs"];

/// Sleeping tests in one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let is_kit = source.path.components().any(|c| KITS.contains(&c.as_str()));
    let message = format!(
        "a test sleeps: move the clock or wait for an event; where it must poll, say why in a \
         comment `{} …`",
        EXCUSES[0]
    );
    sleeps(source.tokens())
        .filter(|&line| is_kit || source.is_test(line))
        .filter(|&line| !is_excused(source, line))
        .map(|line| Finding::at(&source.path, line, &message))
        .collect()
}

fn is_excused(source: &Source, line: usize) -> bool {
    let lines = [source.line(line), source.line(line - 1)];
    EXCUSES
        .iter()
        .any(|excuse| lines.iter().any(|line| line.contains(excuse)))
}

/// The lines that call a function that sleeps. A method of that name belongs to a clock that
/// the test holds.
fn sleeps(tokens: &[Token]) -> impl Iterator<Item = usize> {
    tokens.windows(3).filter_map(|window| match window {
        [before, name, open]
            if SLEEPS.contains(&name.text.as_str())
                && open.text == "("
                && before.text != "."
                && before.text != "fn" =>
        {
            Some(name.line)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Source::parse(path.into(), text).expect("the text is Rust")).len()
    }

    #[test]
    fn sleeping_tests_are_found() {
        for call in [
            "std::thread::sleep(d)",
            "tokio::time::sleep(d).await",
            "sleep_until(t).await",
        ] {
            let text = format!("#[cfg(test)]\nmod tests {{\n async fn f() {{ {call}; }}\n}}");
            assert_eq!(found("src/a.rs", &text), 1, "{call}");
            assert_eq!(
                found("tests/a.rs", &format!("async fn f() {{ {call}; }}")),
                1,
                "{call}"
            );
        }
    }

    #[test]
    fn the_kits_of_tests_count_as_tests() {
        assert_eq!(
            found(
                "crates/store/src/testing/a.rs",
                "fn f() { thread::sleep(d); }"
            ),
            1
        );
        assert_eq!(
            found("crates/store/src/a.rs", "fn f() { thread::sleep(d); }"),
            0
        );
    }

    #[test]
    fn a_clock_of_the_test_may_sleep() {
        assert_eq!(
            found("tests/a.rs", "fn f() { clock.sleep(d); } fn sleep() {}"),
            0
        );
    }

    #[test]
    fn a_reason_excuses() {
        let excused = "fn f() {\n // poll interval: no event crosses processes\n sleep(d);\n}";
        assert_eq!(found("tests/a.rs", excused), 0);
        assert_eq!(
            found("tests/a.rs", "fn f() {\n // a moment\n sleep(d);\n}"),
            1
        );
    }
}
