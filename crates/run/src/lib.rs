//! Files of tasks: read, expanded, run, and summed up.
#![forbid(unsafe_code)]

pub mod bounds;
mod error;
mod format;
mod items;
mod template;

pub use error::{FileError, Place};
pub use format::TaskFile;
