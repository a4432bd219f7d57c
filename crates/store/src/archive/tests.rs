use std::sync::Arc;
use std::time::Duration;

use duly_core::{Backoff, Decision, Jitter, Limit, Rate, State};

use super::bounds::LINE_BYTES_MAX;
use super::*;
use crate::testing::{ME, Rig, claim_of, id, task, task_with};
use crate::{
    AttachmentChange, Expected, KindChange, LimitRecord, LimitUse, ListAttachments, ListNames,
    ListSchedules, ManualClock, MemoryStore, Name, Payload, PutSchedule, QueueChange, Save,
    SavedTask, ScheduleRecord, Settlement, Store, Subject, SubmitError, TenantChange, When,
};

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

/// Limits with what they are attached to, and what kinds and tenants say of themselves.
type Rules = (
    Vec<LimitRecord>,
    Vec<(Subject, Vec<LimitUse>)>,
    Vec<(Name, bool)>,
    Vec<(Name, u32)>,
);

async fn rules(rig: &Rig) -> Rules {
    let all = || ListNames::first(9);
    let limits = rig.store.limits(all()).await.unwrap().limits;
    let attached = rig.store.attachments(ListAttachments::first(9)).await;
    let attached = attached.unwrap().attachments;
    let kinds = rig.store.kinds(all()).await.unwrap().kinds;
    let tenants = rig.store.tenants(all()).await.unwrap().tenants;
    let kinds = kinds
        .into_iter()
        .map(|kind| (kind.name, kind.settings.paused));
    let tenants = tenants
        .into_iter()
        .map(|one| (one.name, one.settings.weight));
    (limits, attached, kinds.collect(), tenants.collect())
}

#[tokio::test]
async fn limits_what_they_are_attached_to_and_settings_of_kinds_and_tenants_come_along() {
    let old = rig().await;
    let store = &old.store;
    let paced = Rate::new(50, Duration::from_millis(700)).burst(3);
    let both = Limit::concurrency(2).and_rate(paced);
    for (name, limit) in [("a ✉", both), ("b", Limit::rate(paced))] {
        store
            .configure_limit(name.into(), Some(limit))
            .await
            .unwrap();
    }
    let uses = vec![LimitUse::heavy("a ✉", 2), LimitUse::one("b")];
    let subjects = [
        Subject::Queue("mail".into()),
        Subject::Kind("work".into()),
        Subject::Tenant("acme".into()),
    ];
    for subject in subjects {
        let exactly = AttachmentChange::Exactly(uses.clone());
        store.attach(subject, exactly).await.unwrap();
    }
    let undefined = AttachmentChange::Add(LimitUse::heavy("nobody's", 3));
    let kind = Subject::Kind("work".into());
    store.attach(kind, undefined).await.unwrap();
    let pause = KindChange {
        paused: Some(true),
        ..KindChange::default()
    };
    store.configure_kind("work".into(), pause).await.unwrap();
    let heavy = TenantChange {
        weight: Some(7),
        ..TenantChange::default()
    };
    store.configure_tenant("acme".into(), heavy).await.unwrap();
    let text = archived(&old).await;
    let new = rig().await;
    imported(&new, &text).await.unwrap();
    assert_eq!(rules(&new).await, rules(&old).await);
    let (limits, attached, ..) = rules(&new).await;
    assert_eq!((limits[0].attached.len(), attached.len()), (3, 3));
    assert_eq!(attached[1].1[2], LimitUse::heavy("nobody's", 3));
    let refused = text.replace("\"weight\":2", "\"weight\":0");
    let refusal = imported(&rig().await, &refused).await.unwrap_err();
    let expected = "line 7: limits (weight) is 0: expected 1 to";
    assert!(refusal.to_string().starts_with(expected), "{refusal}");
}

#[tokio::test]
async fn a_rate_in_an_archive_is_what_it_says_or_is_refused() {
    let old = rig().await;
    let rate = Rate::new(5, Duration::from_secs(7)).burst(3);
    let done = old
        .store
        .configure_limit("a".into(), Some(Limit::rate(rate)));
    done.await.unwrap();
    let text = archived(&old).await;
    for (was, is, expected) in [
        (
            "\"permits\":5",
            "\"permits\":0",
            "rate (permits) is 0: expected 1 to 1000000",
        ),
        (
            "\"permits\":5",
            "\"permits\":1000001",
            "rate (permits) is 1000001: expected 1 to",
        ),
        (
            "\"burst\":3",
            "\"burst\":0",
            "rate (burst) is 0: expected 1 to 1000000",
        ),
        (
            "\"period_us\":7000000",
            "\"period_us\":0",
            "rate (period) is 0 µs: expected 1 to 31622400000000 µs (366 days)",
        ),
        (
            "\"period_us\":7000000",
            "\"period_us\":31622400000001",
            "rate (period) is 31622400000001 µs: expected 1 to 31622400000000 µs",
        ),
    ] {
        assert!(text.contains(was), "{text}");
        let target = rig().await;
        let refusal = imported(&target, &text.replace(was, is)).await;
        let refusal = refusal.unwrap_err().to_string();
        assert!(
            refusal.starts_with("line 2") && refusal.contains(expected),
            "{refusal}"
        );
        assert!(rules(&target).await.0.is_empty(), "{refusal}");
    }
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

/// An archive of one task, and its lines.
async fn small() -> Vec<String> {
    let rig = rig().await;
    rig.submit(vec![task(1)]).await;
    archived(&rig).await.lines().map(str::to_owned).collect()
}

async fn refusal(text: &str) -> String {
    imported(&rig().await, text).await.unwrap_err().to_string()
}

/// What stands in for something in the line of the task, and what the refusal says.
const DAMAGES: &[(&str, &str, &str)] = &[
    (
        r#""kind":"work""#,
        r#""kind":7"#,
        "task.kind: invalid type: integer `7`, expected a string",
    ),
    (
        r#""kind":"work""#,
        r#""kinds":"work""#,
        "unknown field `kinds`",
    ),
    (r#""kind":"work","#, "", "missing field `kind`"),
    (
        r#""kind":"work""#,
        r#""kind":"work","kind":"work""#,
        "duplicate field `kind`",
    ),
    (
        r#""kind":"work""#,
        r#""kind":"""#,
        "kind is \"\": expected 1 to 128 bytes",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":-1"#,
        "task.attempt: invalid value: integer `-1`",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":4294967296"#,
        "task.attempt: invalid value",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":1.5"#,
        "task.attempt: invalid type: floating point",
    ),
    (
        r#""state":"pending""#,
        r#""state":"waiting""#,
        "task.state: not a state: expected scheduled",
    ),
    (
        r#""state":"pending""#,
        r#""state":"completed""#,
        "finished_at is missing, and the task is completed",
    ),
    (
        r#""state":"pending""#,
        r#""state":"blocked""#,
        "expected a state that ends by itself",
    ),
    (
        r#""priority":"normal""#,
        r#""priority":"urgent""#,
        "task.priority: not a priority: expected critical",
    ),
    (
        r#""id":"01"#,
        r#""id":"0x"#,
        "task.id: not an id: expected a UUID",
    ),
    (
        r#""due_at_us":17"#,
        r#""due_at_us":9917"#,
        "task.due_at_us: 991767225600000000 is no instant",
    ),
    (r#""due_at_us":17"#, r#""due_at_us":67"#, "due_at is "),
    (
        r#""due_at_us":17"#,
        r#""due_at_us":"2026-01-01","x":17"#,
        "task.due_at_us: invalid type: string",
    ),
    (
        r#""attempts_max":20"#,
        r#""attempts_max":0"#,
        "retry.attempts_max is 0: expected at least 1",
    ),
    (
        r#""permille":100"#,
        r#""permille":1001"#,
        "retry.jitter.permille is 1001: expected at most 1000",
    ),
    (
        r#"{"proportional":{"permille":100}}"#,
        r#""some""#,
        "task.retry.jitter: unknown variant `some`",
    ),
    (
        r#""base_us":1000000"#,
        r#""base_us":-1"#,
        "task.retry.backoff.exponential.base_us: invalid value",
    ),
    (
        r#""base_us":1000000"#,
        r#""base_us":99999999999999"#,
        "retry.backoff.base is 99999999 s",
    ),
    (r#""json":1"#, r#""json":"#, "expected value"),
    (
        r#""json":1"#,
        r#""base64":"?""#,
        "task.payload: base64 is not valid",
    ),
    (
        r#""encoding":"json""#,
        r#""encoding":"xml""#,
        "expected json or bytes",
    ),
    (
        r#""kind":"submitted""#,
        r#""kind":"sent""#,
        "task.events[0].kind: not a kind of event",
    ),
    (
        r#""attempt":0}]"#,
        r#""attempt":1}]"#,
        "events is event 0, whose attempt is 1",
    ),
    (
        r#""events":["#,
        r#""events":[["#,
        "task.events[0][0]: invalid type: map",
    ),
    (r#""task":"#, r#""tasks":"#, "unknown variant `tasks`"),
    ("}]}}", "}]}", "EOF while parsing"),
    ("}]}}", "}]}} {}", "expected nothing behind the object"),
    ("}]}}", "}]}", "line 3, column"),
];

#[tokio::test]
async fn what_is_damaged_is_named_with_its_line() {
    let lines = small().await;
    let line = lines[2].replace(&id(1).to_string(), "01010101-0101-0101-0101-010101010101");
    for (from, to, expected) in DAMAGES {
        assert!(line.contains(from), "{from} is not in {line}");
        let damaged = line.replacen(from, to, 1);
        let text = [&lines[0], &lines[1], &damaged, &lines[3]].map(|l| format!("{l}\n"));
        let refusal = refusal(&text.concat()).await;
        assert!(refusal.contains(expected), "{to}: {refusal}");
        assert!(refusal.starts_with("line 3"), "{to}: {refusal}");
    }
}

#[tokio::test]
async fn lines_have_their_order() {
    let lines = small().await;
    let [header, queue, task, end] = &lines[..] else {
        panic!("{lines:?}")
    };
    let bare = header.replace("\"format\":\"duly\"", "\"format\":\"other\"");
    let later = header.replace("\"version\":1", "\"version\":2,\"new\":[]");
    let odd = header.replace("\"version\":1", "\"version\":1,\"new\":[]");
    let few = end.replace("\"tasks\":1", "\"tasks\":2");
    let empty = String::new();
    for (text, expected) in [
        (vec![&empty], "the archive was cut off: it ends after line"),
        (vec![header, queue, task], "it ends after line 3 (1 tasks)"),
        (vec![queue], "line 1: expected the first line of an archive"),
        (
            vec![header, header],
            "line 2: this is the first line of another",
        ),
        (
            vec![header, queue, queue],
            "line 3: this queue has a line already",
        ),
        (
            vec![header, queue, task, end, end],
            "line 5: expected nothing behind",
        ),
        (vec![header, queue, task, &few], "line 4: the archive says"),
        (
            vec![header, queue, task, task, end],
            "line 5: the archive says",
        ),
        (vec![&bare], "archive.format: \"other\" is no format"),
        (
            vec![&later],
            "archive.version: 2 is no version that is known: expected 1",
        ),
        (vec![&odd], "line 1, column 1, new: there is no such field"),
    ] {
        let text: Vec<String> = text.iter().map(|line| format!("{line}\n")).collect();
        let refusal = refusal(&text.concat()).await;
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
    let blank = format!("\n{header}\r\n  \n{queue}\n{task}\n{end}\n\n");
    let done = imported(&rig().await, &blank).await.unwrap();
    assert_eq!(done.restored, 1);
}

#[tokio::test]
async fn bytes_that_are_no_text_and_lines_without_end_are_refused() {
    let refused = |result: Result<(), ImportError>| result.unwrap_err().to_string();
    let store = rig().await.store;
    let mut archive = Import::new(store.clone());
    let error = refused(archive.feed(b"{\"archive\":\xff}\n").await);
    assert_eq!(error, "line 1, column 12: expected UTF-8");
    let mut archive = Import::new(store);
    let chunk = vec![b'x'; LINE_BYTES_MAX / 4];
    for _ in 0..4 {
        archive.feed(&chunk).await.unwrap();
    }
    let error = refused(archive.feed(b"x").await);
    assert!(
        error.starts_with("line 1") && error.contains("too long"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refusal_quotes_no_more_than_it_must() {
    let lines = small().await;
    let long = format!("\"attempt\":\"{}\"", "x".repeat(10_000));
    let damaged = lines[2].replacen("\"attempt\":0", &long, 1);
    let text = [&lines[0], &lines[1], &damaged].map(|l| format!("{l}\n"));
    assert!(refusal(&text.concat()).await.len() < 1_000);
}

#[tokio::test]
async fn what_the_store_refuses_is_told_by_its_line_and_mended() {
    let source = rig().await;
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
    source.submit(vec![task(1), keyed(2)]).await;
    let text = archived(&source).await;
    let target = rig().await;
    target.submit(vec![keyed(3)]).await;
    let error = imported(&target, &text).await.unwrap_err();
    let expected = format!("line 4: task {} already has the unique key \"k\"", id(3));
    assert_eq!(error.to_string(), expected);
    let ImportError::Refused { source, .. } = error else {
        panic!("got {error:?}")
    };
    assert!(matches!(source, SubmitError::TaskExists { .. }));
    target.store.cancel(id(3)).await.unwrap();
    assert_eq!(imported(&target, &text).await.unwrap().restored, 2);
    assert_eq!(target.state(2).await, State::Pending);
}
