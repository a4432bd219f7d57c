//! What to do about ticks that were missed, and about runs that overlap.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use duly_core::duration;

use crate::quote::quote;

/// What becomes of ticks that nobody could fire in time: those that are decided more than
/// [`GRACE`](crate::bounds::GRACE) late. As text: `skip`, `last`, `all 1h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// They never fire.
    Skip,
    /// One run, marked as caught up, stands for all of them: the last. If a tick is due in time as
    /// well, it stands for them.
    #[default]
    Last,
    /// All fire that are no older than this, the oldest first, marked as caught up.
    All {
        /// How old at most.
        within: Duration,
    },
}

/// What a tick does while a former run is unfinished. As text: `allow`, `skip`, `queue_one`,
/// `cancel_old`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// It fires all the same.
    #[default]
    Allow,
    /// It does not fire.
    Skip,
    /// It is held until the former runs are over; if one is held already, it does not fire.
    QueueOne,
    /// The former runs are cancelled, and it fires.
    CancelOld,
}

/// What to do about one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Submit its task.
    Fire,
    /// Cancel the former runs, but not the task of this very tick, and submit its task.
    CancelOldAndFire,
    /// Nothing for now: it is held, and fires when the former runs are over.
    Hold,
    /// Nothing: it does not fire.
    Skip,
}

/// The text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// Not one about missed ticks.
    #[error(
        "missed {} is not valid: expected skip, last or all with a duration, such as all 1h",
        quote(.value)
    )]
    Missed {
        /// What was given.
        value: String,
    },
    /// Not one about runs that overlap.
    #[error(
        "overlap {} is not valid: expected allow, skip, queue_one or cancel_old", quote(.value)
    )]
    Overlap {
        /// What was given.
        value: String,
    },
}

impl Overlap {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Skip, Self::QueueOne, Self::CancelOld];

    /// The name in lower case, as the API and the command line write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Skip => "skip",
            Self::QueueOne => "queue_one",
            Self::CancelOld => "cancel_old",
        }
    }

    /// What a tick does. `unfinished`: a task of a former run is in no final state. `held`: another
    /// tick is held already.
    #[must_use]
    pub const fn decide(self, unfinished: bool, held: bool) -> Decision {
        match self {
            Self::QueueOne if held => Decision::Skip,
            Self::Skip if unfinished => Decision::Skip,
            Self::QueueOne if unfinished => Decision::Hold,
            Self::CancelOld if unfinished => Decision::CancelOldAndFire,
            Self::Allow | Self::Skip | Self::QueueOne | Self::CancelOld => Decision::Fire,
        }
    }
}

impl Decision {
    /// A task is submitted.
    #[must_use]
    pub const fn fires(self) -> bool {
        matches!(self, Self::Fire | Self::CancelOldAndFire)
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip => f.write_str("skip"),
            Self::Last => f.write_str("last"),
            Self::All { within } => write!(f, "all {}", duration::format(*within)),
        }
    }
}

impl FromStr for Missed {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let wrong = || InvalidPolicy::Missed {
            value: text.to_owned(),
        };
        match text {
            "skip" => Ok(Self::Skip),
            "last" => Ok(Self::Last),
            _ => {
                let within = text.strip_prefix("all ").ok_or_else(wrong)?;
                let within = duration::parse(within).map_err(|_| wrong())?;
                Ok(Self::All { within })
            }
        }
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Overlap {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let known = Self::ALL.into_iter().find(|one| one.name() == text);
        known.ok_or_else(|| InvalidPolicy::Overlap {
            value: text.to_owned(),
        })
    }
}
