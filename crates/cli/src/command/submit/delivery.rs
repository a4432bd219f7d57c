//! Sending a batch.

use std::time::Duration;

use duly_api::SubmittedBatch;

use super::batch::Batch;
use crate::client::Client;
use crate::command::patience::patiently;
use crate::failure::Failure;

/// Sends a batch until it is taken or refused. Its tasks have ids, so that sending it again after a
/// lost reply doubles nothing.
pub(super) async fn send(
    client: &Client,
    batch: &Batch,
    patience: Duration,
) -> Result<SubmittedBatch, Failure> {
    let sent = patiently(patience, async || client.submit_batch(&batch.tasks).await).await;
    sent.map_err(|failure| placed(failure, batch))
}

/// A refusal of one task of the batch, by its line.
fn placed(failure: Failure, batch: &Batch) -> Failure {
    match failure {
        Failure::Refused { problem, .. } => {
            let line = problem.index.and_then(|index| batch.lines.get(index));
            let place = line.map(|line| format!("line {line}"));
            Failure::Refused { problem, place }
        }
        other => other,
    }
}
