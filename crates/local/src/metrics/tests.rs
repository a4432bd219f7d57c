use super::*;

#[test]
fn a_report_is_for_people() {
    let start = Timestamp::from_micros(1_000_000);
    let mut meters = Meters::new(start);
    for _ in 0..4 {
        meters.submitted(Priority::High);
    }
    meters.submitted(Priority::Low);
    for phase in [
        Phase::Completed,
        Phase::Completed,
        Phase::Completed,
        Phase::Failed,
    ] {
        meters.started(Priority::High, Duration::from_millis(2));
        meters.ended(phase, Duration::from_millis(10), start);
    }
    let metrics = meters.read(start + Duration::from_secs(1), 8, 0);
    assert_eq!(metrics.success_rate(), Some(0.75));
    assert_eq!(metrics.queued(), 1);
    let report = metrics.to_string();
    let expected = "workers    0 of 8 busy, 3.0 tasks/s
queued     1  critical 0  high 0  normal 0  low 1
tasks      5 submitted  3 completed  1 failed  0 timed out  0 cancelled  0 expired  0 rejected
           0 retried  75.0 % succeeded
wait       p50 2.0ms  p95 2.0ms  p99 2.0ms  max 2.0ms
run        p50 10.0ms  p95 10.0ms  p99 10.0ms  max 10.0ms";
    assert_eq!(report, expected);
}
