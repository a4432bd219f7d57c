//! How urgent a task is.

use crate::named::{error, named};

/// How urgent a task is; the lower runs first: `Critical < High < Normal < Low`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Priority {
    /// Before everything else.
    Critical = 0,
    /// Before what is normal.
    High = 1,
    /// The default.
    #[default]
    Normal = 2,
    /// When nothing else waits.
    Low = 3,
}

impl Priority {
    /// How many priorities there are.
    pub const COUNT: usize = 4;

    /// All priorities, the most urgent first.
    pub const ALL: [Self; Self::COUNT] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// The name in lower case, as the API and the command line write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

/// The text names no priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPriority;

error!(
    InvalidPriority,
    "not a priority: expected critical, high, normal or low"
);

named!(Priority, InvalidPriority);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_runs_first_and_names_round_trip() {
        assert!(Priority::Critical < Priority::High && Priority::Normal < Priority::Low);
        for priority in Priority::ALL {
            assert_eq!(priority.name().parse(), Ok(priority));
            assert_eq!(Priority::from_code(priority.code()), Some(priority));
        }
        assert_eq!(Priority::from_code(4), None);
        assert_eq!("urgent".parse::<Priority>(), Err(InvalidPriority));
    }
}
