//! Sending a batch until it is taken, refused for good, or patience ends.

use std::time::Duration;

use duly_api::{Code, SubmittedBatch};

use super::batch::Batch;
use crate::client::Client;
use crate::failure::Failure;

/// The first pause before a batch is sent again.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

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
                Err(failure) if is_passing(&failure) => {
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

/// It may well succeed later.
fn is_passing(failure: &Failure) -> bool {
    match failure {
        Failure::Unreachable(_) => true,
        Failure::Refused { problem, .. } => {
            [Code::Unavailable, Code::QueueFull, Code::BodyIncomplete]
                .iter()
                .any(|code| code.name() == problem.code)
        }
        _ => false,
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
