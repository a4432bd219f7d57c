//! Random histories of operations give the same answers from this store as from the memory store.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use duly_store::testing::model;
use proptest::prelude::*;
use support::{rig, rigs};

/// How many histories, unless the environment says otherwise.
const CASES: u32 = 1_000;

fn config() -> ProptestConfig {
    let told = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    let cases = if told { config.cases } else { CASES };
    ProptestConfig { cases, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn it_agrees_with_the_memory_store(history in model::history(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(model::replay(&rig(), &history));
    }

    #[test]
    fn stores_on_one_file_agree_with_the_memory_store(history in model::history(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (rig, other) = rigs();
        let stores = [rig.store.clone(), other.store];
        runtime.block_on(model::replay_among(&rig, &stores, &history));
    }
}
