//! Events.

use std::time::Duration;

use duly_core::{Decision, EventKind, Priority};

use super::house::heard;
use super::{KIND, ME, QUEUE, Rig, id, task, task_with};
use crate::{
    Change, ChangeMatching, EventCursor, Filter, RequestError, Settlement, TakeBack, When, attempts,
};

/// Every state change is in the task's history, in order.
pub async fn every_change_has_its_event(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    rig.store
        .reschedule(id(1), When::After(Duration::from_secs(1)))
        .await
        .unwrap();
    rig.store.reprioritise(id(1), Priority::High).await.unwrap();
    rig.advance(1);
    for decision in [
        Decision::Retry(Duration::ZERO),
        Decision::Snooze(Duration::ZERO),
        Decision::HandBack,
        Decision::Fail,
    ] {
        let lease = rig.run(1).await.remove(0);
        rig.settle(lease.attempt, decision).await.unwrap();
    }
    rig.store.retry(id(1)).await.unwrap();
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    let expected = [
        EventKind::Submitted,
        EventKind::Rescheduled,
        EventKind::Reprioritised,
        EventKind::Started,
        EventKind::Retrying,
        EventKind::Started,
        EventKind::Snoozed,
        EventKind::Started,
        EventKind::HandedBack,
        EventKind::Started,
        EventKind::Failed,
        EventKind::Retried,
        EventKind::Started,
        EventKind::Completed,
    ];
    assert_eq!(rig.history(1).await, expected);
}

/// Reading the feed page by page gives every event once, in order.
pub async fn the_feed_skips_nothing(rig: Rig) {
    rig.submit((1..=5).map(task).collect()).await;
    for lease in rig.run(5).await {
        rig.settle(lease.attempt, Decision::Complete).await.unwrap();
    }
    let mut after = EventCursor::START;
    let mut sequences = Vec::new();
    loop {
        let page = rig.store.events(after, 4).await.unwrap();
        if page.events.is_empty() {
            assert_eq!(page.next, after);
            break;
        }
        sequences.extend(page.events.iter().map(|event| event.sequence));
        after = page.next;
    }
    assert_eq!(sequences, (1..=15).collect::<Vec<_>>());
    let page = rig
        .store
        .task_events(id(3), EventCursor::START, 2)
        .await
        .unwrap();
    let rest = rig.store.task_events(id(3), page.next, 9).await.unwrap();
    assert_eq!((page.events.len(), rest.events.len()), (2, 1));
    let unknown = rig.store.task_events(id(99), EventCursor::START, 9).await;
    assert_eq!(unknown, Err(RequestError::TaskNotFound(id(99))));
}

/// The end of the feed lies after all that was, and before all that will be.
pub async fn the_feed_has_an_end(rig: Rig) {
    let end = async || rig.store.events_end().await.unwrap();
    assert_eq!(end().await, EventCursor::START);
    rig.submit((1..=3).map(task).collect()).await;
    let before = end().await;
    let page = rig.store.events(before, 9).await.unwrap();
    assert_eq!((page.events.len(), page.next), (0, before));
    rig.submit(vec![task(4)]).await;
    let page = rig.store.events(before, 9).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!(page.events[0].task, id(4));
    assert_eq!(page.next, end().await);
}

/// The attempts of a task follow from its events.
pub async fn attempts_are_told_by_events(rig: Rig) {
    rig.submit(vec![task(1)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.advance(2);
    let error = Some("boom".to_owned());
    let settlement = Settlement {
        error: error.clone(),
        ..Settlement::new(lease.attempt, Decision::Retry(Duration::ZERO))
    };
    rig.settle_with(ME, settlement).await.unwrap();
    rig.run(1).await;
    let events = rig
        .store
        .task_events(id(1), EventCursor::START, 99)
        .await
        .unwrap()
        .events;
    let told = attempts(&events);
    assert_eq!(told.len(), 2);
    assert_eq!(
        told[0].ended_at,
        Some(told[0].started_at + Duration::from_secs(2))
    );
    assert_eq!(
        (told[0].outcome, &told[0].error),
        (Some(EventKind::Retrying), &error)
    );
    assert_eq!((told[1].attempt, told[1].ended_at), (2, None));
}

/// Events carry what is needed to understand them.
pub async fn details_are_kept(rig: Rig) {
    let due = When::After(Duration::from_secs(5));
    rig.submit(vec![task_with(1, |t| t.due = due)]).await;
    rig.store.reprioritise(id(1), Priority::Low).await.unwrap();
    rig.advance(5);
    let lease = rig.run(1).await.remove(0);
    let settlement = Settlement {
        error: Some("boom".into()),
        ..Settlement::new(lease.attempt, Decision::Retry(Duration::from_secs(9)))
    };
    rig.settle_with(ME, settlement).await.unwrap();
    let events = rig
        .store
        .task_events(id(1), EventCursor::START, 99)
        .await
        .unwrap()
        .events;
    assert_eq!(events[0].due_at, Some(rig.now()));
    assert_eq!((events[0].attempt, &events[0].worker), (0, &None));
    assert_eq!(events[1].priority, Some(Priority::Low));
    assert_eq!(
        (events[2].attempt, events[2].worker.as_deref()),
        (1, Some("me"))
    );
    assert_eq!(events[3].due_at, Some(rig.now() + Duration::from_secs(9)));
    assert_eq!(events[3].error.as_deref(), Some("boom"));
    assert_eq!(
        (events[3].worker.as_deref(), events[3].at),
        (Some("me"), rig.now())
    );
}

/// Each event names the kind and the queue of its task, and the place after it.
pub async fn events_say_what_they_are_about(rig: Rig) {
    let mail = task_with(1, |t| {
        t.kind = "send".into();
        t.queue = "mail".into();
    });
    rig.submit(vec![mail, task(2)]).await;
    rig.store.cancel(id(1)).await.unwrap();
    let feed = rig.store.events(EventCursor::START, 9).await.unwrap();
    let about: Vec<(&str, &str)> = feed
        .events
        .iter()
        .map(|event| (&*event.task_kind, &*event.queue))
        .collect();
    assert_eq!(about, [("send", "mail"), (KIND, QUEUE), ("send", "mail")]);
    for (index, event) in feed.events.iter().enumerate() {
        let rest = rig.store.events(event.cursor, 9).await.unwrap();
        assert_eq!(rest.events, feed.events[index + 1..]);
    }
    let of_task = rig.store.task_events(id(1), EventCursor::START, 9).await;
    let of_task = of_task.unwrap().events;
    assert_eq!(of_task, [feed.events[0].clone(), feed.events[2].clone()]);
}

/// A cursor that was given before the store began anew, or by another store, skips nothing.
pub async fn a_cursor_behind_the_end_is_of_another_life(rig: Rig) {
    let end = rig.store.events_end().await.unwrap();
    let foreign = EventCursor::after(1_000_000);
    let nothing = rig.store.events(foreign, 9).await.unwrap();
    assert_eq!(
        (nothing.events.len(), nothing.next),
        (0, EventCursor::START)
    );
    rig.submit(vec![task(1), task(2)]).await;
    let all = rig.store.events(EventCursor::START, 9).await.unwrap();
    assert_eq!(all.events.len(), 2);
    for cursor in [foreign, EventCursor::from_bytes([0xff; 16])] {
        assert_eq!(rig.store.events(cursor, 9).await.unwrap(), all);
        let of_task = rig.store.task_events(id(2), cursor, 9).await.unwrap();
        assert_eq!(of_task.events, all.events[1..]);
    }
    let rest = rig.store.events(all.next, 9).await.unwrap();
    assert_eq!((rest.events.len(), rest.next), (0, all.next));
    assert!(end < all.next);
}

/// Whoever listens for events hears when some were written, of whatever queue.
pub async fn events_are_heard_of(rig: Rig) {
    let listener = rig.store.listen_events();
    rig.submit(vec![task(1), task(2), task(3)]).await;
    assert!(heard(&listener), "submitted");
    let leases = rig.run(2).await;
    assert!(heard(&listener), "started");
    rig.settle(leases[0].attempt, Decision::Complete)
        .await
        .unwrap();
    assert!(heard(&listener), "completed");
    rig.store.reprioritise(id(3), Priority::High).await.unwrap();
    assert!(heard(&listener), "reprioritised");
    let many = ChangeMatching {
        filter: Filter::default(),
        change: Change::Reprioritise(Priority::Low),
        after: None,
        limit: 9,
        dry_run: false,
    };
    rig.store.change_matching(many).await.unwrap();
    assert!(heard(&listener), "changed by a filter");
    let take = TakeBack {
        incarnation: ME,
        beats: None,
        limit: 9,
    };
    rig.store.take_back(take).await.unwrap();
    assert!(heard(&listener), "lost");
}
