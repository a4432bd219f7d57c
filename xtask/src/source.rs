//! A Rust file as its tokens: what stands in comments, strings and doc examples does not count.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

mod functions;
mod scope;
mod tokens;
mod words;

pub(crate) use functions::Function;
pub(crate) use tokens::Token;

/// Folders that hold nothing but tests, beside what `#[cfg(test)]` covers.
const TEST_FOLDERS: &[&str] = &["benches", "tests"];

/// One Rust file.
pub(crate) struct Source {
    pub(crate) path: Utf8PathBuf,
    lines: Vec<String>,
    tokens: Vec<Token>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Source {
    /// Reads a file; fails where its brackets or literals do not close.
    pub(crate) fn parse(path: &Utf8Path, text: &str) -> Result<Self> {
        let tokens = tokens::flatten(text).map_err(|e| anyhow!("does not lex: {e}"))?;
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut source = Self {
            path: path.to_owned(),
            tests: scope::test_ranges(&tokens),
            lines,
            tokens,
        };
        if path
            .components()
            .any(|c| TEST_FOLDERS.contains(&c.as_str()))
        {
            source.mark_as_test();
        }
        Ok(source)
    }

    /// The text of a line, counted from 1; empty past the end.
    pub(crate) fn line(&self, line: usize) -> &str {
        line.checked_sub(1)
            .and_then(|i| self.lines.get(i))
            .map_or("", String::as_str)
    }

    /// Whether a line, counted from 1, belongs to tests.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    /// How many lines do not belong to tests.
    pub(crate) fn lines_outside_tests(&self) -> usize {
        (1..=self.lines.len())
            .filter(|&line| !self.is_test(line))
            .count()
    }

    /// The lines on which a pattern stands. A pattern is tokens with spaces between them, such
    /// as `Instant :: now`; a trailing `*` stands for any rest of a token.
    pub(crate) fn occurrences(&self, pattern: &str) -> Vec<usize> {
        words::occurrences(&self.tokens, pattern)
    }

    /// Every function that has a body.
    pub(crate) fn functions(&self) -> Vec<Function> {
        functions::functions(&self.tokens)
    }

    /// Every token, in order.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    fn mark_as_test(&mut self) {
        self.tests = vec![1..=usize::MAX];
    }

    /// The files (without `.rs`) of modules that are declared elsewhere for tests only.
    fn test_modules(&self) -> Vec<Utf8PathBuf> {
        let folder = match self.path.file_name() {
            Some("lib.rs" | "main.rs" | "mod.rs") => self.path.with_file_name(""),
            _ => self.path.with_extension(""),
        };
        let declared = scope::declared_modules(&self.tokens);
        declared
            .filter(|module| self.is_test(module.line))
            .map(|module| folder.join(&module.text))
            .collect()
    }
}

/// Marks the files of `#[cfg(test)] mod name;` as tests, with all that they declare.
pub(crate) fn spread_test_modules(sources: &mut [Source]) {
    let modules: Vec<_> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        let stem = source.path.with_extension("");
        if modules.iter().any(|module| stem.starts_with(module)) {
            source.mark_as_test();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str, text: &str) -> Source {
        Source::parse(path.into(), text).expect("the text is Rust")
    }

    #[test]
    fn a_test_module_does_not_count_as_code() {
        let source = parse(
            "src/a.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n",
        );
        assert_eq!(source.lines_outside_tests(), 1);
        assert!(source.is_test(4) && !source.is_test(1));
    }

    #[test]
    fn a_file_beneath_tests_is_all_test() {
        assert_eq!(
            parse("crates/x/tests/a.rs", "fn f() {}\n").lines_outside_tests(),
            0
        );
    }

    #[test]
    fn a_test_module_in_a_file_of_its_own_is_found() {
        let mut sources = [
            parse("src/a.rs", "#[cfg(test)]\nmod tests;\nmod real;\n"),
            parse("src/a/tests.rs", "fn f() {}\n"),
            parse("src/a/tests/deep.rs", "fn f() {}\n"),
            parse("src/a/real.rs", "fn f() {}\n"),
        ];
        spread_test_modules(&mut sources);
        let left: Vec<_> = sources.iter().map(Source::lines_outside_tests).collect();
        assert_eq!(left, [1, 0, 0, 1]);
    }

    #[test]
    fn a_line_past_the_end_is_empty() {
        let source = parse("a.rs", "fn f() {}");
        assert_eq!(
            (source.line(0), source.line(1), source.line(2)),
            ("", "fn f() {}", "")
        );
    }
}
