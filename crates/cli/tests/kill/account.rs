//! The account at the end: nothing lost, nothing run twice without a reason.

use std::fmt;

use serde_json::Value;

use crate::server::Server;
use crate::target::Target;

#[derive(Default)]
pub(crate) struct Account {
    pub(crate) submitted: usize,
    completed: usize,
    ran_again: usize,
    pub(crate) losses: usize,
    pub(crate) handed_back: usize,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} submitted, {} completed, {} ran again after {} losses, {} handed back; none is missing",
            self.submitted, self.completed, self.ran_again, self.losses, self.handed_back
        )
    }
}

/// Looks at every task whose submit returned.
pub(crate) async fn check(server: &Server, target: &Target, submitted: &[String]) -> Account {
    let mut account = Account {
        submitted: submitted.len(),
        ..Account::default()
    };
    for id in submitted {
        let task = server.get(&format!("/v1/tasks/{id}")).await;
        let told = History::of(&task);
        assert_eq!(task["state"], "completed", "{task}");
        assert!(
            target.deliveries(id) >= 1,
            "completed, but never delivered: {task}"
        );
        assert!(
            target.deliveries(id) as usize <= told.started,
            "delivered {} times: {task}",
            target.deliveries(id)
        );
        let again = told.lost + told.handed_back + told.retrying;
        assert_eq!(told.started, 1 + again, "it ran again unasked: {task}");
        assert_eq!(
            task["spent"],
            1 + told.retrying,
            "only failures are charged: {task}"
        );
        account.completed += 1;
        account.losses += told.lost;
        account.handed_back += told.handed_back;
        account.ran_again += usize::from(told.lost > 0);
    }
    account
}

/// What the events of a task tell.
struct History {
    started: usize,
    lost: usize,
    retrying: usize,
    /// Attempts that had begun and were handed back; one that had not leaves no trace of a start.
    handed_back: usize,
}

impl History {
    fn of(task: &Value) -> Self {
        let events = task["events"]
            .as_array()
            .expect("a task is shown with its events");
        let count = |kind| events.iter().filter(|event| event["kind"] == kind).count();
        let attempts = task["attempts"]
            .as_array()
            .expect("a task is shown with its attempts");
        let handed_back = attempts
            .iter()
            .filter(|a| a["outcome"] == "handed_back")
            .count();
        Self {
            started: count("started"),
            lost: count("lost"),
            retrying: count("retrying"),
            handed_back,
        }
    }
}
