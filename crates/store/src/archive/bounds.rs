//! The named bounds of archives.

/// Bytes of one line: 64 MiB. The longest that there can be has a payload and a result of 1 MiB each in base64, and a
/// thousand events with errors of 8 KiB that are all escapes: 52 MiB.
pub const LINE_BYTES_MAX: usize = 64 << 20;
/// How deep JSON may be nested to be written as JSON: 100. (Many programs read no deeper than some hundreds.)
pub const JSON_DEPTH_MAX: usize = 100;
/// Queues of one archive.
pub const QUEUES_MAX: usize = 100_000;
/// Bytes of what a message quotes.
pub const QUOTE_BYTES_MAX: usize = 300;
