//! The façade's rooms, by one name in this crate: the store's port, and what executes tasks.

pub(crate) use duly::key_of_fields;
pub(crate) use duly::store::*;
pub(crate) use duly::{
    Context, Control, Duly, Ended, House, Limits, Observer, Started, Verdict, WorkerBuilder,
};
