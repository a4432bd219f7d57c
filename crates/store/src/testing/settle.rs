//! Settling.

use std::time::Duration;

use duly_core::{AttemptRef, Decision, EventKind, State};

use super::{ME, OTHER, Rig, id, registration, task, task_with};
use crate::{Payload, Settle, SettleError, Settlement, TakeBack};

async fn running(rig: &Rig, n: u8) -> AttemptRef {
    rig.submit(vec![task(n)]).await;
    rig.run(1).await.remove(0).attempt
}

const SECOND: Duration = Duration::from_secs(1);

/// A completed task leaves the line and keeps what its handler returned.
pub async fn complete_keeps_the_result(rig: Rig) {
    let attempt = running(&rig, 1).await;
    let result = Some(Payload::json("42"));
    let settlement = Settlement {
        result: result.clone(),
        ..Settlement::new(attempt, Decision::Complete)
    };
    assert_eq!(rig.settle_with(ME, settlement).await, Ok(State::Completed));
    let shown = rig.task(1).await;
    assert_eq!((shown.result, shown.finished_at), (result, Some(rig.now())));
    assert_eq!((shown.worker.as_deref(), shown.error), (Some("me"), None));
    assert!(rig.run(1).await.is_empty());
}

/// A retry waits as long as it was told, is charged, and leaves its error.
pub async fn retry_is_charged_and_waits(rig: Rig) {
    let attempt = running(&rig, 1).await;
    let settlement = Settlement {
        error: Some("boom".into()),
        ..Settlement::new(attempt, Decision::Retry(5 * SECOND))
    };
    assert_eq!(rig.settle_with(ME, settlement).await, Ok(State::Retrying));
    let shown = rig.task(1).await;
    assert_eq!(
        (shown.state, shown.spent, shown.worker),
        (State::Retrying, 1, None)
    );
    assert_eq!(
        (shown.due_at, shown.error.as_deref()),
        (rig.now() + 5 * SECOND, Some("boom"))
    );
    assert!(rig.run(1).await.is_empty());
    rig.advance(5);
    let lease = rig.run(1).await.remove(0);
    assert_eq!((lease.attempt.attempt, lease.spent), (2, 2));
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    assert_eq!(rig.task(1).await.error, None);
}

/// A snooze waits, and is not charged.
pub async fn snooze_is_refunded(rig: Rig) {
    let attempt = running(&rig, 1).await;
    assert_eq!(
        rig.settle(attempt, Decision::Snooze(SECOND)).await,
        Ok(State::Retrying)
    );
    assert_eq!(rig.task(1).await.spent, 0);
    rig.advance(1);
    let lease = rig.run(1).await.remove(0);
    assert_eq!((lease.attempt.attempt, lease.spent), (2, 1));
}

/// Handed-back work is refunded and stands where it stood.
pub async fn hand_back_keeps_the_place(rig: Rig) {
    let attempt = running(&rig, 1).await;
    rig.advance(1);
    rig.submit(vec![task(2)]).await;
    assert_eq!(
        rig.settle(attempt, Decision::HandBack).await,
        Ok(State::Pending)
    );
    assert_eq!(rig.task(1).await.spent, 0);
    assert_eq!(rig.run_ids(2).await, [1, 2].map(id));
}

/// Once core has decided that the attempts are spent, nothing starts the task again.
pub async fn after_the_limit_nothing_starts_it(rig: Rig) {
    let attempt = running(&rig, 1).await;
    rig.settle(attempt, Decision::Fail).await.unwrap();
    rig.advance(86_400);
    assert!(rig.run(1).await.is_empty());
    assert_eq!(rig.state(1).await, State::Failed);
}

/// A worker restarted under the same name cannot settle what its predecessor held.
pub async fn a_predecessors_attempt_cannot_be_settled(rig: Rig) {
    let attempt = running(&rig, 1).await;
    rig.store.register(registration(OTHER, "me")).await.unwrap();
    let settlement = Settlement::new(attempt, Decision::Complete);
    let refused = rig.settle_with(OTHER, settlement).await;
    assert!(
        matches!(refused, Err(SettleError::StaleAttempt { current: 1, .. })),
        "{refused:?}"
    );
    assert_eq!(rig.state(1).await, State::Running);
}

/// A settlement that comes after its attempt was taken back changes nothing.
pub async fn a_late_settlement_changes_nothing(rig: Rig) {
    let attempt = running(&rig, 1).await;
    rig.store
        .take_back(TakeBack {
            incarnation: ME,
            beats: None,
            limit: 9,
        })
        .await
        .unwrap();
    let before = rig.task(1).await;
    let refused = rig.settle(attempt, Decision::Complete).await;
    assert!(
        matches!(refused, Err(SettleError::StaleAttempt { .. })),
        "{refused:?}"
    );
    assert_eq!(rig.task(1).await, before);
    let rig = rig.ready().await;
    let again = rig.run(1).await.remove(0);
    assert_eq!(again.attempt.attempt, 2);
    assert!(rig.settle(attempt, Decision::Fail).await.is_err());
    assert_eq!(
        rig.settle(again.attempt, Decision::Complete).await,
        Ok(State::Completed)
    );
}

/// A settlement whose reply was lost, and which is sent again, changes nothing.
pub async fn a_doubled_settlement_changes_nothing(rig: Rig) {
    let attempt = running(&rig, 1).await;
    rig.settle(attempt, Decision::Complete).await.unwrap();
    let before = rig.task(1).await;
    let refused = rig.settle(attempt, Decision::Complete).await;
    let stale = SettleError::StaleAttempt {
        task: id(1),
        attempt: 1,
        current: 1,
        state: State::Completed,
    };
    assert_eq!(refused, Err(stale));
    assert_eq!(rig.task(1).await, before);
}

/// Each settlement of a batch stands for itself.
pub async fn one_refusal_does_not_hold_up_the_others(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    let leases = rig.run(2).await;
    let unknown = AttemptRef {
        task: id(99),
        attempt: 1,
    };
    let settlements = [
        leases[0].attempt,
        unknown,
        leases[0].attempt,
        leases[1].attempt,
    ]
    .map(|attempt| Settlement::new(attempt, Decision::Complete));
    let settle = Settle {
        incarnation: ME,
        settlements: settlements.into(),
    };
    let answers = rig.store.settle(settle).await.unwrap().attempts;
    assert_eq!(answers[0], Ok(State::Completed));
    assert_eq!(answers[1], Err(SettleError::TaskNotFound(id(99))));
    assert!(matches!(answers[2], Err(SettleError::StaleAttempt { .. })));
    assert_eq!(answers[3], Ok(State::Completed));
}

/// A result beyond its bound is refused, and the attempt stays current.
pub async fn a_result_is_bounded(rig: Rig) {
    let attempt = running(&rig, 1).await;
    let settlement = Settlement {
        result: Some(Payload::bytes(vec![0; (1 << 20) + 1])),
        ..Settlement::new(attempt, Decision::Complete)
    };
    let refused = rig.settle_with(ME, settlement).await;
    assert!(
        matches!(refused, Err(SettleError::InvalidInput(_))),
        "{refused:?}"
    );
    assert_eq!(rig.settle(attempt, Decision::Fail).await, Ok(State::Failed));
}

/// An error beyond its bound is cut.
pub async fn an_error_is_cut(rig: Rig) {
    let attempt = running(&rig, 1).await;
    let settlement = Settlement {
        error: Some("é".repeat(9_000)),
        ..Settlement::new(attempt, Decision::Fail)
    };
    rig.settle_with(ME, settlement).await.unwrap();
    let error = rig.task(1).await.error.unwrap();
    assert!(error.len() <= crate::bounds::ERROR_BYTES_MAX && error.ends_with('…'));
}

/// An attempt that ran out of its time, and was the last, ends the task.
pub async fn timed_out_is_final(rig: Rig) {
    let attempt = running(&rig, 1).await;
    assert_eq!(
        rig.settle(attempt, Decision::TimeOut).await,
        Ok(State::TimedOut)
    );
    let history = [
        EventKind::Submitted,
        EventKind::Started,
        EventKind::TimedOut,
    ];
    assert_eq!(rig.history(1).await, history);
}

/// What would wait again is cancelled if somebody asked for it; what is final stays.
pub async fn a_cancel_request_is_merged(rig: Rig) {
    let decisions = [
        (Decision::Retry(SECOND), State::Cancelled),
        (Decision::HandBack, State::Cancelled),
        (Decision::Complete, State::Completed),
        (Decision::Cancel, State::Cancelled),
    ];
    for (n, (decision, state)) in (1..).zip(decisions) {
        rig.submit(vec![task_with(n, |t| t.queue = "default".into())])
            .await;
        let attempt = rig.run(1).await.remove(0).attempt;
        rig.store.cancel(id(n)).await.unwrap();
        assert_eq!(
            rig.settle(attempt, decision).await,
            Ok(state),
            "{decision:?}"
        );
    }
}

/// Nothing waits for more than a year.
pub async fn an_absurd_delay_is_refused(rig: Rig) {
    let attempt = running(&rig, 1).await;
    let long = duly_core::DELAY_MAX + SECOND;
    for decision in [Decision::Retry(long), Decision::Snooze(long)] {
        let refused = rig.settle(attempt, decision).await;
        assert!(
            matches!(&refused, Err(SettleError::InvalidInput(input)) if input.field == "decision"),
            "{refused:?}"
        );
    }
    assert_eq!(rig.state(1).await, State::Running);
    let most = Decision::Retry(duly_core::DELAY_MAX);
    assert_eq!(rig.settle(attempt, most).await, Ok(State::Retrying));
}
