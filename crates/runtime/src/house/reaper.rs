//! The reaper: takes back the leases of workers that are gone.
//!
//! Every instance watches, so that one that comes to lead has seen enough already; the one that leads
//! takes back. What it takes is bound to the heartbeat that it saw, so that a worker that has come
//! back in the meantime keeps its leases.

use duly_core::{Pulse, Watch};
use duly_store::bounds::HOUSEKEEPING_MAX;
use duly_store::{StoreError, TakeBack, WorkerRecord};
use tracing::{debug, warn};

use super::Keeper;

pub(super) async fn run(keeper: Keeper) {
    let mut watch = Watch::new(keeper.house.lease, keeper.house.look);
    loop {
        match keeper.store.workers().await {
            Ok(workers) => look(&keeper, &mut watch, &workers).await,
            Err(error) => {
                debug!(%error, "looking at heartbeats failed");
                watch.look_failed();
            }
        }
        if !keeper.rest(keeper.house.look).await {
            return;
        }
    }
}

async fn look(keeper: &Keeper, watch: &mut Watch, workers: &[WorkerRecord]) {
    let pulses: Vec<_> = workers.iter().map(WorkerRecord::pulse).collect();
    let silent = watch.look(&pulses, keeper.clock.now());
    if !keeper.leads() {
        return;
    }
    for pulse in silent {
        match take_back(keeper, pulse).await {
            Ok(0) => {
                debug!(incarnation = %pulse.incarnation, "a worker that held nothing is forgotten")
            }
            Ok(leases) => {
                let found = workers.iter().find(|w| w.pulse() == pulse);
                let worker = found.map_or("", |w| w.registration.name.as_str());
                warn!(worker, incarnation = %pulse.incarnation, leases, "a worker is gone: its leases were taken back");
            }
            Err(error) => warn!(%error, "taking back leases failed, and is tried again"),
        }
    }
}

/// Takes back in bounded steps, until the worker holds nothing or turns out to live.
async fn take_back(keeper: &Keeper, pulse: Pulse) -> Result<u32, StoreError> {
    let mut leases = 0;
    loop {
        let taken = keeper
            .store
            .take_back(TakeBack {
                incarnation: pulse.incarnation,
                beats: Some(pulse.beats),
                limit: HOUSEKEEPING_MAX,
            })
            .await?;
        leases += taken.leases;
        if taken.gone || taken.leases == 0 {
            return Ok(leases);
        }
    }
}
