//! The memory store under the conformance suite.

use std::sync::Arc;

use duly_store::testing::Rig;
use duly_store::{ManualClock, MemoryStore};

fn rig() -> Rig {
    let clock = Arc::new(ManualClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    Rig {
        store,
        clock,
        guard: Box::new(()),
    }
}

duly_store::conformance!(rig);
