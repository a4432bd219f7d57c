use std::sync::Arc;
use std::time::Duration;

use duly_core::{Backoff, Decision, Jitter};

use super::*;
use crate::testing::{ME, Rig, claim_of, id, task, task_with};
use crate::{
    Expected, ListSchedules, ManualClock, MemoryStore, Name, Payload, PutSchedule, QueueChange,
    Save, SavedTask, ScheduleRecord, Settlement, Store, When,
};

mod damage;
mod rules;

async fn rig() -> Rig {
    let clock = Arc::new(ManualClock::default());
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let guard = Box::new(());
    Rig {
        store,
        clock,
        guard,
    }
    .ready()
    .await
}

/// A store with some of everything.
async fn sample() -> Rig {
    let rig = rig().await;
    let full = task_with(1, |t| {
        t.payload = Payload {
            version: 3,
            key_id: Some("k".into()),
            ..Payload::bytes(vec![0, 255])
        };
        t.queue = "mail ✉ \"quoted\"".into();
        t.deadline = Some(When::After(Duration::from_secs(900)));
        t.timeout = Some(Duration::from_micros(1_500_001));
        t.retry.backoff = Backoff::Linear {
            step: Duration::from_millis(3),
            ceiling: Duration::from_secs(9),
        };
        t.retry.jitter = Jitter::Full;
        t.unique = Some("u".into());
        t.tenant = Some("acme".into());
        t.labels.insert("team\n".into(), "blue\t".into());
    });
    let later = task_with(2, |t| t.due = When::After(Duration::from_secs(60)));
    rig.submit(vec![full, later]).await;
    rig.submit((3..=9).map(task).collect()).await;
    let decisions = [Decision::Complete, Decision::Fail, Decision::TimeOut];
    for (lease, decision) in rig.run(3).await.into_iter().zip(decisions) {
        let settlement = Settlement {
            result: Some(Payload::bytes("ünï")),
            error: Some("line\u{0}\n\"two\" \u{2028}".into()),
            ..Settlement::new(lease.attempt, decision)
        };
        rig.settle_with(ME, settlement).await.unwrap();
    }
    rig.run(1).await;
    let mut prefetch = claim_of(0);
    prefetch.prefetch = 1;
    rig.claim(prefetch).await;
    let pause = QueueChange {
        paused: Some(true),
        bound: Some(2),
        retention_failed: Some(Duration::from_micros(7)),
        ..QueueChange::default()
    };
    rig.store.configure("empty".into(), pause).await.unwrap();
    for (name, owner) in [("a \"b\" ✉", None), ("nightly", Some("config"))] {
        let put = PutSchedule {
            name: name.into(),
            owner: owner.map(Into::into),
            definition: "{\"what\":\"ünï\u{2028}\"}".into(),
            state: "\n".into(),
            next_at: owner.map(|_| rig.now()),
            expected: Expected::Nothing,
        };
        rig.store.put_schedule(put).await.unwrap();
    }
    rig
}

async fn everything(store: &dyn Store) -> Vec<SavedTask> {
    let (after, limit) = (None, 1_000);
    let page = store.save(Save { after, limit }).await.unwrap();
    assert_eq!(page.next, None);
    page.tasks
}

async fn archived(rig: &Rig) -> String {
    let mut text = Vec::new();
    export(rig.store.clone(), &mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

async fn imported(rig: &Rig, text: &str) -> Result<Imported, ImportError> {
    import(rig.store.clone(), &mut text.as_bytes()).await
}

/// Without their versions, which are of one store.
async fn schedules(rig: &Rig) -> Vec<ScheduleRecord> {
    let all = ListSchedules {
        after: None,
        limit: 9,
    };
    let page = rig.store.schedules(all).await.unwrap();
    let plain = |schedule| ScheduleRecord {
        version: 0,
        ..schedule
    };
    page.schedules.into_iter().map(plain).collect()
}

async fn settings(rig: &Rig) -> Vec<(Name, crate::QueueSettings)> {
    let queues = rig.store.queues().await.unwrap();
    queues.into_iter().map(|q| (q.name, q.settings)).collect()
}

#[tokio::test]
async fn a_line_comes_back_as_it_was_written() {
    let rig = sample().await;
    for saved in everything(&*rig.store).await {
        let mut line = Vec::new();
        write_task(&saved, &mut line);
        assert_eq!(line.pop(), Some(b'\n'));
        let Line::Task(mut back) = parse_line(1, &line).unwrap() else {
            panic!("a task came back as something else")
        };
        back.task.sequence = saved.task.sequence;
        for (event, was) in back.events.iter_mut().zip(&saved.events) {
            (event.sequence, event.cursor) = (was.sequence, was.cursor);
        }
        assert_eq!(*back, saved);
    }
}

#[tokio::test]
async fn an_archive_moves_a_store() {
    let (source, target) = (sample().await, rig().await);
    let text = archived(&source).await;
    assert_eq!(text.lines().count(), 1 + 3 + 2 + 9 + 1);
    let done = imported(&target, &text).await.unwrap();
    let expected = Imported {
        restored: 9,
        existed: 0,
        queues: 3,
        schedules: 2,
    };
    assert_eq!(done, expected);
    assert_eq!(settings(&target).await, settings(&source).await);
    assert_eq!(schedules(&target).await, schedules(&source).await);
    let held = everything(&*target.store).await;
    assert!(held.iter().all(|saved| !saved.task.state.is_leased()));
    let again = imported(&target, &text).await.unwrap();
    let expected = Imported {
        restored: 0,
        existed: 9,
        queues: 3,
        schedules: 0,
    };
    assert_eq!(again, expected);
    assert_eq!(everything(&*target.store).await, held);
    // At rest, an archive of the copy says the same.
    let third = rig().await;
    imported(&third, &archived(&target).await).await.unwrap();
    assert_eq!(archived(&third).await, archived(&target).await);
}

#[tokio::test]
async fn bytes_may_come_in_any_pieces() {
    let text = archived(&sample().await).await;
    for size in [1, 7, 4_096] {
        let target = rig().await;
        let mut archive = Import::new(target.store.clone());
        for piece in text.trim_end().as_bytes().chunks(size) {
            archive.feed(piece).await.unwrap();
        }
        assert_eq!(archive.finish().await.unwrap().restored, 9, "{size}");
    }
}

#[tokio::test]
async fn many_pages_are_one_archive() {
    let source = rig().await;
    let many = (0..2_500_u32).map(|n| {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        let mut new = task(0);
        new.id = duly_core::TaskId::from_bytes(bytes);
        new
    });
    source.submit(many.collect()).await;
    let heavy = |n| task_with(n, |t| t.payload = Payload::bytes(vec![n; 1 << 20]));
    source.submit((200..=210).map(heavy).collect()).await;
    let target = rig().await;
    let done = imported(&target, &archived(&source).await).await.unwrap();
    assert_eq!(done.restored, 2_511);
    let lease = target.run(1).await.remove(0);
    assert_eq!(lease.attempt.task.as_bytes(), &[0; 16]);
    assert_eq!(target.task(210).await.payload.bytes.len(), 1 << 20);
}

#[tokio::test]
async fn a_bound_below_what_a_queue_holds_comes_last() {
    let source = rig().await;
    source.submit((1..=5).map(task).collect()).await;
    let tight = QueueChange {
        bound: Some(1),
        ..QueueChange::default()
    };
    let queue = crate::testing::QUEUE;
    source.store.configure(queue.into(), tight).await.unwrap();
    let target = rig().await;
    let done = imported(&target, &archived(&source).await).await.unwrap();
    assert_eq!(done.restored, 5);
    assert_eq!(settings(&target).await[0].1.bound, 1);
}
