//! Files of tasks: read, expanded, run, and summed up.
#![forbid(unsafe_code)]
