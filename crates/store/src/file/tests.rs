use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use duly_core::{Decision, Limit, Priority, Rate, State};

use super::*;
use crate::testing::{QUEUE, Rig, id, task, task_with};
use crate::{
    AttachmentChange, Change, EventCursor, KindChange, LimitUse, ListNames, ManualClock, NewTask,
    Payload, QueueChange, Save, SavedTask, Store, StoreError, Subject, TenantChange,
};

mod midst;

struct Place {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::default()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("duly.json")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.path(), suffix)
    }

    async fn open(&self) -> Result<Arc<MemoryFile>, FileError> {
        let options = FileOptions {
            clock: self.clock.clone(),
            ..FileOptions::default()
        };
        MemoryFile::open(self.path(), options).await.map(Arc::new)
    }

    /// A file that must open, with the usual worker.
    async fn rig(&self) -> (Arc<MemoryFile>, Rig) {
        let file = self.open().await.unwrap();
        let rig = Rig {
            store: file.clone(),
            clock: self.clock.clone(),
            guard: Box::new(()),
        };
        (file, rig.ready().await)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// Files that were set aside.
    fn aside(&self) -> Vec<String> {
        let names = fs::read_dir(&self.folder).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("damaged")).collect()
    }
}

async fn held(store: &dyn Store) -> Vec<SavedTask> {
    let (after, limit) = (None, 1_000);
    let mut tasks = store.save(Save { after, limit }).await.unwrap().tasks;
    for saved in &mut tasks {
        saved.task.sequence = 0;
        for event in &mut saved.events {
            event.sequence = 0;
            event.cursor = EventCursor::START;
        }
    }
    tasks
}

fn keyed(n: u8) -> NewTask {
    task_with(n, |t| t.unique = Some("k".into()))
}

#[tokio::test]
async fn what_holds_for_kinds_and_tenants_is_there_again() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task_with(1, |t| t.tenant = Some("acme".into()))])
        .await;
    let drain = KindChange {
        paused: None,
        draining: Some(true),
    };
    file.configure_kind("work".into(), drain).await.unwrap();
    let weight = TenantChange {
        weight: Some(7),
        paused: Some(true),
        draining: None,
    };
    file.configure_tenant("globex".into(), weight)
        .await
        .unwrap();
    let all = || ListNames::first(9);
    let before = (
        file.kinds(all()).await.unwrap(),
        file.tenants(all()).await.unwrap(),
    );
    assert_eq!((before.0.kinds.len(), before.1.tenants.len()), (1, 2));
    file.close().await.unwrap();
    let again = place.open().await.unwrap();
    let after = (
        again.kinds(all()).await.unwrap(),
        again.tenants(all()).await.unwrap(),
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_was_closed_is_there_again() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    assert_eq!(file.notice(), None);
    assert!(!file.traits().durable);
    let bytes = task_with(2, |t| t.payload = Payload::bytes([0, 255]));
    rig.submit(vec![task(1), bytes, keyed(3), task(4)]).await;
    let lease = rig.run(1).await.remove(0);
    rig.settle(lease.attempt, Decision::Fail).await.unwrap();
    let tight = QueueChange {
        bound: Some(1),
        ..QueueChange::default()
    };
    file.configure(QUEUE.into(), tight).await.unwrap();
    file.configure("empty".into(), QueueChange::default())
        .await
        .unwrap();
    let before = held(&*file).await;
    rig.run(1).await;
    file.close().await.unwrap();
    let closed = file.task(id(1)).await;
    assert!(matches!(closed, Err(StoreError::Unavailable { .. })));
    let again = place.open().await.unwrap();
    assert_eq!(again.notice(), None);
    let mut after = held(&*again).await;
    let back = after[1].clone();
    assert_eq!((back.task.state, back.task.attempt), (State::Pending, 1));
    after[1] = before[1].clone();
    assert_eq!(after, before);
    let queues = again.queues().await.unwrap();
    assert_eq!((&*queues[1].name, queues[0].settings.bound), ("empty", 1));
}

#[tokio::test]
async fn schedules_are_there_again() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    let put = crate::PutSchedule {
        name: "nightly".into(),
        owner: Some("config".into()),
        definition: "what".into(),
        state: "so far".into(),
        next_at: Some(rig.now()),
        expected: crate::Expected::Nothing,
    };
    let before = rig.store.put_schedule(put).await.unwrap();
    file.close().await.unwrap();
    let value: serde_json::Value = serde_json::from_str(&place.text()).unwrap();
    let counted = serde_json::json!({"queues": 0, "schedules": 1, "tasks": 0, "events": 0});
    assert_eq!(value["end"], counted);
    let again = place.open().await.unwrap();
    let after = again.schedule("nightly".into()).await.unwrap();
    assert_eq!(after, Some(before));
    assert_eq!(again.due_schedules(9).await.unwrap().schedules.len(), 1);
}

#[tokio::test]
async fn limits_are_there_again_with_what_their_rates_have_given_out() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    let rate = Rate::new(1, Duration::from_secs(60)).burst(1);
    let limit = Limit::concurrency(5).and_rate(rate);
    let scarce = crate::Name::from("scarce");
    let store = &rig.store;
    store
        .configure_limit(scarce.clone(), Some(limit))
        .await
        .unwrap();
    let kind = Subject::Kind(task(1).kind);
    let uses = vec![LimitUse::one("scarce"), LimitUse::one("nobody's")];
    store
        .attach(kind, AttachmentChange::Exactly(uses))
        .await
        .unwrap();
    rig.submit(vec![task(1), task(2)]).await;
    assert_eq!(rig.run(2).await.len(), 1);
    let limits = async |store: &dyn Store| store.limits(ListNames::first(9)).await.unwrap();
    let held = limits(&*rig.store).await;
    assert!(held.limits[0].next_permit_at.is_some());
    file.close().await.unwrap();
    drop((file, rig));
    let (file, rig) = place.rig().await;
    let again = limits(&*rig.store).await;
    assert_eq!(
        again.limits[0].next_permit_at,
        held.limits[0].next_permit_at
    );
    assert_eq!(again.limits[0].attached, held.limits[0].attached);
    assert_eq!(again.limits[0].in_use, 0, "nobody holds a lease any more");
    assert!(rig.run(2).await.is_empty(), "the permit was taken before");
    file.close().await.unwrap();
    let text = place.text();
    assert!(
        text.contains("nobody's"),
        "what is attached is kept, defined or not"
    );
    let at = |list: &str| text.find(&format!("\"{list}\":[")).unwrap();
    assert!(
        at("attachments") < at("tasks"),
        "attached before any task makes a lane that would be looked at for each"
    );
}

#[tokio::test]
async fn the_file_is_one_json_document() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1), task(2)]).await;
    file.save().await.unwrap();
    let value: serde_json::Value = serde_json::from_str(&place.text()).unwrap();
    assert_eq!(value["format"], "duly-memory");
    assert_eq!(value["queues"][0]["name"], QUEUE);
    assert_eq!(value["tasks"][1]["payload"]["json"], 2);
    assert_eq!(value["tasks"][1]["events"][0]["kind"], "submitted");
    let counted = serde_json::json!({"queues": 1, "tasks": 2, "events": 2});
    assert_eq!(value["end"], counted);
    assert!(!place.beside(".spool").exists() && !place.beside(".tmp").exists());
    // Whoever writes it anew need not keep its lines.
    file.close().await.unwrap();
    fs::write(place.path(), serde_json::to_vec_pretty(&value).unwrap()).unwrap();
    assert_eq!(held(&*place.open().await.unwrap()).await.len(), 2);
}

#[tokio::test]
async fn it_saves_now_and_then_and_again_after_a_failure() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    file.inner.saver.lock().unwrap().before(move || {
        let _ = tell.send(());
        Err(io::Error::other("no room"))
    });
    rig.submit(vec![task(1)]).await;
    let slept = async || {
        while place.clock.next_wake().is_none() {
            tokio::task::yield_now().await;
        }
        place.clock.advance(FileOptions::EVERY_DEFAULT);
    };
    slept().await;
    told.recv().await.unwrap();
    let error = file.save().await.unwrap_err().to_string();
    assert!(error.contains("no room. The file is as it was"), "{error}");
    assert!(!place.path().exists());
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    file.inner.saver.lock().unwrap().before(move || {
        let _ = tell.send(());
        Ok(())
    });
    slept().await;
    told.recv().await.unwrap();
    // It waits for the save that has begun, and has nothing left to do.
    file.save().await.unwrap();
    assert!(place.text().contains("\"tasks\":1"));
    let written = fs::metadata(place.path()).unwrap().modified().unwrap();
    while told.try_recv().is_ok() {}
    file.save().await.unwrap();
    assert!(told.try_recv().is_err(), "nothing has changed");
    assert_eq!(
        fs::metadata(place.path()).unwrap().modified().unwrap(),
        written
    );
}

#[tokio::test]
async fn a_save_that_fails_when_it_is_closed_is_told_and_closing_again_tries_again() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
    file.inner.saver.lock().unwrap().before(full);
    let error = file.close().await.unwrap_err();
    assert!(error.retryable(), "{error}");
    let message = error.to_string();
    assert!(message.contains("cannot save to "), "{message}");
    assert!(message.contains("in memory only"), "{message}");
    let other = place.open().await;
    assert!(matches!(other, Err(FileError::InUse { .. })), "not let go");
    file.inner.saver.lock().unwrap().before(|| Ok(()));
    file.close().await.unwrap();
    file.close().await.unwrap();
    assert_eq!(held(&*place.open().await.unwrap()).await.len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_left_to_others() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    for step in 0.. {
        let now = AtomicUsize::new(0);
        let full = move || match now.fetch_add(1, Ordering::Relaxed) {
            now if now < step => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::StorageFull)),
        };
        file.inner.saver.lock().unwrap().before(full);
        let saved = file.save().await;
        assert!(!place.beside(".spool").exists(), "step {step}");
        assert!(!place.beside(".tmp").exists(), "step {step}");
        if saved.is_ok() {
            assert!(step > 3);
            return;
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_save_keeps_the_rights_of_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    file.save().await.unwrap();
    let mode = |path: PathBuf| fs::metadata(path).map(|found| found.permissions().mode() & 0o777);
    for rights in [0o600, 0o622] {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(rights)).unwrap();
        // What a save that was killed left behind decides nothing.
        fs::write(place.beside(".tmp"), "").unwrap();
        fs::write(place.beside(".spool"), "").unwrap();
        rig.submit(vec![task(rights as u8)]).await;
        let (spool, seen) = (place.beside(".spool"), Arc::new(AtomicUsize::new(0)));
        let first = seen.clone();
        let mut steps = 0;
        file.inner.saver.lock().unwrap().before(move || {
            steps += 1;
            if steps == 2 {
                first.store(mode(spool.clone())? as usize, Ordering::Relaxed);
            }
            Ok(())
        });
        file.save().await.unwrap();
        assert_eq!(mode(place.path()).unwrap(), rights);
        assert_eq!(seen.load(Ordering::Relaxed), rights as usize, "the scratch");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_the_file_is_the_file() {
    let place = Place::new();
    place.open().await.unwrap().close().await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.json");
    std::os::unix::fs::symlink(place.path(), &link).unwrap();
    let by_link = async || MemoryFile::open(&link, FileOptions::default()).await;
    let file = place.open().await.unwrap();
    assert!(matches!(by_link().await, Err(FileError::InUse { .. })));
    file.close().await.unwrap();
    let file = by_link().await.unwrap();
    file.submit(crate::Submit::one(task(1))).await.unwrap();
    file.close().await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(held(&*place.open().await.unwrap()).await.len(), 1);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn only_one_works_with_it() {
    let place = Place::new();
    let file = place.open().await.unwrap();
    let error = place.open().await.unwrap_err();
    assert!(matches!(error, FileError::InUse { .. }));
    assert!(error.to_string().contains("duly.json.lock"), "{error}");
    file.close().await.unwrap();
    let next = place.open().await.unwrap();
    next.submit(crate::Submit::one(task(1))).await.unwrap();
    // What was closed writes no more.
    file.save().await.unwrap();
    assert!(!place.text().contains("\"tasks\":1"));
    file.close().await.unwrap();
    assert!(place.open().await.is_err());
}

/// Saves twice, with one task and then with two; answers the file's text after both.
async fn saved_twice(place: &Place) -> [String; 2] {
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    file.save().await.unwrap();
    let first = place.text();
    place.clock.advance(Duration::from_secs(60));
    rig.submit(vec![task(2)]).await;
    file.close().await.unwrap();
    [first, place.text()]
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_the_save_before_is_loaded() {
    let place = Place::new();
    let [first, second] = saved_twice(&place).await;
    assert_eq!(fs::read_to_string(place.beside(".bak")).unwrap(), first);
    let changed = |from: &str, to: &str| {
        assert!(second.contains(from), "{from}");
        second.replacen(from, to, 1)
    };
    let half = second[..second.len() / 2].to_owned();
    let doubled = second
        .lines()
        .nth(4)
        .unwrap()
        .trim_end_matches(',')
        .to_owned();
    for damage in [
        String::new(),
        "{}".to_owned(),
        "rubbish".to_owned(),
        half,
        second[..second.len() - 3].to_owned(),
        format!("{second}more"),
        changed("\"tasks\":2", "\"tasks\":3"),
        changed("\"state\":\"pending\"", "\"state\":\"completed\""),
        changed("\"kind\":\"work\"", "\"kind\":\"\""),
        changed("\"end\":", "\"odd\":"),
        changed("\"format\":\"duly-memory\"", "\"format\":\"other\""),
        changed("\"version\":1", "\"version\":0"),
        changed("\"at_us\"", "\"queues\":[],\"at_us\""),
        changed("],\"end\"", &format!(",{doubled}],\"end\"")),
    ] {
        fs::write(place.path(), &damage).unwrap();
        fs::write(place.beside(".bak"), &first).unwrap();
        place.clock.advance(Duration::from_micros(1));
        let file = place.open().await.unwrap();
        let notice = file.notice().unwrap();
        assert!(notice.contains("is damaged ("), "{notice}");
        assert!(
            notice.contains("60 s old, and what happened since may be lost"),
            "{notice}"
        );
        let aside = place.aside().pop().unwrap();
        assert!(notice.contains(&aside), "{notice}");
        let kept = place.folder.path().join(aside);
        assert_eq!(fs::read_to_string(&kept).unwrap(), damage);
        assert_eq!(held(&*file).await.len(), 1);
        file.close().await.unwrap();
        assert!(
            place.open().await.unwrap().notice().is_none(),
            "it was saved anew"
        );
        fs::remove_file(kept).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_went_missing_comes_back_from_the_save_before() {
    let place = Place::new();
    saved_twice(&place).await;
    fs::remove_file(place.path()).unwrap();
    let file = place.open().await.unwrap();
    let notice = file.notice().unwrap();
    assert!(
        notice.contains("is not there, although it was saved before"),
        "{notice}"
    );
    assert_eq!(held(&*file).await.len(), 1);
}

#[tokio::test]
async fn without_a_good_copy_it_does_not_open_and_changes_nothing() {
    let place = Place::new();
    let [first, _] = saved_twice(&place).await;
    let half = &first[..first.len() / 2];
    let backup = place.beside(".bak");
    let cases: [(Option<&str>, Option<&str>); 3] = [
        (Some(half), None),
        (Some(half), Some("?")),
        (None, Some("?")),
    ];
    for (text, copy) in cases {
        for (path, text) in [(&place.path(), text), (&backup, copy)] {
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap_or(()),
            }
        }
        for _ in 0..2 {
            let error = place.open().await.unwrap_err();
            assert!(matches!(error, FileError::Damaged { .. }), "{error}");
            let message = error.to_string();
            assert!(message.contains("there is no good copy of it"), "{message}");
            assert!(
                message.contains("put a good copy in its place"),
                "{message}"
            );
            assert_eq!(fs::read_to_string(place.path()).ok().as_deref(), text);
            assert_eq!(fs::read_to_string(&backup).ok().as_deref(), copy);
            assert_eq!(place.aside(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn what_a_later_version_wrote_is_left_alone() {
    let place = Place::new();
    let [_, second] = saved_twice(&place).await;
    let later = second.replacen("\"version\":1", "\"version\":2,\"new\":{}", 1);
    fs::write(place.path(), &later).unwrap();
    let error = place.open().await.unwrap_err();
    assert!(
        matches!(error, FileError::Later { version: 2, .. }),
        "{error}"
    );
    assert_eq!(place.text(), later);
}

#[tokio::test]
async fn what_the_system_refuses_is_told() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    let error = place.open().await.unwrap_err().to_string();
    assert!(error.starts_with("cannot "), "{error}");
    let options = FileOptions::default();
    let nowhere = place.folder.path().join("none").join("duly.json");
    let error = MemoryFile::open(nowhere, options).await.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot open the lock file"),
        "{error}"
    );
}

#[test]
fn names_are_made_beside_the_file() {
    let path = Path::new("a b/ü.json");
    assert_eq!(beside(path, ".bak"), Path::new("a b/ü.json.bak"));
}
