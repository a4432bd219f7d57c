//! Which lines of a file belong to tests.

use std::ops::RangeInclusive;

use super::Token;

/// The lines of every item that exists only for tests.
pub(super) fn test_ranges(tokens: &[Token]) -> Vec<RangeInclusive<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(attribute) = Attribute::at(tokens, at) else {
            at += 1;
            continue;
        };
        let mut end = attribute.last;
        if attribute.is_for_tests {
            if attribute.is_inner {
                return vec![1..=usize::MAX];
            }
            end = item_end(tokens, attribute.last + 1);
            ranges.push(tokens[at].line..=tokens[end].line);
        }
        at = end + 1;
    }
    ranges
}

/// The name of every `mod name;`.
pub(super) fn declared_modules(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    tokens.windows(3).filter_map(|window| match window {
        [word, name, end] if word.text == "mod" && end.text == ";" => Some(name),
        _ => None,
    })
}

struct Attribute {
    last: usize,
    is_inner: bool,
    is_for_tests: bool,
}

impl Attribute {
    fn at(tokens: &[Token], at: usize) -> Option<Self> {
        let text = |i: usize| tokens.get(i).map(|t| t.text.as_str());
        if text(at) != Some("#") {
            return None;
        }
        let is_inner = text(at + 1) == Some("!");
        let open = at + 1 + usize::from(is_inner);
        if text(open) != Some("[") {
            return None;
        }
        let last = closing(tokens, open)?;
        let content: Vec<_> = tokens[open + 1..last]
            .iter()
            .map(|t| t.text.as_str())
            .collect();
        Some(Self {
            last,
            is_inner,
            is_for_tests: is_for_tests(&content),
        })
    }
}

/// `#[test]`, `#[path::test]` with or without arguments, `#[cfg(test)]`, `#[cfg(all(test, …))]`.
/// What `any(test, …)` covers ships, so it is not for tests alone.
fn is_for_tests(attribute: &[&str]) -> bool {
    match attribute {
        ["cfg", "(", "test", ")"] => true,
        ["cfg", "(", "all", "(", conditions @ .., ")", ")"] => conditions
            .split(|&t| t == ",")
            .any(|condition| condition == ["test"]),
        _ => {
            let path = attribute.split(|&t| t == "(").next().unwrap_or_default();
            path == ["test"] || path.ends_with(&["::", "test"])
        }
    }
}

/// The bracket that closes the one that opens at `open`.
fn closing(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.checked_sub(1)?,
            _ => continue,
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

/// The last token of the item that begins at `from`: its semicolon, its closing brace, or the
/// last token before the surroundings end.
fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return i - 1,
            "}" if depth == 1 => return i,
            ")" | "]" | "}" => depth -= 1,
            ";" if depth == 0 => return i,
            _ => {}
        }
    }
    tokens.len() - 1
}

#[cfg(test)]
mod tests {
    use super::super::tokens::flatten;
    use super::*;

    fn ranges(text: &str) -> Vec<RangeInclusive<usize>> {
        test_ranges(&flatten(text).expect("Rust"))
    }

    #[test]
    fn the_usual_test_attributes_are_known() {
        for attribute in [
            "test",
            "tokio::test",
            "tokio::test(start_paused = true)",
            "cfg(all(unix, test))",
        ] {
            let text = format!("fn a() {{}}\n#[{attribute}]\nfn b() {{\n}}\nfn c() {{}}");
            assert_eq!(ranges(&text), [2..=4], "{attribute}");
        }
    }

    #[test]
    fn shipped_code_is_not_taken_for_a_test() {
        for attribute in [
            "cfg(not(test))",
            "cfg(any(test, unix))",
            "cfg_attr(test, allow(x))",
            "testing",
        ] {
            assert_eq!(
                ranges(&format!("#[{attribute}]\nfn b() {{}}")),
                [],
                "{attribute}"
            );
        }
    }

    #[test]
    fn an_item_without_braces_ends_at_its_semicolon() {
        assert_eq!(
            ranges("#[cfg(test)]\nmod tests;\nmod real;\nfn f() {}"),
            [1..=2]
        );
    }

    #[test]
    fn further_attributes_belong_to_the_item() {
        assert_eq!(
            ranges("#[cfg(test)]\n#[allow(dead_code)]\nmod t {\n}\nfn f() {}"),
            [1..=4]
        );
    }

    #[test]
    fn an_inner_attribute_covers_the_file() {
        assert_eq!(
            ranges("//! Doc.\n#![cfg(test)]\nfn f() {}"),
            [1..=usize::MAX]
        );
    }

    #[test]
    fn a_member_ends_with_its_surroundings() {
        assert_eq!(
            ranges("struct A {\n#[cfg(test)]\nx: u8,\n}\nfn f() {}"),
            [2..=3]
        );
    }
}
