//! SPDX licence expressions: `AND` binds tighter than `OR`, `WITH` tighter than both, and the
//! old `/` of crates means `OR`.

use anyhow::{Result, bail};

/// Deeper than any licence nests its parentheses.
const DEPTH_MAX: usize = 16;

/// A licence expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// A licence, with its exception after ` WITH ` where it has one.
    Licence(String),
    /// All of these at once.
    All(Vec<Expression>),
    /// One of these, by choice.
    Any(Vec<Expression>),
}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser {
            words: words(text),
            next: 0,
        };
        let expression = parser.any(DEPTH_MAX)?;
        match parser.peek() {
            None => Ok(expression),
            Some(word) => bail!("expected `AND`, `OR` or the end, found `{word}`"),
        }
    }

    /// Whether somebody who accepts only some licences may use what is under this one.
    pub(super) fn permits(&self, accepts: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Licence(name) => accepts(name),
            Self::All(parts) => parts.iter().all(|part| part.permits(accepts)),
            Self::Any(parts) => parts.iter().any(|part| part.permits(accepts)),
        }
    }
}

struct Parser {
    words: Vec<String>,
    next: usize,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Expression> {
        let mut parts = vec![self.all(depth)?];
        while self.take("OR") || self.take("/") {
            parts.push(self.all(depth)?);
        }
        Ok(single(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression> {
        let mut parts = vec![self.one(depth)?];
        while self.take("AND") {
            parts.push(self.one(depth)?);
        }
        Ok(single(parts, Expression::All))
    }

    fn one(&mut self, depth: usize) -> Result<Expression> {
        if !self.take("(") {
            let name = self.name("a licence")?;
            return Ok(Expression::Licence(if self.take("WITH") {
                format!("{name} WITH {}", self.name("an exception")?)
            } else {
                name
            }));
        }
        if depth == 0 {
            bail!("more than {DEPTH_MAX} parentheses deep");
        }
        let inner = self.any(depth - 1)?;
        if !self.take(")") {
            bail!("expected `)`");
        }
        Ok(inner)
    }

    fn name(&mut self, what: &str) -> Result<String> {
        match self.peek() {
            None => bail!("expected {what}, found the end"),
            Some(word @ ("AND" | "OR" | "WITH" | "/" | "(" | ")")) => {
                bail!("expected {what}, found `{word}`")
            }
            Some(word) => {
                let name = word.to_owned();
                self.next += 1;
                Ok(name)
            }
        }
    }

    fn peek(&self) -> Option<&str> {
        self.words.get(self.next).map(String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }
}

fn words(text: &str) -> Vec<String> {
    let mut spaced = text.to_owned();
    for sign in ["(", ")", "/"] {
        spaced = spaced.replace(sign, &format!(" {sign} "));
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn single(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        join(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(text: &str, accepted: &[&str]) -> bool {
        let expression = Expression::parse(text).expect("an expression");
        expression.permits(&|name| accepted.contains(&name))
    }

    #[test]
    fn a_choice_needs_one_and_a_sum_needs_all() {
        assert!(permits("MIT OR GPL-3.0", &["MIT"]));
        assert!(permits("MIT/GPL-3.0", &["MIT"]));
        assert!(!permits("MIT AND GPL-3.0", &["MIT"]));
        assert!(permits("MIT AND ISC", &["MIT", "ISC"]));
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert!(permits("MIT OR A AND B", &["MIT"]));
        assert!(permits("A AND B OR MIT", &["MIT"]));
        assert!(!permits("(MIT OR A) AND B", &["MIT"]));
        assert!(permits("(MIT OR A) AND B", &["MIT", "B"]));
    }

    #[test]
    fn an_exception_makes_another_licence() {
        assert!(!permits("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
        let both = ["Apache-2.0 WITH LLVM-exception"];
        assert!(permits("GPL-3.0 OR Apache-2.0 WITH LLVM-exception", &both));
    }

    #[test]
    fn what_is_not_an_expression_is_refused() {
        for text in [
            "",
            "MIT OR",
            "AND MIT",
            "MIT ISC",
            "(MIT",
            "MIT)",
            "MIT WITH",
            "()",
            "A WITH (B)",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |n| format!("{}MIT{}", "(".repeat(n), ")".repeat(n));
        assert!(Expression::parse(&nested(DEPTH_MAX)).is_ok());
        let error = Expression::parse(&nested(DEPTH_MAX + 1)).expect_err("too deep");
        assert!(error.to_string().contains("parentheses deep"));
    }
}
