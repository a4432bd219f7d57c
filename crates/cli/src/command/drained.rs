//! Waiting until what is drained has nothing left.

use crate::bounds::{PAUSE_FIRST, PAUSE_MAX};
use crate::client::{Client, Subject};
use crate::failure::Failure;
use crate::output::{self, Bar};

/// Looks now and then until nothing is left; a server that is away is waited for, once it has answered.
pub(super) async fn wait<S: Subject>(client: &Client, mut subject: S) -> Result<S, Failure> {
    let first = subject.unfinished();
    let progress = Bar::tasks(Some(first));
    if subject.paused() && first > 0 {
        let (what, name) = (S::WHAT, subject.name());
        output::note(&format!(
            "nothing of it starts while it is paused: `duly {what} resume {name}`"
        ));
    }
    let mut pause = PAUSE_FIRST;
    while subject.unfinished() > 0 {
        if !subject.draining() {
            let (what, name) = (S::WHAT, subject.name());
            let left = output::many(subject.unfinished(), "task");
            return Err(Failure::EndedBadly(format!(
                "{what} {name:?} is not draining any more: somebody has opened it again, with {left} left"
            )));
        }
        progress.at(first.saturating_sub(subject.unfinished()));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
        match client.subject(subject.name()).await {
            Ok(now) => subject = now,
            Err(failure) if failure.is_passing() => {
                tracing::debug!(%failure, "no answer now; looking again");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(subject)
}
