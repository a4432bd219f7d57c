//! `--dry-run`: what a new round would do.

use duly_api::{RunLine, RunPlanned};
use duly_run::{Plan, Shown, TaskFile};

use super::outcome;
use super::summary::short;
use crate::failure::Failure;
use crate::output::{self, Table};

/// The tasks of these groups; empty: of all.
pub(super) fn of(file: &TaskFile, only: &[String]) -> Result<Plan, Failure> {
    let plan = file.plan(only);
    plan.map_err(|error| Failure::Usage(error.to_string()))
}

/// Prints the tasks in the order in which they would start, did each take no time.
pub(super) fn print(plan: &Plan, json: bool) -> Result<(), Failure> {
    let tasks = plan.in_order();
    if json {
        return tasks
            .iter()
            .try_for_each(|task| output::stream_json(&planned(task)));
    }
    let mut table = Table::new(&["PRIORITY", "DUE", "GROUP", "ITEM", "WHAT"]);
    for task in &tasks {
        table.row(row(task));
    }
    match table.for_people(None) {
        Some(text) => {
            output::print(&text)?;
            if plan.is_fair() {
                output::note("tenants take turns: this is the order among the tasks of each");
            }
        }
        None => output::print(outcome::NOTHING)?,
    }
    Ok(())
}

fn planned(task: &Shown<'_>) -> RunLine {
    RunLine::Planned(RunPlanned {
        group: task.group.to_owned(),
        item: task.item.map(str::to_owned),
        priority: task.priority,
        after_ms: u64::try_from(task.after.as_millis()).unwrap_or(u64::MAX),
        action: task.action.to_owned(),
    })
}

fn row(task: &Shown<'_>) -> Vec<String> {
    let due = if task.after.is_zero() {
        "now".to_owned()
    } else {
        format!("after {}", short(task.after))
    };
    let plain = |text: &str| output::printable(text).into_owned();
    vec![
        task.priority.to_string(),
        due,
        plain(task.group),
        plain(task.item.unwrap_or_default()),
        plain(task.action),
    ]
}
