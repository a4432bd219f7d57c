//! `duly cancel`.

use duly_api::Task;
use duly_core::TaskId;

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// The tasks
    #[arg(required = true, value_parser = super::id, value_name = "ID")]
    ids: Vec<TaskId>,
}

/// Cancels one after another, and stops at the first that is refused.
pub(crate) async fn run(client: &Client, asked: &Arguments, json: bool) -> Result<(), Failure> {
    for id in &asked.ids {
        let task = client.cancel(*id).await;
        let task = task.map_err(|failure| named(failure, *id))?;
        if json {
            output::print_json(&task)?;
        } else {
            output::print(&said(&task))?;
        }
    }
    Ok(())
}

/// A refusal that says which task it is about.
fn named(failure: Failure, id: TaskId) -> Failure {
    let id = id.to_string();
    if failure.to_string().contains(&id) {
        return failure;
    }
    failure.about(id)
}

fn said(task: &Task) -> String {
    if task.cancel_requested && !task.state.is_final() {
        let worker = task.worker.as_deref().unwrap_or("its worker");
        return format!(
            "{}  runs; {} was asked to stop it",
            task.id,
            output::printable(worker)
        );
    }
    format!("{}  {}", task.id, output::state(task.state))
}
