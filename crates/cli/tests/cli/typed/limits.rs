//! What is typed wrong of limits.

use super::{Case, TOO_MANY};

/// What is said of limits, and of the order of a queue.
pub(super) const LIMITED: &[Case] = &[
    (&["limit", "set", "a"], "--concurrency", "--rate"),
    (
        &["limit", "set", "a", "--concurrency", "0"],
        "--concurrency",
        "0 is not in 1..=1000000",
    ),
    (
        &["limit", "set", "a", "--concurrency", "-1"],
        "--concurrency",
        "-1 is not in 1..=1000000",
    ),
    (
        &["limit", "set", "a", "--concurrency", TOO_MANY],
        "--concurrency",
        "too large",
    ),
    (
        &["limit", "set", "a", "--rate", "50"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "-5/1s"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "5/0s"],
        "--rate",
        "50/1s or 1000/1h",
    ),
    (
        &["limit", "set", "a", "--rate", "5/367d"],
        "--rate",
        "at most 366 days",
    ),
    (
        &["limit", "set", "a", "--rate", "9999999/1s"],
        "--rate",
        "at most 1000000 per",
    ),
    (
        &["limit", "set", "a", "--concurrency", "1", "--burst", "5"],
        "--rate",
        "required",
    ),
    (
        &["limit", "attach", "a"],
        "--queue <QUEUE>|--kind <KIND>|--tenant <TENANT>",
        "required",
    ),
    (
        &["limit", "attach", "a", "--kind", "b", "--queue", "c"],
        "--kind",
        "cannot be used with",
    ),
    (
        &["limit", "attach", "a", "--kind", "b", "--weight", "0"],
        "--weight",
        "0 is not in 1..=1000000",
    ),
    (
        &["limit", "detach", "a"],
        "--queue <QUEUE>|--kind <KIND>|--tenant <TENANT>",
        "required",
    ),
    (&["limit", "remove"], "<LIMIT>", "required"),
    (
        &["submit", "k", "--limit", "a:0"],
        "--limit",
        "a whole number from 1",
    ),
    (
        &["submit", "k", "--limit", "a", "--limit", "a:2"],
        "--limit",
        "\"a\" is given twice",
    ),
    (
        &["queue", "set", "a", "--order", "random"],
        "--order",
        "strict, aging:30s or deadline:10s",
    ),
    (
        &["queue", "set", "a", "--order", "aging:soon"],
        "--order",
        "strict, aging:30s or deadline:10s",
    ),
    (
        &["queue", "set", "a", "--fair", "--no-fair"],
        "--fair",
        "cannot be used with",
    ),
];
