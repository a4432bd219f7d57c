//! Fresh ids: the clock's now and the system's randomness.

use duly_core::{Incarnation, TaskId};

use crate::Clock;

/// A fresh id for a task.
///
/// # Panics
/// If the system has no randomness to give: then no id would be safe.
#[must_use]
pub fn task_id(clock: &dyn Clock) -> TaskId {
    TaskId::new(clock.now(), random())
}

/// A fresh incarnation for a worker.
///
/// # Panics
/// If the system has no randomness to give.
#[must_use]
pub fn incarnation(clock: &dyn Clock) -> Incarnation {
    Incarnation::new(clock.now(), random())
}

fn random() -> [u8; 10] {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
