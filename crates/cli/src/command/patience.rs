//! Trying until something is taken, refused for good, or patience ends.

use std::time::Duration;

use crate::bounds::{PAUSE_FIRST, PAUSE_MAX};
use crate::failure::Failure;

/// Does it until there is an answer other than one that may pass. What is done again must be safe to
/// do again: an answer may have got lost.
pub(super) async fn patiently<T>(
    patience: Duration,
    work: impl AsyncFn() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut last = None;
    let trying = async {
        let mut pause = PAUSE_FIRST;
        loop {
            match work().await {
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
    match tokio::time::timeout(patience, trying).await {
        Ok(answer) => answer,
        Err(_) => Err(last.unwrap_or_else(|| {
            let patience = duly_api::duration::exact(patience);
            Failure::Unreachable(format!("the server did not answer within {patience}"))
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
