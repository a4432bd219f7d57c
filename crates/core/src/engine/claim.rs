//! Handing out what is next.

use alloc::vec::Vec;

use super::{Engine, Slot};
use crate::dispatch::ClaimSpec;
use crate::{Incarnation, Timestamp};

impl<P> Engine<P> {
    /// Leases to `holder` the most urgent pending tasks that nothing closes at `now` and appends them to `leased`,
    /// in order; those that begin at once come first. Visits no task that it does not lease, but for one head a
    /// line. Answers whether it stopped looking early, so that asking again may find more.
    pub fn claim(
        &mut self,
        holder: Incarnation,
        spec: &ClaimSpec<'_>,
        now: Timestamp,
        leased: &mut Vec<Slot>,
    ) -> bool {
        let mut round = self.round.take().unwrap_or_default();
        self.dispatch.begin(spec, now, &mut round);
        while let Some(pick) = self.dispatch.next(&mut round) {
            let Some((_, slot)) = self.index.head(pick.lane) else {
                debug_assert!(false, "a lane that is picked has a head");
                break;
            };
            self.dispatch.take(&mut round, &pick);
            self.lease(slot, holder, pick.start);
            leased.push(slot);
        }
        let gave_up = round.gave_up();
        self.round = Some(round);
        gave_up
    }

    /// Whether a claim would lease anything at `now`, or would have to ask again to know. What it finds
    /// closed on its way, the claim need not look at.
    pub fn is_open(&mut self, spec: &ClaimSpec<'_>, now: Timestamp) -> bool {
        let mut round = self.round.take().unwrap_or_default();
        self.dispatch.begin(spec, now, &mut round);
        let open = self.dispatch.next(&mut round).is_some() || round.gave_up();
        self.round = Some(round);
        open
    }
}
