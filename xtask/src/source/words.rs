//! Finding a few tokens in a row.

use super::Token;

/// The lines on which the tokens of a pattern stand in a row.
pub(super) fn occurrences(tokens: &[Token], pattern: &str) -> Vec<usize> {
    let wanted: Vec<_> = pattern.split_whitespace().collect();
    assert!(!wanted.is_empty(), "a pattern needs at least one token");
    tokens
        .windows(wanted.len())
        .filter(|window| {
            window
                .iter()
                .zip(&wanted)
                .all(|(token, want)| matches(token, want))
        })
        .map(|window| window[0].line)
        .collect()
}

fn matches(token: &Token, wanted: &str) -> bool {
    // A lone star is the sign itself.
    match wanted.strip_suffix('*').filter(|stem| !stem.is_empty()) {
        Some(stem) => token.text.starts_with(stem),
        None => token.text == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::flatten;
    use super::*;

    fn lines(text: &str, pattern: &str) -> Vec<usize> {
        occurrences(&flatten(text).expect("Rust"), pattern)
    }

    #[test]
    fn a_path_is_found_however_it_is_spaced() {
        let text =
            "let a = Instant::now();\nlet b = std::time::Instant :: now();\nInstant::later();";
        assert_eq!(lines(text, "Instant :: now"), [1, 2]);
    }

    #[test]
    fn a_star_stands_for_the_rest_of_a_word() {
        assert_eq!(
            lines(
                "use duly_store::A;\nuse duly_store_sqlite::B;",
                "duly_store_*"
            ),
            [2]
        );
    }
}
