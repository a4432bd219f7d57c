//! Between the wire and the rooms behind it.

mod asked;
mod explained;
mod schedule;
mod shown;
mod unique;

pub(crate) use asked::{
    Submission, due, filter, kind_change, limit as limit_set, payload, queue_change, subject,
    tenant_change,
};
pub(crate) use explained::{explanation, queue_explanation, worker_explanation};
pub(crate) use schedule::{any_schedule, period, schedule, schedule_info, unreadable};
pub(crate) use shown::{
    attachments, attempt, event, feed_event, kind, limit, queue, task, task_whole, tenant, totals,
    worker, worker_task, workers,
};
pub(crate) use unique::submitted;
