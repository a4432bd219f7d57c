//! How many per second, lately.

use std::time::Duration;

/// How many whole seconds count.
const WINDOW: usize = 10;

/// Counts by second, of the last ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Throughput {
    counts: [u64; WINDOW],
    /// The second that was counted last.
    last: u64,
}

impl Throughput {
    /// Counts one at an age of the scheduler.
    pub(super) fn record(&mut self, age: Duration) {
        let second = age.as_secs();
        let passed = second.saturating_sub(self.last).min(WINDOW as u64);
        for back in 0..passed {
            self.counts[slot(second - back)] = 0;
        }
        self.last = self.last.max(second);
        self.counts[slot(self.last)] += 1;
    }

    /// The mean of the last ten seconds, or of as many as there were.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more digits")]
    pub(super) fn per_second(&self, age: Duration) -> f64 {
        let (counted, span) = self.recent(age);
        counted as f64 / span.as_secs_f64().max(0.001)
    }

    /// How many in the last ten seconds, or in as many as there were, and how long that is.
    pub(super) fn recent(&self, age: Duration) -> (u64, Duration) {
        let first = (age.as_secs() + 1).saturating_sub(WINDOW as u64);
        let counted = (first..=self.last)
            .map(|second| self.counts[slot(second)])
            .sum();
        (counted, age.saturating_sub(Duration::from_secs(first)))
    }
}

fn slot(second: u64) -> usize {
    usize::try_from(second % WINDOW as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_is_the_mean_of_the_last_ten_seconds() {
        let mut throughput = Throughput::default();
        assert_eq!(throughput.per_second(at(0)), 0.0);
        for ms in (0..20_000).step_by(10) {
            throughput.record(at(ms));
        }
        let rate = throughput.per_second(at(20_000));
        assert!((90.0..110.0).contains(&rate), "{rate}");
        let half = throughput.per_second(at(25_000));
        assert!((30.0..70.0).contains(&half), "{half}");
        assert_eq!(throughput.per_second(at(60_000)), 0.0);
    }
}
