//! Leading: one instance keeps the house, and hands over when it goes.

use std::time::Duration;

use duly_store::{Lead, StoreError};
use tracing::{info, warn};

use super::{House, Keeper};

pub(super) async fn run(keeper: Keeper) {
    loop {
        match ask(&keeper, keeper.house.reign).await {
            Ok(()) => {}
            Err(error) => warn!(%error, "asking for the lead failed, and is tried again"),
        }
        if !keeper.rest(keeper.house.reign / 10 * 3).await {
            break;
        }
    }
    if keeper.reign.end()
        && let Err(error) = ask(&keeper, Duration::ZERO).await
    {
        warn!(%error, "giving up the lead failed: another instance leads once it has run out");
    }
}

/// Asks to lead for a time. The time counts from before the question, so that it is over here before
/// it is over for the store.
async fn ask(keeper: &Keeper, ttl: Duration) -> Result<(), StoreError> {
    let asked_at = keeper.clock.now();
    let leadership = keeper
        .store
        .lead(Lead {
            name: House::LEAD.into(),
            holder: keeper.holder,
            ttl,
        })
        .await?;
    if leadership.leads && !ttl.is_zero() {
        if keeper.reign.hold(asked_at + ttl) {
            info!(holder = %keeper.holder, "this instance keeps the house");
        }
    } else if keeper.reign.end() {
        info!(holder = %keeper.holder, "another instance keeps the house");
    }
    Ok(())
}
