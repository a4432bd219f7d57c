//! How fast it goes: what was counted, looked at from time to time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use duly_api::Throughput;
use duly_core::{EventKind, Timestamp};

use crate::bounds::{SAMPLE_EVERY_MIN, THROUGHPUT_WINDOW};
use crate::port::QueueRecord;

/// What was counted at some instants of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Samples(Mutex<VecDeque<Sample>>);

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Timestamp,
    submitted: u64,
    completed: u64,
    failed: u64,
}

impl Samples {
    /// Keeps what these queues have counted by now; answers how fast it went since the oldest sample
    /// of the window.
    pub(crate) fn take(&self, queues: &[QueueRecord], now: Timestamp) -> Throughput {
        let newest = Sample::of(queues, now);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back, or a store whose queues are others, begins anew.
        if kept.back().is_some_and(|last| !newest.follows(last)) {
            kept.clear();
        }
        while kept
            .front()
            .is_some_and(|first| first.at + THROUGHPUT_WINDOW < now)
        {
            kept.pop_front();
        }
        let throughput = kept.front().map(|first| newest.since(first));
        if kept
            .back()
            .is_none_or(|last| last.at + SAMPLE_EVERY_MIN <= now)
        {
            kept.push_back(newest);
        }
        throughput.unwrap_or_default()
    }
}

impl Sample {
    fn of(queues: &[QueueRecord], at: Timestamp) -> Self {
        let total = |kind| {
            queues
                .iter()
                .map(|queue| queue.totals.of(kind))
                .sum::<u64>()
        };
        Self {
            at,
            submitted: total(EventKind::Submitted),
            completed: total(EventKind::Completed),
            failed: total(EventKind::Failed) + total(EventKind::TimedOut),
        }
    }

    fn follows(&self, before: &Self) -> bool {
        self.at >= before.at
            && self.submitted >= before.submitted
            && self.completed >= before.completed
            && self.failed >= before.failed
    }

    fn since(&self, before: &Self) -> Throughput {
        let window = self.at.since(before.at);
        if window.is_zero() {
            return Throughput::default();
        }
        #[allow(
            clippy::cast_precision_loss,
            reason = "exact up to 2^53 tasks a minute"
        )]
        let rate = |count: u64| count as f64 / window.as_secs_f64();
        Throughput {
            window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
            submitted_per_s: rate(self.submitted - before.submitted),
            completed_per_s: rate(self.completed - before.completed),
            failed_per_s: rate(self.failed - before.failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{Counts, QueueSettings, Totals};
    use std::time::Duration;

    fn queues(submitted: u64, failed: u64) -> Vec<QueueRecord> {
        let mut totals = Totals::default();
        totals.add(EventKind::Submitted, submitted);
        totals.add(EventKind::Failed, failed);
        let queue = |name: &str, totals| QueueRecord {
            name: name.into(),
            settings: QueueSettings::default(),
            counts: Counts::default(),
            totals,
            oldest_due_at: None,
        };
        vec![queue("a", totals), queue("b", Totals::default())]
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0) + Duration::from_secs(seconds)
    }

    #[test]
    fn the_window_grows_to_a_minute_and_slides() {
        let samples = Samples::default();
        assert_eq!(samples.take(&queues(100, 0), at(0)).window_ms, 0);
        let told = samples.take(&queues(150, 5), at(10));
        assert_eq!(told.window_ms, 10_000);
        assert!((told.submitted_per_s - 5.0).abs() < 1e-9, "{told:?}");
        assert!((told.failed_per_s - 0.5).abs() < 1e-9, "{told:?}");
        let told = samples.take(&queues(150, 5), at(65));
        assert_eq!(told.window_ms, 55_000);
        assert!(told.submitted_per_s.abs() < 1e-9, "{told:?}");
    }

    #[test]
    fn however_often_it_is_asked_little_is_kept() {
        let samples = Samples::default();
        for tick in 0..10_000 {
            let now = Timestamp::from_micros(tick * 20_000);
            samples.take(&queues(0, 0), now);
        }
        let kept = samples.0.lock().unwrap().len();
        assert!(kept <= 62, "{kept}");
    }

    #[test]
    fn a_clock_set_back_and_counts_that_fall_begin_anew() {
        let samples = Samples::default();
        samples.take(&queues(100, 0), at(100));
        assert_eq!(samples.take(&queues(100, 0), at(50)).window_ms, 0);
        assert_eq!(samples.take(&queues(7, 0), at(60)).window_ms, 0);
        assert_eq!(samples.take(&queues(8, 0), at(61)).window_ms, 1_000);
    }
}
