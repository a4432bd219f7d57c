//! Durations by size: sixteen steps for each power of two of microseconds, so that a quantile is at
//! most a sixteenth too high.

use std::time::Duration;

use super::Times;

/// Steps in a power of two, as a power of two.
const STEP_BITS: u32 = 4;
const STEPS: usize = 1 << STEP_BITS;
/// A year of microseconds has 45 bits; what is longer counts as that.
const BITS_MAX: u32 = 45;
const BUCKETS: usize = (BITS_MAX - STEP_BITS + 1) as usize * STEPS;

/// Counts of durations.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
    sum_us: u128,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            sum_us: 0,
            max: Duration::ZERO,
        }
    }
}

impl Histogram {
    pub(super) fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(micros)] += 1;
        self.count += 1;
        self.sum_us += u128::from(micros);
        self.max = self.max.max(time);
    }

    pub(super) fn read(&self) -> Times {
        let mean = self.sum_us.checked_div(u128::from(self.count));
        let mean = u64::try_from(mean.unwrap_or(0)).unwrap_or(u64::MAX);
        Times {
            count: self.count,
            mean: Duration::from_micros(mean),
            p50: self.quantile(50),
            p95: self.quantile(95),
            p99: self.quantile(99),
            max: self.max,
        }
    }

    fn quantile(&self, percent: u64) -> Duration {
        let wanted = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
        let mut seen = 0;
        for (at, count) in self.buckets.iter().enumerate() {
            seen += u128::from(*count);
            if seen >= wanted && seen > 0 {
                return Duration::from_micros(upper(at)).min(self.max);
            }
        }
        self.max
    }
}

/// The bucket of so many microseconds.
fn bucket(micros: u64) -> usize {
    let micros = micros.min((1 << BITS_MAX) - 1);
    let Some(shift) = (u64::BITS - micros.leading_zeros()).checked_sub(STEP_BITS + 1) else {
        return usize::try_from(micros).unwrap_or(0);
    };
    let step = usize::try_from(micros >> shift).unwrap_or(0) - STEPS;
    (shift as usize + 1) * STEPS + step
}

/// The most microseconds that fall into a bucket.
fn upper(bucket: usize) -> u64 {
    let (row, step) = (bucket / STEPS, (bucket % STEPS) as u64);
    match row.checked_sub(1) {
        None => step,
        Some(shift) => ((STEPS as u64 + step + 1) << shift) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_ends_where_the_next_begins() {
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(upper(at)), at, "{at}");
            assert_eq!(bucket(upper(at) + 1), at + 1, "{at}");
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_at_most_a_sixteenth_too_high() {
        let mut histogram = Histogram::default();
        for micros in 1..=100_000 {
            histogram.record(Duration::from_micros(micros));
        }
        let times = histogram.read();
        for (is, exact) in [
            (times.p50, 50_000),
            (times.p95, 95_000),
            (times.p99, 99_000),
        ] {
            let is = is.as_micros();
            assert!(
                (exact..=exact + exact / 16).contains(&is),
                "{is} for {exact}"
            );
        }
        assert_eq!(times.max, Duration::from_micros(100_000));
        assert_eq!(times.mean, Duration::from_micros(50_000));
    }

    #[test]
    fn nothing_measured_is_zero() {
        assert_eq!(Histogram::default().read(), Times::default());
    }
}
