//! Random histories of operations give the same answers from this store as from the memory store.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod support;

use std::path::Path;

use duly_store::testing::model;
use proptest::prelude::*;
use rusqlite::Connection;
use support::{rig, rigs};

/// How many histories, unless the environment says otherwise.
const CASES: u32 = 1_000;
/// The same on two stores.
const SHARED_CASES: u32 = 300;

/// What is counted, and is not so many. Of lanes without conditions nobody keeps count.
const MISCOUNTED: &str = "WITH live AS (
        SELECT s.lane, t.kind, t.tenant FROM duly_live AS s
        CROSS JOIN duly_task AS t ON t.sequence = s.sequence),
    counted AS (
        SELECT 'lane ' || la.id AS what, la.unfinished AS n,
            (SELECT count(*) FROM live WHERE lane = la.id) AS found
        FROM duly_lane AS la WHERE la.tenant <> '' OR la.limits <> ''
        UNION ALL SELECT 'kind ' || k.name, k.unfinished,
            (SELECT count(*) FROM live WHERE kind = k.id) FROM duly_kind AS k
        UNION ALL SELECT 'tenant ' || n.name,
            (SELECT coalesce(sum(unfinished), 0) FROM duly_lane WHERE tenant = n.name),
            (SELECT count(*) FROM live WHERE tenant = n.name) FROM duly_tenant AS n
        UNION ALL SELECT 'empty lane ' || id, unfinished = 0, empty_since IS NOT NULL
        FROM duly_lane WHERE tenant <> '' OR limits <> '')
    SELECT what FROM counted WHERE n <> found";

fn config(cases: u32) -> ProptestConfig {
    let told = std::env::var_os("PROPTEST_CASES").is_some();
    let config = ProptestConfig::default();
    let cases = if told { config.cases } else { cases };
    ProptestConfig { cases, ..config }
}

fn miscounted(path: &Path) -> Vec<String> {
    let file = Connection::open(path).unwrap();
    let mut statement = file.prepare(MISCOUNTED).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn it_agrees_with_the_memory_store(history in model::history(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(model::replay(&rig(), &history));
    }
}

proptest! {
    #![proptest_config(config(SHARED_CASES))]

    #[test]
    fn stores_on_one_file_agree_with_the_memory_store(history in model::history(60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (rig, other, path) = rigs();
        let stores = [rig.store.clone(), other.store];
        runtime.block_on(model::replay_among(&rig, &stores, &history));
        prop_assert_eq!(miscounted(&path), Vec::<String>::new());
    }
}
