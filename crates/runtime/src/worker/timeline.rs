//! The worker's own time: that of its clock, except that it never goes back.

use std::sync::Arc;

use duly_core::Timestamp;
use duly_store::Clock;

#[derive(Debug)]
pub(super) struct Timeline {
    clock: Arc<dyn Clock>,
    time: duly_core::Timeline,
}

impl Timeline {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let time = duly_core::Timeline::new(clock.now());
        Self { clock, time }
    }

    pub(super) fn now(&mut self) -> Timestamp {
        self.time.at(self.clock.now())
    }
}
