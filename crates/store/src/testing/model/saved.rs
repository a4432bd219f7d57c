//! Comparing what stores save, what they take back, and what they change by filter.

use std::sync::Arc;

use duly_core::TaskId;

use super::compare::{Pair, ask};
use super::made::id;
use crate::{Change, ChangeMatching, Clock, Filter, MemoryStore, Restore, Save, SavedTask, Store};

/// Added to the first byte of the id of a task that comes back as a copy.
const COPY: u8 = 100;

impl Pair {
    /// A dry run, and then the step; both count the same.
    pub(super) async fn change_matching(
        &self,
        what: &str,
        filter: Filter,
        change: Change,
        limit: u32,
    ) {
        let step = |dry_run| ChangeMatching {
            filter: filter.clone(),
            change: change.clone(),
            after: None,
            limit,
            dry_run,
        };
        let (dry, real) = (step(true), step(false));
        let dry = self
            .same(what, |store| {
                ask(store, dry.clone(), Store::change_matching)
            })
            .await;
        let real = self
            .same(what, |store| {
                ask(store, real.clone(), Store::change_matching)
            })
            .await;
        assert_eq!(dry, real, "{what}: a dry run counts as the step does");
    }

    /// Everything, `limit` tasks at a time.
    pub(super) async fn save(&self, what: &str, limit: u32) -> Vec<SavedTask> {
        let mut tasks = Vec::new();
        let mut after = None;
        loop {
            let save = Save { after, limit };
            let page = self.same(what, |store| ask(store, save, Store::save)).await;
            let page = page.expect("a page of everything");
            tasks.extend(page.tasks);
            after = page.next;
            if after.is_none() {
                return tasks;
            }
        }
    }

    pub(super) async fn restore(&self, what: &str, mut tasks: Vec<SavedTask>, copy: bool) {
        if copy {
            tasks.iter_mut().for_each(rename);
        }
        let request = Restore { tasks };
        self.same(what, |store| ask(store, request.clone(), Store::restore))
            .await
            .ok();
    }

    /// What both save is the same, and comes back the same in a third store.
    pub(super) async fn compare_saved(&self, clock: Arc<dyn Clock>) {
        let tasks = self.save("saved at rest", 7).await;
        let other = MemoryStore::new(clock);
        for bound in tasks.iter().map(|saved| saved.task.queue.clone()) {
            let wide = crate::QueueChange {
                bound: Some(u64::MAX),
                ..crate::QueueChange::default()
            };
            other
                .configure(bound, wide)
                .await
                .expect("a queue of tests");
        }
        for page in tasks.chunks(5) {
            let tasks = page.to_vec();
            let restored = other.restore(Restore { tasks }).await;
            let restored = restored.expect("what was saved comes back");
            assert_eq!(restored.restored as usize, page.len());
        }
        for saved in &tasks {
            let back = other.task(saved.task.id).await.expect("the store answers");
            let back = back.expect("what was restored is there");
            let mut expected = saved.task.clone();
            expected.sequence = back.sequence;
            if !saved.task.state.is_leased() {
                assert_eq!(back, expected, "{} comes back as it was", saved.task.id);
            }
        }
    }
}

fn rename(saved: &mut SavedTask) {
    let [n, ..] = *saved.task.id.as_bytes();
    let copy: TaskId = id(n.wrapping_add(COPY));
    saved.task.id = copy;
    for event in &mut saved.events {
        event.task = copy;
    }
}
