//! Submits that are refused where nobody would run the task.

use std::collections::HashSet;

use duly_api::{Code, Problem};

use crate::App;
use crate::port::{Name, NewTask, WorkerRecord};
use crate::refusal::Refusal;

/// For each task there is a worker now that serves its queue and has a handler for its kind.
pub(super) async fn worker(app: &App, tasks: &[NewTask]) -> Result<(), Refusal> {
    let workers = app.store().workers().await?;
    let mut served: HashSet<(&Name, &Name)> = HashSet::new();
    for (index, task) in tasks.iter().enumerate() {
        if served.insert((&task.queue, &task.kind)) && !workers.iter().any(|w| serves(w, task)) {
            return Err(nobody(task, index));
        }
    }
    Ok(())
}

fn serves(worker: &WorkerRecord, task: &NewTask) -> bool {
    let said = &worker.registration;
    said.queues.contains(&task.queue) && said.kinds.contains(&task.kind)
}

fn nobody(task: &NewTask, index: usize) -> Refusal {
    let detail = format!(
        "no worker serves queue {:?} and kind {:?} now, and `require_worker` asks for one: start \
         one, or submit without",
        &*task.queue, &*task.kind
    );
    Refusal::from(Problem {
        field: Some("kind".to_owned()),
        ..Problem::new(Code::NoWorkers, detail)
    })
    .at_index(index)
}
