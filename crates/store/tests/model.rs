//! The model test run on the model itself: histories are well-formed, and nothing panics.

use std::sync::Arc;

use duly_store::testing::{Rig, model};
use duly_store::{ManualClock, MemoryStore};
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_model_agrees_with_itself(history in model::history(60)) {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let rig = Rig { store, clock, guard: Box::new(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(model::replay(&rig, &history));
    }
}
