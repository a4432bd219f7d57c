//! Ids that say what they name: so a history can be read, and a seed repeated.

use duly_core::{AttemptRef, Incarnation, TaskId};

/// A process of the world, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    /// People, and programs that submit.
    Client,
    /// An instance that keeps house.
    House(u8),
    /// A worker.
    Worker(u8),
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Self::Client => "client".to_owned(),
            Self::House(n) => format!("house-{n}"),
            Self::Worker(n) => format!("worker-{n}"),
        };
        f.pad(&text)
    }
}

/// The id of the task of this number.
pub(crate) const fn task_id(number: u32) -> TaskId {
    let mut bytes = *b"task\0\0\0\0\0\0\0\0\0\0\0\0";
    let [a, b, c, d] = number.to_be_bytes();
    bytes[12] = a;
    bytes[13] = b;
    bytes[14] = c;
    bytes[15] = d;
    TaskId::from_bytes(bytes)
}

/// The number of a task.
pub(crate) const fn number(id: TaskId) -> u32 {
    let bytes = id.as_bytes();
    u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
}

/// A task, as a history names it.
pub(crate) fn task(id: TaskId) -> String {
    match id.made_at() {
        // That of a tick.
        Some(at) => format!("tick-{at}"),
        None => format!("T{}", number(id)),
    }
}

/// An attempt, as a history names it.
pub(crate) fn attempt(attempt: AttemptRef) -> String {
    format!("{}#{}", task(attempt.task), attempt.attempt)
}

/// The incarnation of a process: the `process`-th start of it, and so many times registered anew since.
pub(crate) const fn incarnation(who: Who, process: u32, anew: u32) -> Incarnation {
    let mut bytes = [0; 16];
    let (kind, n) = match who {
        Who::Client => (0, 0),
        Who::House(n) => (1, n),
        Who::Worker(n) => (2, n),
    };
    bytes[0] = kind;
    bytes[1] = n;
    let [_, _, a, b] = process.to_be_bytes();
    let [_, _, c, d] = anew.to_be_bytes();
    bytes[12] = a;
    bytes[13] = b;
    bytes[14] = c;
    bytes[15] = d;
    Incarnation::from_bytes(bytes)
}

/// Whose incarnation it is.
pub(crate) const fn process(incarnation: Incarnation) -> Who {
    let bytes = incarnation.as_bytes();
    match bytes[0] {
        1 => Who::House(bytes[1]),
        2 => Who::Worker(bytes[1]),
        _ => Who::Client,
    }
}

/// An incarnation, as a history names it.
pub(crate) fn life(incarnation: Incarnation) -> String {
    let [.., a, b, c, d] = *incarnation.as_bytes();
    let start = u16::from_be_bytes([a, b]);
    let anew = u16::from_be_bytes([c, d]);
    format!("{}/{start}.{anew}", process(incarnation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_they_name() {
        let attempt_ref = AttemptRef {
            task: task_id(70_000),
            attempt: 2,
        };
        assert_eq!(attempt(attempt_ref), "T70000#2");
        let incarnation = incarnation(Who::Worker(3), 1, 2);
        assert_eq!(life(incarnation), "worker-3/1.2");
        assert_eq!(process(incarnation), Who::Worker(3));
    }
}
