//! Figures from samples.

use std::time::Duration;

/// The sample below which `percent` of all lie (nearest rank).
pub(crate) fn percentile(samples: &mut [f64], percent: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    if samples.is_empty() {
        return f64::NAN;
    }
    #[expect(clippy::cast_precision_loss, reason = "far fewer samples than 2^53")]
    let rank = (percent / 100.0 * samples.len() as f64).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "1 to len"
    )]
    let index = (rank as usize - 1).min(samples.len() - 1);
    samples[index]
}

/// The middle sample.
pub(crate) fn median(samples: &[f64]) -> f64 {
    percentile(&mut samples.to_vec(), 50.0)
}

/// How many per second.
pub(crate) fn rate(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

/// Milliseconds.
pub(crate) fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Two digits after the point: more are noise.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
