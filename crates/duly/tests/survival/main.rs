//! What sank others: each of these stories is told to every store.
#![cfg(feature = "sqlite")]

#[path = "../../../runtime/tests/common/mod.rs"]
mod common;

mod away;
mod fence;
mod lost_reply;
mod once;

use std::sync::Arc;

use common::Bench;
use duly::ManualClock;
use duly_store_sqlite::{Options, SqliteStore, Synchronous};

/// A bench on a file of its own.
async fn on_sqlite() -> Bench {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Arc::new(ManualClock::default());
    let options = Options {
        clock: clock.clone(),
        synchronous: Synchronous::Normal,
        ..Options::default()
    };
    let store = SqliteStore::open(folder.path().join("duly.db"), options).await;
    let store = store.expect("a store on a fresh file");
    Bench::with(Arc::new(store), clock, Some(Box::new(folder)))
}

macro_rules! on_every_store {
    ($($room:ident: [$($story:ident),* $(,)?]),* $(,)?) => {
        mod memory {
            $(mod $room { $(#[tokio::test]
                async fn $story() { crate::$room::$story(crate::Bench::new()).await; })* })*
        }
        mod sqlite {
            $(mod $room { $(#[tokio::test]
                async fn $story() { crate::$room::$story(crate::on_sqlite().await).await; })* })*
        }
    };
}

on_every_store! {
    away: [
        a_store_away_for_30_seconds_loses_no_settlement_and_costs_no_lease,
        a_busy_store_delays_and_loses_nothing,
    ],
    fence: [
        a_worker_restarted_under_the_same_name_cannot_settle_its_predecessors_attempts,
        a_settlement_after_its_attempt_was_taken_back_changes_nothing,
        a_handler_that_outlives_any_fixed_time_runs_once_while_its_heartbeat_lives,
    ],
    lost_reply: [
        a_claim_whose_reply_was_lost_strands_nothing,
        a_claim_whose_reply_was_lost_harms_nobody_of_the_same_name,
        a_settlement_that_failed_is_made_again,
        a_settlement_whose_reply_was_lost_is_made_once,
        a_registration_or_heartbeat_whose_reply_was_lost_does_no_harm,
    ],
    once: [
        after_the_retry_limit_nothing_starts_it_again,
        the_same_id_submitted_twice_is_one_task,
        a_submit_whose_reply_was_lost_is_one_task,
    ],
}
