//! The duties that are done in bounded steps: see [`Duty`].

use std::time::Duration;

use duly_store::{Duty, KeepHouse};
use tracing::{debug, warn};

use super::{House, Keeper};

pub(super) async fn run(keeper: Keeper, duty: Duty) {
    let every = rhythm(&keeper.house, duty);
    while keeper.rest(every).await {
        if keeper.leads() {
            keep(&keeper, duty).await;
        }
    }
}

const fn rhythm(house: &House, duty: Duty) -> Duration {
    match duty {
        Duty::Promote => house.promote,
        Duty::Expire => house.expire,
        Duty::Alert => house.alert,
        Duty::Prune | Duty::Rekey => house.prune,
        Duty::Forget => house.forget,
    }
}

/// Steps until nothing is left, with pauses in which others get to the store.
async fn keep(keeper: &Keeper, duty: Duty) {
    let limit = keeper.house.step;
    let mut count = 0_u64;
    loop {
        match keeper.store.keep_house(KeepHouse { duty, limit }).await {
            Ok(kept) => {
                count += u64::from(kept.count);
                if !kept.more || !keeper.leads() {
                    break;
                }
            }
            Err(error) => {
                warn!(?duty, %error, "housekeeping failed, and is tried again");
                break;
            }
        }
        if !keeper.rest(keeper.house.pause).await {
            break;
        }
    }
    if count > 0 {
        debug!(?duty, count, "house kept");
    }
}
