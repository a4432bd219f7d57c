//! Comparing what stores do with schedules.

use crate::bounds::PAGE_MAX;
use crate::{Advance, Expected, ListSchedules, Name, PutSchedule, RemoveSchedule, Store};

use super::compare::{Pair, ask};
use super::made::{id, new_task};
use super::operation::Operation;

impl Pair {
    pub(super) async fn on_schedules(&self, what: &str, operation: Operation) {
        let now = self.now().await;
        match operation {
            Operation::PutSchedule {
                schedule,
                next,
                expected,
            } => {
                let expected = match expected {
                    None => Expected::Anything,
                    Some(0) => Expected::Nothing,
                    Some(version) => Expected::Version(version),
                };
                let request = PutSchedule {
                    name: name(schedule),
                    owner: next.is_some().then(|| "owner".into()),
                    definition: what.into(),
                    state: "begun".into(),
                    next_at: next.map(|next| now + next),
                    expected,
                };
                self.same(what, |store| {
                    ask(store, request.clone(), Store::put_schedule)
                })
                .await
                .ok();
            }
            Operation::RemoveSchedule { schedule } => {
                let request = RemoveSchedule {
                    name: name(schedule),
                    version: None,
                };
                self.same(what, |store| {
                    ask(store, request.clone(), Store::remove_schedule)
                })
                .await
                .ok();
            }
            Operation::AdvanceSchedule {
                schedule,
                behind,
                tasks,
                cancel,
                next,
            } => {
                let request = Advance {
                    name: name(schedule),
                    version: self.version(what, schedule).await.saturating_sub(behind),
                    state: what.into(),
                    next_at: next.map(|next| now + next),
                    tasks: tasks.iter().map(new_task).collect(),
                    cancel: cancel.into_iter().map(id).collect(),
                };
                self.same(what, |store| {
                    ask(store, request.clone(), Store::advance_schedule)
                })
                .await
                .ok();
            }
            Operation::DueSchedules { limit } => {
                self.same(what, |store| ask(store, limit, Store::due_schedules))
                    .await
                    .ok();
            }
            other => unreachable!("{other:?} is applied elsewhere"),
        }
    }

    /// The version of a schedule; 0 if there is none.
    async fn version(&self, what: &str, schedule: u8) -> u64 {
        let found = self.same(what, |store| ask(store, name(schedule), Store::schedule));
        let found = found.await.expect("the store answers");
        found.map_or(0, |found| found.version)
    }

    async fn now(&self) -> duly_core::Timestamp {
        let due = self.model.due_schedules(1).await;
        due.expect("the model answers").at
    }

    pub(super) async fn compare_schedules(&self, what: &str) {
        let all = ListSchedules {
            after: None,
            limit: PAGE_MAX,
        };
        self.same(what, |store| ask(store, all.clone(), Store::schedules))
            .await
            .expect("the schedules");
        self.same(what, |store| ask(store, PAGE_MAX, Store::due_schedules))
            .await
            .expect("what is due");
    }
}

fn name(n: u8) -> Name {
    format!("schedule-{n}").into()
}
