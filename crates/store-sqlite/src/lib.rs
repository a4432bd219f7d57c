//! The store in one SQLite file: the embedded default.
//!
//! One thread writes, and commits many operations at once; a few threads read. Several processes may
//! share a file: one that is busy is waited for, and commits of others wake this one's listeners.
#![forbid(unsafe_code)]

mod attachment;
mod book;
mod change;
mod claim;
mod connection;
mod done;
mod error;
mod event;
mod explain;
mod file;
mod home;
mod house;
mod inside;
mod kind;
mod limit;
mod list;
mod live;
mod log;
mod matching;
mod message;
mod migration;
mod open;
mod options;
mod pens;
mod pick;
#[cfg(test)]
mod plan;
mod promote;
mod queue;
mod reader;
mod record;
mod room;
mod row;
mod save;
mod schedule;
mod settle;
#[cfg(test)]
mod steps;
mod store;
mod submit;
mod task;
mod tenant;
mod term;
mod transaction;
mod unique;
mod worker;
mod writer;

pub use error::OpenError;
pub use inside::SubmitInError;
pub use options::{Options, Synchronous};
pub use rusqlite;
pub use store::SqliteStore;
