//! One change to all tasks that a filter means, in bounded steps: as many as a request has time for.

use duly_api::{BulkDone, Problem};

use crate::bounds::{SWEEP_STEP, SWEEP_TASKS_MAX, SWEEP_WAIT_MAX};
use crate::port::{Change, ChangeMatching, Filter, ListCursor};
use crate::refusal::Refusal;
use crate::{App, query};

/// What is to be done.
pub(crate) struct Sweep {
    pub(crate) filter: Filter,
    pub(crate) change: Change,
    /// Where the request before ended.
    pub(crate) after: Option<ListCursor>,
    pub(crate) dry_run: bool,
}

impl Sweep {
    /// Does as much of it as the bounds of a request allow, at least a step.
    pub(crate) async fn run(self, app: &App) -> Result<BulkDone, Refusal> {
        let begun = app.clock().now();
        let mut done = BulkDone {
            dry_run: self.dry_run,
            ..BulkDone::default()
        };
        let mut step = ChangeMatching {
            filter: self.filter,
            change: self.change,
            after: self.after,
            limit: SWEEP_STEP,
            dry_run: self.dry_run,
        };
        loop {
            let changed = app.store().change_matching(step.clone()).await?;
            done.matched += u64::from(changed.matched);
            done.changed += u64::from(changed.changed);
            step.after = changed.next;
            let is_over = app.clock().now().since(begun) >= SWEEP_WAIT_MAX;
            if changed.next.is_none() || is_over || done.matched >= SWEEP_TASKS_MAX {
                break;
            }
        }
        done.next = step.after.map(query::cursor_text);
        Ok(done)
    }
}

/// Somebody who means every task says so.
pub(crate) fn meant(filter: &duly_api::Filter, all: bool) -> Result<(), Refusal> {
    if all || !filter.is_empty() {
        return Ok(());
    }
    let expected = "a condition, or `all` to be true";
    let detail = format!("filter has no condition, which means every task: expected {expected}");
    Err(Problem::invalid("filter", expected, detail).into())
}

/// Where the request before ended.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<ListCursor>, Refusal> {
    text.map(|text| query::cursor("cursor", text)).transpose()
}
