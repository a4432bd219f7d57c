//! When a worker counts as gone: a lease ends when it is taken back, not when a clock passes.
//!
//! The watcher notes each worker's heartbeat counter whenever it can read the store. Only time
//! between two *successful* looks counts, and of one gap at most [`Watch::gap_max`], so a store that
//! was away, a watcher that was stopped, or a clock that jumped costs nobody a lease.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use crate::{Incarnation, Timestamp};

/// One worker's heartbeat as read from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Whose it is.
    pub incarnation: Incarnation,
    /// How often it has been renewed.
    pub beats: i64,
}

/// Watches heartbeats, and says which workers have been seen silent for a whole lease.
#[derive(Clone, Debug)]
pub struct Watch {
    lease: Duration,
    gap_max: Duration,
    seen_at: Option<Timestamp>,
    silent: BTreeMap<Incarnation, (i64, Duration)>,
}

impl Watch {
    /// A watch that lets a lease lapse after `lease` of silence, looking every `interval` or so.
    #[must_use]
    pub fn new(lease: Duration, interval: Duration) -> Self {
        Self {
            lease,
            gap_max: interval.saturating_mul(2),
            seen_at: None,
            silent: BTreeMap::new(),
        }
    }

    /// The longest gap between two looks that is counted whole.
    #[must_use]
    pub const fn gap_max(&self) -> Duration {
        self.gap_max
    }

    /// A look at all workers' pulses at `now`. Answers those whose leases may be taken back, with the
    /// pulse they were seen to have: the taking must be refused if it has changed since.
    pub fn look(&mut self, pulses: &[Pulse], now: Timestamp) -> Vec<Pulse> {
        let gap = self
            .seen_at
            .map_or(Duration::ZERO, |at| now.since(at).min(self.gap_max));
        self.seen_at = Some(now);
        let before = core::mem::take(&mut self.silent);
        for pulse in pulses {
            let silence = match before.get(&pulse.incarnation) {
                Some((beats, silence)) if *beats == pulse.beats => silence.saturating_add(gap),
                _ => Duration::ZERO,
            };
            self.silent
                .insert(pulse.incarnation, (pulse.beats, silence));
        }
        pulses
            .iter()
            .filter(|p| {
                self.silent
                    .get(&p.incarnation)
                    .is_some_and(|(_, s)| *s >= self.lease)
            })
            .copied()
            .collect()
    }

    /// A look that failed: the time until the next one counts for nobody.
    pub const fn look_failed(&mut self) {
        self.seen_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const LEASE: Duration = Duration::from_secs(10);

    fn pulse(beats: i64) -> Pulse {
        Pulse {
            incarnation: Incarnation::from_bytes([1; 16]),
            beats,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn watch() -> Watch {
        Watch::new(LEASE, Duration::from_secs(1))
    }

    #[test]
    fn silence_for_a_whole_lease_lapses() {
        let mut watch = watch();
        for second in 0..10 {
            assert_eq!(watch.look(&[pulse(1)], at(second)), vec![]);
        }
        assert_eq!(watch.look(&[pulse(1)], at(10)), vec![pulse(1)]);
    }

    #[test]
    fn a_heartbeat_starts_the_count_anew() {
        let mut watch = watch();
        for second in 0..100 {
            assert_eq!(watch.look(&[pulse(second / 9)], at(second)), vec![]);
        }
    }

    #[test]
    fn a_store_that_was_away_costs_nobody_a_lease() {
        let mut watch = watch();
        watch.look(&[pulse(1)], at(0));
        watch.look(&[pulse(1)], at(1));
        watch.look_failed();
        assert_eq!(watch.look(&[pulse(1)], at(31)), vec![]);
        assert_eq!(watch.look(&[pulse(2)], at(32)), vec![]);
    }

    #[test]
    fn a_stopped_watcher_or_a_clock_that_jumps_counts_two_intervals_at_most() {
        let mut watch = watch();
        watch.look(&[pulse(1)], at(0));
        assert_eq!(watch.look(&[pulse(1)], at(86_400)), vec![]);
        assert_eq!(
            watch.look(&[pulse(1)], at(0)),
            vec![],
            "and backwards counts nothing"
        );
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let mut watch = watch();
        watch.look(&[pulse(1)], at(0));
        watch.look(&[], at(1));
        assert!(watch.silent.is_empty());
    }
}
