use super::*;
use crate::Payload;
use crate::When;
use duly_core::{AttemptRef, Backoff, Jitter, TaskId};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

fn new() -> NewTask {
    NewTask::new(TaskId::from_bytes([1; 16]), "kind", Payload::default())
}

fn field(change: impl FnOnce(&mut NewTask)) -> &'static str {
    let mut task = new();
    change(&mut task);
    match submit(&Submit::one(task), NOW) {
        Err(SubmitError::InvalidInput { index: 0, source }) => source.field,
        other => panic!("expected InvalidInput, got {other:?}"),
    }
}

#[test]
fn a_plain_task_passes() {
    assert_eq!(submit(&Submit::one(new()), NOW), Ok(()));
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(field(|t| t.kind = "".into()), "kind");
    assert_eq!(field(|t| t.queue = "a\nb".into()), "queue");
    assert_eq!(field(|t| t.queue = "q".repeat(129).into()), "queue");
    assert_eq!(
        field(|t| t.payload = Payload::bytes(vec![0; (1 << 20) + 1])),
        "payload"
    );
    assert_eq!(field(|t| t.timeout = Some(Duration::ZERO)), "timeout");
    assert_eq!(field(|t| t.retry.attempts_max = 0), "retry.attempts_max");
    assert_eq!(field(|t| t.lost_max = 0), "lost_max");
    assert_eq!(field(|t| t.unique = Some("".into())), "unique_key");
    assert_eq!(
        field(|t| t.labels = (0..33).map(|n| (n.to_string(), String::new())).collect()),
        "labels"
    );
}

#[test]
fn reserved_labels_have_a_bound_of_their_own() {
    let named = |reserved: usize| {
        let own = (0..LABELS_MAX).map(|n| (n.to_string(), String::new()));
        let reserved = (0..reserved).map(|n| (format!("duly.{n}"), String::new()));
        own.chain(reserved).collect::<Labels>()
    };
    assert_eq!(labels(&named(RESERVED_LABELS_MAX)), Ok(()));
    let refusal = labels(&named(RESERVED_LABELS_MAX + 1)).unwrap_err();
    assert_eq!(refusal.value, "9 reserved labels");
}

#[test]
fn absurd_times_are_named() {
    use crate::bounds::AHEAD_MAX;
    let far = NOW + AHEAD_MAX + Duration::from_secs(1);
    assert_eq!(field(|t| t.due = When::After(Duration::MAX)), "due");
    assert_eq!(field(|t| t.due = When::At(far)), "due");
    assert_eq!(field(|t| t.deadline = Some(When::At(far))), "deadline");
    assert_eq!(field(|t| t.timeout = Some(Duration::MAX)), "timeout");
    let year = duly_core::DELAY_MAX + Duration::from_micros(1);
    let fixed = Backoff::Fixed { delay: year };
    assert_eq!(field(|t| t.retry.backoff = fixed), "retry.backoff.delay");
    let (step, ceiling) = (Duration::ZERO, year);
    let linear = Backoff::Linear { step, ceiling };
    assert_eq!(field(|t| t.retry.backoff = linear), "retry.backoff.ceiling");
    let (base, ceiling) = (year, Duration::ZERO);
    let doubling = Backoff::Exponential { base, ceiling };
    assert_eq!(field(|t| t.retry.backoff = doubling), "retry.backoff.base");
    let jitter = Jitter::Proportional { permille: 1_001 };
    assert_eq!(field(|t| t.retry.jitter = jitter), "retry.jitter.permille");
    let mut latest = new();
    latest.due = When::At(NOW + AHEAD_MAX);
    latest.retry.jitter = Jitter::Proportional { permille: 1_000 };
    assert_eq!(submit(&Submit::one(latest), NOW), Ok(()));
}

#[test]
fn a_settlement_that_waits_too_long_is_refused() {
    let attempt = AttemptRef {
        task: TaskId::from_bytes([1; 16]),
        attempt: 1,
    };
    for decision in [Decision::Retry, Decision::Snooze] {
        let refused = settlement(&Settlement::new(attempt, decision(Duration::MAX)));
        assert_eq!(refused.unwrap_err().field, "decision");
        let fine = Settlement::new(attempt, decision(duly_core::DELAY_MAX));
        assert_eq!(settlement(&fine), Ok(()));
    }
}

#[test]
fn progress_is_moved_into_its_range() {
    for (said, kept) in [(-1.0, 0.0), (0.25, 0.25), (7.0, 1.0), (f32::NAN, 0.0)] {
        let text = "x".repeat(PROGRESS_BYTES_MAX + 1);
        let progress = progress(Progress {
            fraction: said,
            text,
        });
        assert!((progress.fraction - kept).abs() < f32::EPSILON, "{said}");
        assert!(progress.text.len() <= PROGRESS_BYTES_MAX);
    }
}

#[test]
fn an_error_text_is_cut_at_a_character() {
    let cut = cut_error("ü".repeat(ERROR_BYTES_MAX));
    assert!(cut.len() <= ERROR_BYTES_MAX && cut.ends_with("ü…"));
    assert_eq!(cut_error("short".into()), "short");
}
