//! Between the wire and the rooms behind it.

mod asked;
mod shown;

pub(crate) use asked::{Submission, due, filter, payload, queue_change};
pub(crate) use shown::{
    attempt, event, feed_event, queue, task, task_whole, totals, worker, worker_task, workers,
};
