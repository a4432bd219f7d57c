//! The guides and the README: their Rust is compiled, and run where it may be, as doctests are.

#[doc = include_str!("../../../README.md")]
struct Readme;

#[doc = include_str!("../../../docs/first-job.md")]
struct FirstJob;

#[doc = include_str!("../../../docs/deadlines.md")]
struct Deadlines;

#[doc = include_str!("../../../docs/explain.md")]
struct Explain;

#[doc = include_str!("../../../docs/in-process.md")]
struct InProcess;

#[doc = include_str!("../../../docs/limits.md")]
struct Limits;

#[doc = include_str!("../../../docs/priority-rules.md")]
struct PriorityRules;

#[doc = include_str!("../../../docs/retries.md")]
struct Retries;

#[doc = include_str!("../../../docs/schedules.md")]
struct Schedules;

#[doc = include_str!("../../../docs/shutdown.md")]
struct Shutdown;

#[doc = include_str!("../../../docs/testing.md")]
struct Testing;

#[doc = include_str!("../../../docs/transactions.md")]
struct Transactions;

#[doc = include_str!("../../../docs/unique.md")]
struct UniqueTasks;
