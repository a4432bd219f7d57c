//! Kinds of tasks that the server executes itself.

pub mod http;
