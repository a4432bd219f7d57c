//! The time of this crate, and the random bits.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use duly_core::{TaskId, Timestamp};

/// A clock that never goes back: the system's time when it was made, and what passed since.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The time of a Tokio runtime, which tests may stop and move.
    #[cfg(feature = "tokio")]
    Tokio(Timestamp, tokio::time::Instant),
    /// The time of the machine.
    #[cfg(feature = "threads")]
    System(Timestamp, Instant),
}

impl Clock {
    #[cfg(feature = "tokio")]
    pub(crate) fn tokio() -> Self {
        Self::Tokio(system_time(), tokio::time::Instant::now())
    }

    #[cfg(feature = "threads")]
    pub(crate) fn system() -> Self {
        Self::System(system_time(), instant())
    }

    /// The time of whoever asks, where there is no scheduler.
    pub(crate) fn here() -> Self {
        #[cfg(all(feature = "tokio", not(feature = "shuttle")))]
        return Self::tokio();
        #[cfg(not(all(feature = "tokio", not(feature = "shuttle"))))]
        return Self::system();
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(start, instant) => *start + instant.elapsed(),
            #[cfg(feature = "threads")]
            Self::System(start, from) => *start + instant().duration_since(*from),
        }
    }
}

fn system_time() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Timestamp::from_micros(0) + since
}

/// The instant of the machine that lies so far ahead.
pub(crate) fn instant_after(delay: Duration) -> Instant {
    let now = instant();
    now.checked_add(delay).unwrap_or(now + duly_core::DELAY_MAX)
}

/// The instant of the machine.
#[cfg(not(feature = "shuttle"))]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// The instant of the model checker.
#[cfg(feature = "shuttle")]
pub(crate) fn instant() -> Instant {
    start() + crate::park::passed()
}

/// The instant at which all models begin.
#[cfg(feature = "shuttle")]
pub(crate) fn start() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// An id for a task that is made at this moment.
pub(crate) fn task_id() -> TaskId {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random().to_le_bytes());
    bytes[8..].copy_from_slice(&random().to_le_bytes()[..2]);
    TaskId::new(system_time(), bytes)
}

/// 64 random bits: `SplitMix64` (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
/// Generators", OOPSLA 2014) from a seed of the operating system, one for each thread.
pub(crate) fn random() -> u64 {
    thread_local! {
        static STATE: Cell<u64> = Cell::new(RandomState::new().hash_one(0));
    }
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_new_and_know_when_they_were_made() {
        let ids: std::collections::HashSet<TaskId> = (0..10_000).map(|_| task_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.made_at().is_some()));
    }

    #[test]
    #[cfg(feature = "threads")]
    fn a_clock_goes_on() {
        let clock = Clock::system();
        let first = clock.now();
        assert!(clock.now() >= first);
    }
}
