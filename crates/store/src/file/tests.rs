use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use duly_core::{Decision, Limit, Rate, State};

use super::*;
use crate::testing::{QUEUE, Rig, id, task, task_with};
use crate::{
    AttachmentChange, EventCursor, KindChange, LimitUse, ListNames, ManualClock, NewTask, Payload,
    QueueChange, Save, SavedTask, Store, StoreError, Subject, TenantChange,
};

mod damage;
mod midst;
mod save;

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
