//! The labels of tasks that a schedule has created: its history is the tasks that have them.

use duly_schedule::{Tick, format_instant};
use duly_store::{Labels, Name};

/// The label that names the schedule of a task.
pub const SCHEDULE: &str = "duly.schedule";
/// The label that has the instant of its tick, by RFC 3339 in UTC.
pub const TICK: &str = "duly.tick";
/// The label of a task whose tick was missed, or filled in; its value is `true`.
pub const CAUGHT_UP: &str = "duly.caught_up";

pub(super) fn write(labels: &mut Labels, name: &Name, tick: &Tick) {
    labels.insert(SCHEDULE.to_owned(), name.as_str().to_owned());
    labels.insert(TICK.to_owned(), format_instant(tick.at));
    if tick.caught_up {
        labels.insert(CAUGHT_UP.to_owned(), "true".to_owned());
    }
}
