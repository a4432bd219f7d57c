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

/// Fresh ids for many tasks: the system is asked for randomness once.
///
/// # Panics
/// If the system has no randomness to give.
#[must_use]
pub fn task_ids(clock: &dyn Clock, count: usize) -> Vec<TaskId> {
    let mut bytes = vec![[0; 10]; count];
    fill(bytes.as_flattened_mut());
    let now = clock.now();
    let ids = bytes.into_iter().map(|random| TaskId::new(now, random));
    ids.collect()
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
    fill(&mut bytes);
    bytes
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;
    use std::collections::HashSet;

    #[test]
    fn many_ids_are_all_different() {
        let clock = ManualClock::default();
        let ids = task_ids(&clock, 1_000);
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1_000);
        assert!(task_ids(&clock, 0).is_empty());
    }
}
