//! What bounds work across all workers: how many at once, how many per period.

use crate::Rate;

/// A bound that tasks share by naming it, or through their queue, kind or tenant.
///
/// Each task weighs something, 1 unless it says otherwise: a heavy one takes 3 of 10 slots, or 3 of the
/// permits of a rate. A concurrency counts attempts from claim to end; a rate counts claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// How much weight may be leased at once; `None`: any.
    pub concurrency: Option<u32>,
    /// How much weight may be claimed per period; `None`: any.
    pub rate: Option<Rate>,
}

impl Limit {
    /// At most so much at once.
    #[must_use]
    pub const fn concurrency(at_once: u32) -> Self {
        Self {
            concurrency: Some(at_once),
            rate: None,
        }
    }

    /// At most so much per period.
    #[must_use]
    pub const fn rate(rate: Rate) -> Self {
        Self {
            concurrency: None,
            rate: Some(rate),
        }
    }

    /// Also at most so much per period.
    #[must_use]
    pub const fn and_rate(self, rate: Rate) -> Self {
        Self {
            rate: Some(rate),
            ..self
        }
    }
}
