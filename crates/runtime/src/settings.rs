//! What a worker is told before it starts.

use std::time::Duration;

use duly_store::{Labels, Name, NewTask};

use crate::bounds;
use crate::observer::Observed;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) name: Name,
    pub(crate) queues: Vec<Name>,
    /// What each of them weighs; empty: the most urgent head comes first.
    pub(crate) weights: Vec<u32>,
    pub(crate) kinds: Vec<Name>,
    pub(crate) labels: Labels,
    pub(crate) concurrency: u32,
    pub(crate) prefetch_max: u32,
    pub(crate) heartbeat: Duration,
    pub(crate) lease: Duration,
    pub(crate) cancel_grace: Duration,
    pub(crate) poll: Duration,
    pub(crate) observed: Observed,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: format!("worker-{}", std::process::id()).into(),
            queues: vec![NewTask::QUEUE_DEFAULT.into()],
            weights: Vec::new(),
            kinds: Vec::new(),
            labels: Labels::new(),
            concurrency: cores().saturating_mul(bounds::CONCURRENCY_PER_CORE),
            prefetch_max: 0,
            heartbeat: bounds::HEARTBEAT,
            lease: bounds::LEASE,
            cancel_grace: bounds::CANCEL_GRACE,
            poll: bounds::POLL,
            observed: Observed::default(),
        }
    }
}

fn cores() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX)
}
