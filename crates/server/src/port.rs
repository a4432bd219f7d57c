//! The store's port, by one name in this crate.

pub(crate) use duly_store::*;
