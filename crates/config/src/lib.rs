//! What may be set: the file, the environment, the command line, and what holds in the end.
#![forbid(unsafe_code)]
