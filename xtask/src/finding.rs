//! What a check found wrong, and where.

use std::fmt;

use anyhow::{Result, bail};

/// One thing that is wrong. A check collects all of them before it fails.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    place: String,
    line: usize,
    message: String,
}

impl Finding {
    /// Something wrong with a file or a package as a whole.
    pub(crate) fn about(place: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self::at(place, 0, message)
    }

    /// Something wrong on one line, counted from 1.
    pub(crate) fn at(place: impl fmt::Display, line: usize, message: impl fmt::Display) -> Self {
        Self {
            place: place.to_string(),
            line,
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.place, self.message),
            line => write!(f, "{}:{line}: {}", self.place, self.message),
        }
    }
}

/// Prints what was found, in order of place, and fails if there was anything.
pub(crate) fn conclude(mut findings: Vec<Finding>) -> Result<()> {
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => bail!("1 finding"),
        n => bail!("{n} findings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_named_only_where_there_is_one() {
        assert_eq!(Finding::at("a.rs", 7, "wrong").to_string(), "a.rs:7: wrong");
        assert_eq!(
            Finding::about("duly-core", "wrong").to_string(),
            "duly-core: wrong"
        );
    }

    #[test]
    fn any_finding_fails_the_check() {
        assert!(conclude(Vec::new()).is_ok());
        let error = conclude(vec![Finding::about("x", "y"), Finding::about("x", "z")]);
        assert_eq!(error.expect_err("two findings").to_string(), "2 findings");
    }
}
