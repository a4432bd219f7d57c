//! Priority rules, wherever a program submits.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use duly::rules::{PriorityRule, PriorityRules};
use duly::{Duly, NewTask, Payload, Priority, Restore, Save, Task, TaskId};

fn rules() -> PriorityRules {
    PriorityRules::new([
        PriorityRule::new("hotfix", Priority::Critical).label("hotfix", "*"),
        PriorityRule::new("bulk", Priority::Low)
            .kind("bulk.*")
            .overrides_given(),
        PriorityRule::new("core", Priority::High).queue("core"),
        PriorityRule::new("many", Priority::Low).arguments_at_least(3),
    ])
    .unwrap()
}

async fn open() -> Duly {
    let builder = Duly::builder().priority_rules(rules());
    builder.open("memory:").await.unwrap()
}

async fn found(duly: &Duly, id: TaskId) -> (Priority, Option<String>) {
    let task = duly.task(id).await.unwrap().unwrap();
    (task.priority, task.priority_rule().map(str::to_owned))
}

fn by(priority: Priority, rule: &str) -> (Priority, Option<String>) {
    (priority, Some(rule.to_owned()))
}

#[tokio::test]
async fn the_first_rule_that_matches_decides_and_is_remembered() {
    let duly = open().await;
    for (task, expected) in [
        (
            Task::new("a", &1).queue("core").label("hotfix", "yes"),
            by(Priority::Critical, "hotfix"),
        ),
        (Task::new("a", &1).queue("core"), by(Priority::High, "core")),
        (Task::new("a", &(1, 2, 3)), by(Priority::Low, "many")),
        (Task::new("a", &(1, 2)), (Priority::Normal, None)),
        (
            Task::new("a", &1).queue("core").priority(Priority::Low),
            (Priority::Low, None),
        ),
        (
            Task::new("bulk.a", &1).priority(Priority::Critical),
            by(Priority::Low, "bulk"),
        ),
    ] {
        let id = duly.submit(task).await.unwrap().id;
        assert_eq!(found(&duly, id).await, expected);
    }
}

#[tokio::test]
async fn each_task_of_a_batch_is_decided_by_itself() {
    let duly = open().await;
    let tasks = ["core", "default"].map(|queue| Task::new("a", &1).queue(queue));
    let tasks = duly.submit_all(tasks).await.unwrap();
    assert_eq!(found(&duly, tasks[0].id).await, by(Priority::High, "core"));
    assert_eq!(found(&duly, tasks[1].id).await, (Priority::Normal, None));
}

#[tokio::test]
async fn what_is_said_by_hand_is_given() {
    let duly = open().await;
    let mut new = NewTask::new(duly.new_id(), "a", Payload::json("[1, 2, 3]"));
    new.priority = Priority::Normal;
    let id = duly.submit(new).await.unwrap().id;
    assert_eq!(found(&duly, id).await, (Priority::Normal, None));
}

#[tokio::test]
async fn rules_that_are_set_hold_for_every_clone_and_change_nothing_that_was_submitted() {
    let duly = open().await;
    let clone = duly.clone();
    let core = || Task::new("a", &1).queue("core");
    let before = clone.submit(core()).await.unwrap().id;
    duly.prioritiser().set(PriorityRules::default());
    let after = clone.submit(core()).await.unwrap().id;
    assert_eq!(found(&duly, before).await, by(Priority::High, "core"));
    assert_eq!(found(&duly, after).await, (Priority::Normal, None));
}

#[tokio::test]
async fn what_is_restored_keeps_the_rule_that_decided() {
    let (old, new) = (open().await, Duly::open("memory:").await.unwrap());
    let id = old
        .submit(Task::new("a", &1).queue("core"))
        .await
        .unwrap()
        .id;
    let page = old
        .save(Save {
            after: None,
            limit: 10,
        })
        .await
        .unwrap();
    new.restore(Restore { tasks: page.tasks }).await.unwrap();
    assert_eq!(found(&new, id).await, by(Priority::High, "core"));
    // Nor do the rules of who restores decide anew.
    let other = PriorityRule::new("other", Priority::Low).overrides_given();
    let third = Duly::builder().priority_rules(PriorityRules::new([other]).unwrap());
    let third = third.open("memory:").await.unwrap();
    let page = new
        .save(Save {
            after: None,
            limit: 10,
        })
        .await
        .unwrap();
    third.restore(Restore { tasks: page.tasks }).await.unwrap();
    assert_eq!(found(&third, id).await, by(Priority::High, "core"));
}

#[cfg(feature = "sqlite")]
mod inside {
    use super::*;
    use duly::sqlite::rusqlite::Connection;
    use duly::sqlite::{self, Options, Submitter};

    #[tokio::test]
    async fn a_transaction_has_the_rules_of_its_handle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.db");
        let (duly, tasks) = sqlite::open(&file, Options::default()).await.unwrap();
        let mut own = Connection::open(&file).unwrap();
        let mut submit = |tasks: &Submitter| {
            let begun = own.transaction().unwrap();
            let task = Task::new("a", &1).queue("core");
            let id = tasks.submit_in(&begun, task).unwrap().id;
            begun.commit().unwrap();
            id
        };
        let before = submit(&tasks);
        duly.prioritiser().set(rules());
        let after = submit(&tasks);
        assert_eq!(found(&duly, before).await, (Priority::Normal, None));
        assert_eq!(found(&duly, after).await, by(Priority::High, "core"));
        let clock = duly.clock().clone();
        let alone = Submitter::new(tasks.store().clone(), clock).with_rules_of(&duly);
        let shared = submit(&alone);
        assert_eq!(found(&duly, shared).await, by(Priority::High, "core"));
    }
}
