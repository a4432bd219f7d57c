//! Workers and their leases.

use std::time::Duration;

use duly_core::{AttemptRef, EventKind, State, TaskId};

use super::{ME, OTHER, QUEUE, Rig, claim_of, id, registration, task, task_with};
use crate::{
    Claim, ClaimError, Heartbeat, NewTask, Progress, Registration, RequestError, TakeBack,
    TakenBack,
};

async fn beat(rig: &Rig, progress: Vec<(AttemptRef, Progress)>) -> crate::Renewed {
    rig.store
        .heartbeat(Heartbeat {
            incarnation: ME,
            progress,
        })
        .await
        .unwrap()
}

async fn take_back(rig: &Rig, beats: Option<i64>, limit: u32) -> TakenBack {
    rig.store
        .take_back(TakeBack {
            incarnation: ME,
            beats,
            limit,
        })
        .await
        .unwrap()
}

/// A heartbeat renews, and is counted.
pub async fn a_heartbeat_counts(rig: Rig) {
    rig.advance(3);
    assert!(beat(&rig, Vec::new()).await.known);
    rig.advance(3);
    beat(&rig, Vec::new()).await;
    rig.submit(vec![task(1), task(2), task(3)]).await;
    rig.claim(Claim {
        prefetch: 1,
        ..claim_of(2)
    })
    .await;
    let workers = rig.store.workers().await.unwrap();
    assert_eq!(workers.len(), 1);
    let worker = &workers[0];
    assert_eq!((worker.beats, worker.renewed_at), (2, rig.now()));
    assert_eq!(worker.registered_at + Duration::from_secs(6), rig.now());
    assert_eq!((worker.running, worker.assigned), (2, 1));
    assert_eq!(worker.registration, registration(ME, "me"));
}

/// Progress is kept for the running attempt that reports it, and for no other; the last one wins.
pub async fn progress_is_kept_and_fenced(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let attempt = rig.run(1).await.remove(0).attempt;
    let report = |fraction, text: &str| Progress {
        fraction,
        text: text.into(),
    };
    let stale = AttemptRef {
        attempt: 9,
        ..attempt
    };
    let all = vec![
        (attempt, report(0.25, "a quarter")),
        (attempt, report(0.5, "half")),
        (stale, report(0.9, "stale")),
    ];
    assert!(beat(&rig, all).await.known);
    assert_eq!(rig.task(1).await.progress, Some(report(0.5, "half")));
    rig.settle(attempt, duly_core::Decision::HandBack)
        .await
        .unwrap();
    beat(&rig, vec![(attempt, report(0.9, "late"))]).await;
    assert_eq!(rig.task(1).await.progress, Some(report(0.5, "half")));
    rig.run(1).await;
    assert_eq!(
        rig.task(1).await.progress,
        None,
        "a new attempt starts from nothing"
    );
}

/// A request to cancel reaches the worker that runs the task, by its next heartbeat or on asking.
pub async fn cancel_requests_reach_the_worker(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    let leases = rig.run(2).await;
    rig.store.cancel(id(2)).await.unwrap();
    let asked = vec![leases[1].attempt];
    assert_eq!(beat(&rig, Vec::new()).await.cancel, asked);
    assert_eq!(rig.store.cancel_requests(ME).await.unwrap(), asked);
    assert!(rig.store.cancel_requests(OTHER).await.unwrap().is_empty());
}

/// A running attempt whose worker vanished is pending again, uncharged, in its old place, and counted.
pub async fn a_vanished_worker_costs_a_loss(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.run(1).await;
    rig.advance(1);
    assert_eq!(
        take_back(&rig, Some(0), 9).await,
        TakenBack {
            leases: 1,
            gone: true
        }
    );
    let shown = rig.task(1).await;
    assert_eq!(
        (shown.state, shown.lost, shown.spent),
        (State::Pending, 1, 0)
    );
    let error = "worker \"me\" vanished while running it (1 of 3 times)";
    assert_eq!(shown.error.as_deref(), Some(error));
    assert_eq!(shown.worker, None);
    assert!(rig.store.workers().await.unwrap().is_empty());
    let history = [EventKind::Submitted, EventKind::Started, EventKind::Lost];
    assert_eq!(rig.history(1).await, history);
}

/// At `lost_max` losses the task is given up, and nothing starts it again.
pub async fn three_losses_fail_the_task(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let mut rig = rig;
    for n in 1..=3 {
        let lease = rig.run(1).await.remove(0);
        assert_eq!((lease.attempt.attempt, lease.lost), (n, n - 1));
        take_back(&rig, None, 9).await;
        rig = rig.ready().await;
    }
    let shown = rig.task(1).await;
    assert_eq!(
        (shown.state, shown.lost, shown.spent),
        (State::Failed, 3, 0)
    );
    assert_eq!(shown.worker.as_deref(), Some("me"));
    assert!(rig.run(1).await.is_empty());
}

/// An attempt that never began costs nothing when its worker vanishes.
pub async fn a_lapsed_assignment_costs_nothing(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.claim(Claim {
        prefetch: 1,
        ..claim_of(0)
    })
    .await;
    take_back(&rig, None, 9).await;
    let shown = rig.task(1).await;
    assert_eq!(
        (shown.state, shown.lost, shown.spent),
        (State::Pending, 0, 0)
    );
    assert_eq!(shown.error, None);
    assert_eq!(
        rig.history(1).await,
        [EventKind::Submitted, EventKind::HandedBack]
    );
}

/// A worker that has renewed since it was looked at keeps what it holds.
pub async fn a_renewed_worker_keeps_its_leases(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.run(1).await;
    beat(&rig, Vec::new()).await;
    assert_eq!(
        take_back(&rig, Some(0), 9).await,
        TakenBack {
            leases: 0,
            gone: false
        }
    );
    assert_eq!(rig.state(1).await, State::Running);
    assert!(beat(&rig, Vec::new()).await.known);
}

/// One step takes back no more than a claim hands out, whatever it is asked for.
pub async fn one_step_takes_back_what_one_claim_hands_out(rig: Rig) {
    let tasks = (0..1_001_u128).map(|n| NewTask {
        id: TaskId::from_bytes((n << 64).to_be_bytes()),
        ..task(1)
    });
    rig.submit(tasks.collect()).await;
    let most = rig.run(u32::MAX).await.len();
    assert_eq!(most, 1_000);
    assert_eq!(rig.run(1).await.len(), 1);
    assert_eq!(
        take_back(&rig, None, u32::MAX).await,
        TakenBack {
            leases: 1_000,
            gone: false
        }
    );
    assert_eq!(
        take_back(&rig, None, u32::MAX).await,
        TakenBack {
            leases: 1,
            gone: true
        }
    );
}

/// Leases are taken back in bounded steps; once begun, nothing stops it.
pub async fn taking_back_is_bounded_and_goes_on(rig: Rig) {
    rig.submit(vec![task(1), task(2), task(3)]).await;
    rig.run(3).await;
    assert_eq!(
        take_back(&rig, Some(0), 2).await,
        TakenBack {
            leases: 2,
            gone: false
        }
    );
    assert_eq!(rig.state(3).await, State::Running);
    assert!(!beat(&rig, Vec::new()).await.known, "it has lapsed");
    assert_eq!(
        take_back(&rig, Some(99), 2).await,
        TakenBack {
            leases: 1,
            gone: true
        }
    );
    assert_eq!(rig.state(3).await, State::Pending);
}

/// A lapsed worker can neither claim nor renew nor register; a new incarnation can.
pub async fn a_lapsed_worker_is_unknown(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    rig.run(2).await;
    take_back(&rig, None, 1).await;
    assert_eq!(
        rig.store.claim(claim_of(1)).await,
        Err(ClaimError::WorkerNotFound)
    );
    let again = rig.store.register(registration(ME, "me")).await;
    let Err(RequestError::InvalidInput(refused)) = again else {
        panic!("got {again:?}")
    };
    assert_eq!(refused.field, "incarnation");
    rig.store.register(registration(OTHER, "me")).await.unwrap();
    let claim = Claim {
        incarnation: OTHER,
        ..claim_of(1)
    };
    assert_eq!(rig.store.claim(claim).await.unwrap().leases.len(), 1);
}

/// Nobody is gone already.
pub async fn an_unknown_worker_is_gone(rig: Rig) {
    let request = TakeBack {
        incarnation: OTHER,
        beats: Some(3),
        limit: 9,
    };
    let taken = rig.store.take_back(request).await.unwrap();
    assert_eq!(
        taken,
        TakenBack {
            leases: 0,
            gone: true
        }
    );
    let heartbeat = Heartbeat {
        incarnation: OTHER,
        progress: Vec::new(),
    };
    assert!(!rig.store.heartbeat(heartbeat).await.unwrap().known);
}

/// Registering again changes what a worker said of itself, and nothing else.
pub async fn a_worker_registers_again(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.run(1).await;
    beat(&rig, Vec::new()).await;
    let changed = Registration {
        capacity: 99,
        labels: [("zone".to_owned(), "b".to_owned())].into(),
        ..registration(ME, "renamed")
    };
    rig.store.register(changed.clone()).await.unwrap();
    let worker = rig.store.workers().await.unwrap().remove(0);
    assert_eq!(
        (worker.registration, worker.beats, worker.running),
        (changed, 1, 1)
    );
    assert_eq!(rig.task(1).await.worker.as_deref(), Some("renamed"));
    let bad = Registration {
        name: "".into(),
        ..registration(OTHER, "x")
    };
    assert!(matches!(
        rig.store.register(bad).await,
        Err(RequestError::InvalidInput(_))
    ));
    rig.submit(vec![task_with(2, |t| t.queue = QUEUE.into())])
        .await;
}

/// While a worker holds a task, its incarnation is shown.
pub async fn the_life_that_holds_a_task_is_shown(rig: Rig) {
    rig.submit(vec![task(1), task(2)]).await;
    assert_eq!(rig.task(1).await.incarnation, None);
    let mut claim = claim_of(1);
    claim.prefetch = 1;
    let leases = rig.claim(claim).await.leases;
    for n in [1, 2] {
        assert_eq!(rig.task(n).await.incarnation, Some(ME));
    }
    let ended = duly_core::Decision::Complete;
    rig.settle(leases[0].attempt, ended).await.unwrap();
    let back = duly_core::Decision::HandBack;
    rig.settle(leases[1].attempt, back).await.unwrap();
    for n in [1, 2] {
        assert_eq!(rig.task(n).await.incarnation, None);
    }
}

/// A fraction is from 0 to 1, whatever the worker says.
pub async fn progress_is_moved_into_its_range(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let attempt = rig.run(1).await.remove(0).attempt;
    for (said, kept) in [(7.0, 1.0), (-1.0, 0.0), (f32::NAN, 0.0)] {
        let report = |fraction| Progress {
            fraction,
            text: "so far".into(),
        };
        beat(&rig, vec![(attempt, report(said))]).await;
        assert_eq!(rig.task(1).await.progress, Some(report(kept)), "{said}");
    }
}
