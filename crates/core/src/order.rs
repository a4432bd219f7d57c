//! What decides who is next: one sortable key per task.

mod text;

use core::time::Duration;

use crate::{Priority, Timestamp};

pub use text::InvalidOrder;

/// The place of a task among those of its queue: the least key runs next.
///
/// Everything that decides order is compiled into it when a task is submitted or changed, so a store
/// only ever answers "the least key among the open lanes". Keys compare within one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderKey {
    /// Compared first.
    pub class: u8,
    /// Compared second: an instant, in microseconds.
    pub rank: i64,
    /// Compared last: the store's count of submissions, which makes equals first in, first out.
    pub sequence: i64,
}

impl OrderKey {
    /// Before every key.
    pub const FIRST: Self = Self {
        class: 0,
        rank: i64::MIN,
        sequence: i64::MIN,
    };
    /// Behind every key.
    pub const LAST: Self = Self {
        class: u8::MAX,
        rank: i64::MAX,
        sequence: i64::MAX,
    };
}

/// How a queue orders its tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderPolicy {
    /// By priority, then by the instant a task was due (not when that was noticed).
    #[default]
    Strict,
    /// A priority is worth a head start: one step less urgent ranks as if due one `step` later. What
    /// waits long enough overtakes everything, so low work never starves, at no cost per claim.
    Aging {
        /// What one priority is worth.
        step: Duration,
    },
    /// By priority, then by deadline.
    Deadline {
        /// A task without a deadline counts as due this long after it was due to start.
        default_slack: Duration,
    },
}

impl OrderPolicy {
    /// The key of a task under this policy.
    ///
    /// ```
    /// use core::time::Duration;
    /// use duly_core::{OrderPolicy, Priority, Timestamp};
    ///
    /// let aging = OrderPolicy::Aging { step: Duration::from_secs(60) };
    /// let old = aging.key(Priority::Low, Timestamp::from_micros(0), None, 1);
    /// let new = aging.key(Priority::Critical, Timestamp::from_micros(200_000_000), None, 2);
    /// assert!(old < new, "three steps are 180 s, and it has waited 200 s");
    /// ```
    #[must_use]
    #[inline]
    pub fn key(
        self,
        priority: Priority,
        due_at: Timestamp,
        deadline: Option<Timestamp>,
        sequence: i64,
    ) -> OrderKey {
        let (class, rank) = match self {
            Self::Strict => (priority.code(), due_at),
            Self::Aging { step } => (0, due_at + step.saturating_mul(u32::from(priority.code()))),
            Self::Deadline { default_slack } => {
                (priority.code(), deadline.unwrap_or(due_at + default_slack))
            }
        };
        OrderKey {
            class,
            rank: rank.as_micros(),
            sequence,
        }
    }
}

impl OrderPolicy {
    /// How urgent the head of a queue is beside those of other queues at `now`: its priority; under
    /// [`Aging`](Self::Aging) one more for every whole step that it has waited.
    #[must_use]
    pub fn urgency(self, key: &OrderKey, now: Timestamp) -> Priority {
        let code = match self {
            Self::Strict | Self::Deadline { .. } => key.class,
            Self::Aging { step } => {
                let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX).max(1);
                let ahead = key.rank.saturating_sub(now.as_micros());
                let steps = ahead.div_euclid(step) + i64::from(ahead.rem_euclid(step) != 0);
                u8::try_from(steps.clamp(0, 3)).unwrap_or(0)
            }
        };
        Priority::from_code(code).unwrap_or(Priority::Low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: Timestamp = Timestamp::from_micros(1_000_000);
    const LATE: Timestamp = Timestamp::from_micros(9_000_000);

    #[test]
    fn strict_is_priority_then_due_then_submission() {
        let key = |p, at, n| OrderPolicy::Strict.key(p, at, None, n);
        assert!(key(Priority::Critical, LATE, 9) < key(Priority::High, EARLY, 1));
        assert!(key(Priority::High, EARLY, 9) < key(Priority::High, LATE, 1));
        assert!(key(Priority::High, EARLY, 1) < key(Priority::High, EARLY, 2));
    }

    #[test]
    fn aging_lets_the_old_overtake_after_its_steps() {
        let aging = OrderPolicy::Aging {
            step: Duration::from_secs(4),
        };
        let low = aging.key(Priority::Low, EARLY, None, 1);
        assert!(low > aging.key(Priority::Normal, EARLY + Duration::from_secs(3), None, 2));
        assert!(low < aging.key(Priority::Normal, EARLY + Duration::from_secs(5), None, 2));
    }

    #[test]
    fn who_ages_becomes_more_urgent_step_by_step() {
        let step = Duration::from_secs(4);
        let aging = OrderPolicy::Aging { step };
        let key = aging.key(Priority::Low, EARLY, None, 1);
        let after = |seconds| aging.urgency(&key, EARLY + Duration::from_secs(seconds));
        assert_eq!([after(0), after(3)], [Priority::Low; 2]);
        assert_eq!([after(4), after(7)], [Priority::Normal; 2]);
        assert_eq!(after(12), Priority::Critical);
        assert_eq!(after(1_000_000), Priority::Critical);
        let key = OrderPolicy::Strict.key(Priority::High, EARLY, None, 1);
        assert_eq!(OrderPolicy::Strict.urgency(&key, LATE), Priority::High);
    }

    #[test]
    fn deadline_ranks_by_deadline_and_gives_the_others_slack() {
        let policy = OrderPolicy::Deadline {
            default_slack: Duration::from_secs(10),
        };
        let none = policy.key(Priority::Normal, EARLY, None, 1);
        let soon = policy.key(Priority::Normal, LATE, Some(LATE), 2);
        assert!(soon < none);
        assert!(none < policy.key(Priority::Low, EARLY, Some(EARLY), 3));
    }

    #[test]
    fn absurd_settings_saturate() {
        let key = OrderPolicy::Aging {
            step: Duration::MAX,
        }
        .key(Priority::Low, Timestamp::MAX, None, 1);
        assert_eq!(key.rank, Timestamp::MAX.as_micros());
    }
}
