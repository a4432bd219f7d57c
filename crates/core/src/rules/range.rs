//! From, to.

/// From, to; both belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) least: Option<u64>,
    pub(super) most: Option<u64>,
}

impl Range {
    /// All that lies in the other lies in this.
    pub(super) const fn covers(self, other: Self) -> bool {
        let from_below = match (self.least, other.least) {
            (None, _) => true,
            (Some(least), Some(other)) => other >= least,
            (Some(_), None) => false,
        };
        let to_above = match (self.most, other.most) {
            (None, _) => true,
            (Some(most), Some(other)) => other <= most,
            (Some(_), None) => false,
        };
        from_below && to_above
    }
}
