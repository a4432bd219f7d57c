//! Why a task has not started: the words, and what follows from lanes and gates.
//!
//! Stores and the in-process scheduler answer in these words, from the very [`Dispatch`] that their claims go
//! by.
//!
//! [`Dispatch`]: crate::dispatch::Dispatch

mod lane;
mod place;
mod reason;
mod share;
mod start;
mod text;

pub use lane::{closings, undefined};
pub use place::{Lanes, Position, Standing, position};
pub use reason::{NearMiss, Reason};
pub use share::{End, Reach};
pub use start::{Basis, Estimate, Pace, estimate};
