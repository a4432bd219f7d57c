//! Rates: which lanes are open. Tasks whose name has a rate of its own stand in a lane of their own.

use std::collections::HashMap;

use duly_core::engine::KindId;
use duly_core::{Rate, RateState, Timestamp};

/// The lane of all names without a rate of their own.
const COMMON: KindId = KindId(0);

/// A rate, and what it has given out.
#[derive(Clone, Copy, Debug)]
struct Metered {
    rate: Rate,
    state: RateState,
}

impl Metered {
    fn new(rate: Rate) -> Self {
        Self {
            rate,
            state: RateState::default(),
        }
    }

    fn is_ready(&self, now: Timestamp) -> bool {
        self.state.is_ready(&self.rate, now)
    }

    fn take(&mut self, now: Timestamp) {
        let taken = self.state.take(&self.rate, now);
        debug_assert!(taken.is_ok(), "a lane without a permit is closed");
    }
}

/// The lanes and their rates.
#[derive(Debug)]
pub(super) struct Lanes {
    whole: Option<Metered>,
    named: Vec<Metered>,
    kinds: HashMap<String, KindId>,
    open: Vec<KindId>,
}

impl Lanes {
    pub(super) fn new(whole: Option<Rate>, named: Vec<(String, Rate)>) -> Self {
        let mut lanes = Self {
            whole: whole.map(Metered::new),
            named: Vec::new(),
            kinds: HashMap::new(),
            open: vec![COMMON],
        };
        for (name, rate) in named {
            lanes.named.push(Metered::new(rate));
            let number = u32::try_from(lanes.named.len()).expect("rates are bounded");
            lanes.kinds.insert(name, KindId(number));
        }
        lanes
    }

    /// The lane of a name.
    pub(super) fn kind(&self, name: &str) -> KindId {
        if self.kinds.is_empty() {
            return COMMON;
        }
        self.kinds.get(name).copied().unwrap_or(COMMON)
    }

    pub(super) const fn has_rates(&self) -> bool {
        self.whole.is_some() || !self.named.is_empty()
    }

    /// The open lanes.
    pub(super) fn open(&mut self, now: Timestamp) -> &[KindId] {
        if self.whole.is_some_and(|whole| !whole.is_ready(now)) {
            return &[];
        }
        if !self.named.is_empty() {
            self.open.truncate(1);
            let ready = (1..)
                .zip(&self.named)
                .filter(|(_, lane)| lane.is_ready(now));
            self.open.extend(ready.map(|(number, _)| KindId(number)));
        }
        &self.open
    }

    /// Takes the permits for a task of a lane.
    pub(super) fn take(&mut self, kind: KindId, now: Timestamp) {
        if let Some(whole) = &mut self.whole {
            whole.take(now);
        }
        if let Some(at) = (kind.0 as usize).checked_sub(1) {
            self.named[at].take(now);
        }
    }

    /// The next instant at which a closed lane opens.
    pub(super) fn next_open(&self, now: Timestamp) -> Option<Timestamp> {
        self.whole
            .iter()
            .chain(&self.named)
            .map(|lane| lane.state.ready_at(&lane.rate))
            .filter(|at| *at > now)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000);

    #[test]
    fn a_lane_without_a_permit_is_closed() {
        let rate = Rate::new(1, Duration::from_secs(1));
        let mut lanes = Lanes::new(None, vec![("fetch".to_owned(), rate)]);
        let kind = lanes.kind("fetch");
        assert_eq!(lanes.kind("other"), COMMON);
        assert_eq!(lanes.open(NOW), [COMMON, kind]);
        lanes.take(kind, NOW);
        assert_eq!(lanes.open(NOW), [COMMON]);
        let later = NOW + Duration::from_secs(1);
        assert_eq!(lanes.next_open(NOW), Some(later));
        assert_eq!(lanes.open(later), [COMMON, kind]);
        assert_eq!(lanes.next_open(later), None);
    }

    #[test]
    fn the_rate_of_the_whole_closes_all() {
        let rate = Rate::new(1, Duration::from_secs(1));
        let mut lanes = Lanes::new(Some(rate), Vec::new());
        assert_eq!(lanes.open(NOW), [COMMON]);
        lanes.take(COMMON, NOW);
        assert_eq!(lanes.open(NOW), []);
    }
}
