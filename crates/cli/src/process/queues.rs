//! Queues as the settings want them.

use std::collections::BTreeMap;

use duly::{Duly, QueueChange, QueueSettings, RequestError};
use duly_config::Queue;

/// Brings the settings of the queues that are named to the store; what is not said stays as it is, and
/// what is as it should be is not written.
pub(super) async fn set(duly: &Duly, queues: &BTreeMap<String, Queue>) -> Result<(), RequestError> {
    if queues.is_empty() {
        return Ok(());
    }
    let there = duly.queues().await?;
    for (name, said) in queues {
        let change = change(said);
        let found = there.iter().find(|queue| *queue.name == **name);
        let now = found
            .map(|queue| queue.settings.clone())
            .unwrap_or_default();
        if found.is_none() || change.apply(&now) != now {
            let settings = duly.configure(name.as_str(), change).await?;
            told(name, &settings);
        }
    }
    Ok(())
}

const fn change(said: &Queue) -> QueueChange {
    QueueChange {
        order: said.order,
        fair: said.fair,
        paused: said.paused,
        draining: said.draining,
        bound: said.bound,
        retention_completed: said.keep_completed,
        retention_failed: said.keep_failed,
    }
}

fn told(queue: &str, settings: &QueueSettings) {
    tracing::info!(
        queue,
        paused = settings.paused,
        draining = settings.draining,
        order = %settings.order,
        fair = settings.fair,
        bound = settings.bound,
        keep_completed = duly_api::duration::format(settings.retention_completed),
        keep_failed = duly_api::duration::format(settings.retention_failed),
        "a queue was set as the configuration says"
    );
}
