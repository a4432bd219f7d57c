//! Sending a batch until it is taken, refused for good, or patience ends.

use std::time::Duration;

use duly_api::SubmittedBatch;

use super::batch::Batch;
use crate::bounds::{PAUSE_FIRST, PAUSE_MAX};
use crate::client::Client;
use crate::failure::Failure;

/// Sends a batch. Its tasks have ids, so that sending it again after a lost reply doubles nothing.
pub(super) async fn send(
    client: &Client,
    batch: &Batch,
    patience: Duration,
) -> Result<SubmittedBatch, Failure> {
    let mut last = None;
    let sending = async {
        let mut pause = PAUSE_FIRST;
        loop {
            match client.submit_batch(&batch.tasks).await {
                Err(failure) if failure.is_passing() => {
                    say(&failure, last.is_none(), patience);
                    last = Some(failure);
                }
                answer => return answer,
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    };
    match tokio::time::timeout(patience, sending).await {
        Ok(answer) => answer.map_err(|failure| placed(failure, batch)),
        Err(_) => Err(last.unwrap_or_else(|| {
            Failure::Unreachable(format!("the server did not answer within {patience:?}"))
        })),
    }
}

/// The first time for people; the rest is for those who look closer.
fn say(failure: &Failure, is_first: bool, patience: Duration) {
    if is_first {
        tracing::warn!(%failure, ?patience, "not taken now; trying again");
    } else {
        tracing::debug!(%failure, "not taken yet; trying again");
    }
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
