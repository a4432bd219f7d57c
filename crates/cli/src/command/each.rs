//! The same for several tasks, one after another.

use duly_api::Task;
use duly_core::TaskId;

use crate::failure::Failure;
use crate::output;

/// Does it for each, and goes on with the others where one is refused. The first refusal decides how
/// it ends; a server that is not there ends it at once.
pub(super) async fn each(
    ids: &[TaskId],
    json: bool,
    change: impl AsyncFn(TaskId) -> Result<Task, Failure>,
    said: impl Fn(&Task) -> String,
) -> Result<(), Failure> {
    let mut first = None;
    let mut refused = 0;
    for &id in ids {
        match change(id).await {
            Ok(task) if json => output::print_json(&task)?,
            Ok(task) => output::print(&said(&task))?,
            Err(failure) => {
                let failure = named(failure, id);
                if ids.len() == 1 || !failure.is_refusal() {
                    return Err(failure);
                }
                failure.print(json);
                refused += 1;
                first.get_or_insert(failure);
            }
        }
    }
    match first {
        Some(first) => Err(Failure::Several {
            text: format!("{refused} of {} were refused", ids.len()),
            first: Box::new(first),
        }),
        None => Ok(()),
    }
}

/// A refusal that says which task it is about.
fn named(failure: Failure, id: TaskId) -> Failure {
    let id = id.to_string();
    if failure.to_string().contains(&id) {
        return failure;
    }
    failure.about(id)
}

/// A task and its state, on one line.
pub(super) fn state(task: &Task) -> String {
    format!("{}  {}", task.id, output::state(task.state))
}
