//! Random histories of operations give the same answers from this store as from the memory store.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use duly_store::testing::model;
use proptest::prelude::*;
use support::rig;

proptest! {
    #[test]
    fn it_agrees_with_the_memory_store(history in model::history(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(model::replay(&rig(), &history));
    }
}
