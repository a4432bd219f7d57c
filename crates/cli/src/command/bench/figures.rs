//! What was measured.

use std::time::Duration;

use serde_json::{Value, json};

use crate::output;

/// What was measured, each but the last for the same number of tasks.
pub(super) struct Figures {
    pub(super) tasks: u32,
    pub(super) submit: Duration,
    pub(super) drain: Duration,
    pub(super) cycle: Duration,
    /// Each sample, in any order.
    pub(super) latency: Vec<Duration>,
}

impl Figures {
    pub(super) fn text(&self, store: &str) -> String {
        let rate = |took| format!("{:>10}/s", output::count(self.per_second(took)));
        let quantile = |permille| self.quantile(permille).as_secs_f64() * 1_000.0;
        format!(
            "{store}, {} tasks that do nothing\n\
             submit       {}   in batches\n\
             drain        {}   claimed, run and completed\n\
             cycle        {}   submitted, claimed, run and completed, all at once\n\
             idle latency  p50 {:.2} ms, p99 {:.2} ms   one submit until its handler starts",
            output::count(u64::from(self.tasks)),
            rate(self.submit),
            rate(self.drain),
            rate(self.cycle),
            quantile(500),
            quantile(990),
        )
    }

    pub(super) fn json(&self, store: &str) -> Value {
        let micros = |permille| self.quantile(permille).as_micros();
        json!({
            "store": store,
            "tasks": self.tasks,
            "submit_per_s": self.per_second(self.submit),
            "drain_per_s": self.per_second(self.drain),
            "cycle_per_s": self.per_second(self.cycle),
            "idle_latency_us": {"p50": micros(500), "p99": micros(990), "samples": self.latency.len()},
        })
    }

    fn per_second(&self, took: Duration) -> u64 {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        u64::from(self.tasks) * 1_000_000 / micros
    }

    /// The sample that so many thousandths are not above.
    fn quantile(&self, permille: usize) -> Duration {
        let mut sorted = self.latency.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * permille).div_ceil(1_000).saturating_sub(1);
        sorted.get(index).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_rates_are_right() {
        let figures = Figures {
            tasks: 1_000,
            submit: Duration::from_millis(500),
            drain: Duration::from_secs(1),
            cycle: Duration::ZERO,
            latency: (1..=100).rev().map(Duration::from_millis).collect(),
        };
        let json = figures.json("x");
        assert_eq!(json["submit_per_s"], 2_000);
        assert_eq!(json["idle_latency_us"]["p50"], 50_000);
        assert_eq!(json["idle_latency_us"]["p99"], 99_000);
        assert!(figures.text("x").contains("2,000/s"));
    }
}
