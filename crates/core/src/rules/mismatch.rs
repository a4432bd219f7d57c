//! Why a rule does not match.

use core::fmt;

use super::Pattern;

/// A condition of a rule that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch<'a> {
    /// The submitter has given a priority, and the rule does not override that.
    Given,
    /// The kind is none of these.
    Kind {
        /// The kind.
        kind: &'a str,
        /// What it should be like.
        expected: &'a [Pattern],
    },
    /// The queue is none of these.
    Queue {
        /// The queue.
        queue: &'a str,
        /// What it should be like.
        expected: &'a [Pattern],
    },
    /// A label is missing, or has another value.
    Label {
        /// The name of the label.
        name: &'a str,
        /// Its value, if it is there.
        value: Option<&'a str>,
        /// What it should be like.
        expected: &'a Pattern,
    },
    /// The payload is smaller.
    PayloadBelow {
        /// How many bytes it has.
        bytes: u64,
        /// How many it should have at least.
        least: u64,
    },
    /// The payload is larger.
    PayloadAbove {
        /// How many bytes it has.
        bytes: u64,
        /// How many it should have at most.
        most: u64,
    },
    /// The payload is neither a JSON array nor a JSON object.
    ArgumentsUnknown,
    /// There are fewer arguments.
    ArgumentsBelow {
        /// How many there are.
        count: u64,
        /// How many there should be at least.
        least: u64,
    },
    /// There are more arguments.
    ArgumentsAbove {
        /// How many there are.
        count: u64,
        /// How many there should be at most.
        most: u64,
    },
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given => {
                f.write_str("the priority is given, and the rule does not override that")
            }
            Self::Kind { kind, expected } => write!(f, "kind {kind} is not {}", Any(expected)),
            Self::Queue { queue, expected } => write!(f, "queue {queue} is not {}", Any(expected)),
            Self::Label {
                name, value: None, ..
            } => write!(f, "it has no label {name}"),
            Self::Label {
                name,
                value: Some(value),
                expected,
            } => write!(f, "label {name} is {value}, not {expected}"),
            Self::PayloadBelow { bytes, least } => {
                write!(
                    f,
                    "the payload has {}, fewer than {least}",
                    Many(*bytes, "byte")
                )
            }
            Self::PayloadAbove { bytes, most } => {
                write!(
                    f,
                    "the payload has {}, more than {most}",
                    Many(*bytes, "byte")
                )
            }
            Self::ArgumentsUnknown => f.write_str(
                "the payload is no JSON array or object, so it has no arguments to count",
            ),
            Self::ArgumentsBelow { count, least } => {
                write!(f, "it has {}, fewer than {least}", Many(*count, "argument"))
            }
            Self::ArgumentsAbove { count, most } => {
                write!(f, "it has {}, more than {most}", Many(*count, "argument"))
            }
        }
    }
}

/// `1 byte`, `2 bytes`.
struct Many(u64, &'static str);

impl fmt::Display for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// `a, b or c`.
struct Any<'a>(&'a [Pattern]);

impl fmt::Display for Any<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pattern) in self.0.iter().enumerate() {
            let between = match self.0.len() - index {
                _ if index == 0 => "",
                1 => " or ",
                _ => ", ",
            };
            write!(f, "{between}{pattern}")?;
        }
        Ok(())
    }
}
