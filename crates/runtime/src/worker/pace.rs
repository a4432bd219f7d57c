//! How long handlers run on average, and so how much work is worth taking into store.

use std::time::Duration;

use crate::bounds::PREFETCH_TIME;

/// An exponentially weighted mean of run times.
#[derive(Debug, Default)]
pub(super) struct Pace {
    mean: Option<f64>,
}

/// The weight of the newest run time.
const WEIGHT: f64 = 0.05;

impl Pace {
    /// A handler ran for this long.
    pub(super) fn observe(&mut self, run: Duration) {
        let run = run.as_secs_f64();
        self.mean = Some(self.mean.map_or(run, |mean| mean + WEIGHT * (run - mean)));
    }

    /// How many tasks `slots` handlers run through in the time that prefetched work may last.
    pub(super) fn stock(&self, slots: u32, tasks_max: u32) -> u32 {
        let Some(mean) = self.mean else {
            return 0;
        };
        let tasks = f64::from(slots) * PREFETCH_TIME.as_secs_f64() / mean.max(1e-9);
        // A cast from a float saturates.
        (tasks as u32).min(tasks_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(run: Duration) -> u32 {
        let mut pace = Pace::default();
        pace.observe(run);
        pace.stock(10, 512)
    }

    #[test]
    fn stock_lasts_for_twenty_milliseconds_at_most() {
        assert_eq!(stock(Duration::from_millis(10)), 20);
        assert_eq!(stock(Duration::from_millis(201)), 0);
        assert_eq!(stock(Duration::ZERO), 512);
        assert_eq!(Pace::default().stock(10, 512), 0, "nothing is known yet");
    }

    #[test]
    fn the_mean_follows_what_is_observed() {
        let mut pace = Pace::default();
        pace.observe(Duration::ZERO);
        for _ in 0..200 {
            pace.observe(Duration::from_millis(10));
        }
        assert!((19..=21).contains(&pace.stock(10, 512)));
    }
}
