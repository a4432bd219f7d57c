//! The model test: a random history of operations gives the same answers from every store as from
//! the memory store, and leaves both at rest with the same tasks, events, queues and workers.

mod compare;
mod made;
mod operation;
mod saved;
mod schedules;
mod strategy;

pub use compare::{replay, replay_among};
pub use operation::{Operation, Pick};
pub use strategy::history;
