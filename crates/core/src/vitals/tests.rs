use core::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const LATER: Timestamp = Timestamp::from_micros(5_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn pending() -> Vitals {
    Vitals::submitted(Priority::Normal, NOW, None, 3, NOW)
}

fn running() -> Vitals {
    let mut task = pending();
    task.lease(true).unwrap();
    task
}

fn assigned() -> Vitals {
    let mut task = pending();
    task.lease(false).unwrap();
    task
}

fn ended(decision: Decision) -> Vitals {
    let mut task = running();
    task.settle(decision, NOW).unwrap();
    task
}

#[test]
fn becoming_due_is_seen_before_it_is_noticed() {
    let task = Vitals::submitted(Priority::Normal, LATER, None, 3, NOW);
    assert_eq!(task.state_at(NOW), State::Scheduled);
    assert_eq!(task.state_at(LATER), State::Pending);
    assert_eq!(task.state, State::Scheduled);
}

#[test]
fn a_claim_counts_and_charges() {
    let task = assigned();
    assert_eq!(
        (task.state, task.attempt, task.spent),
        (State::Assigned, 1, 1)
    );
    let mut again = running();
    assert_eq!(
        again.lease(true),
        Err(InvalidTransition {
            from: State::Running,
            to: State::Running
        })
    );
}

#[test]
fn only_what_was_assigned_starts() {
    let mut task = assigned();
    task.start().unwrap();
    assert_eq!(task.state, State::Running);
    assert!(task.start().is_err());
    assert!(pending().start().is_err());
}

#[test]
fn what_never_began_can_only_be_handed_back_or_cancelled() {
    for decision in [
        Decision::Complete,
        Decision::Fail,
        Decision::TimeOut,
        Decision::Retry(SECOND),
    ] {
        assert!(assigned().settle(decision, NOW).is_err(), "{decision:?}");
    }
    let mut task = assigned();
    assert_eq!(
        task.settle(Decision::HandBack, NOW),
        Ok(EventKind::HandedBack)
    );
    assert_eq!(
        (task.state, task.spent, task.attempt),
        (State::Pending, 0, 1)
    );
}

#[test]
fn retry_is_charged_snooze_and_hand_back_are_not() {
    let retried = ended(Decision::Retry(SECOND));
    assert_eq!((retried.state, retried.spent), (State::Retrying, 1));
    assert_eq!(retried.due_at, NOW + SECOND);
    let snoozed = ended(Decision::Snooze(SECOND));
    assert_eq!((snoozed.state, snoozed.spent), (State::Retrying, 0));
    let back = ended(Decision::HandBack);
    assert_eq!(
        (back.state, back.spent, back.due_at),
        (State::Pending, 0, NOW)
    );
}

#[test]
fn an_end_happens_once() {
    let mut task = ended(Decision::Complete);
    for decision in [Decision::Complete, Decision::Fail, Decision::HandBack] {
        assert!(task.settle(decision, NOW).is_err());
    }
}

#[test]
fn a_cancel_request_turns_waiting_again_into_cancelled_and_leaves_ends_alone() {
    let asked = |decision| {
        let mut task = running();
        assert_eq!(task.cancel(), Ok(Some(EventKind::CancelRequested)));
        assert_eq!(task.cancel(), Ok(None));
        task.settle(decision, NOW).unwrap();
        task.state
    };
    assert_eq!(asked(Decision::Retry(SECOND)), State::Cancelled);
    assert_eq!(asked(Decision::Snooze(SECOND)), State::Cancelled);
    assert_eq!(asked(Decision::HandBack), State::Cancelled);
    assert_eq!(asked(Decision::Complete), State::Completed);
    assert_eq!(asked(Decision::Fail), State::Failed);
}

#[test]
fn a_lost_running_attempt_is_counted_and_at_the_limit_fails() {
    let mut task = pending();
    for n in 1..=3 {
        task.lease(true).unwrap();
        let loss = task.lose().unwrap();
        assert!(loss.counted);
        assert_eq!((task.lost, task.spent, task.attempt), (n, 0, n));
    }
    assert_eq!(task.state, State::Failed);
}

#[test]
fn a_lapsed_assigned_attempt_costs_nothing() {
    let mut task = assigned();
    assert_eq!(
        task.lose(),
        Ok(Loss {
            event: EventKind::HandedBack,
            counted: false
        })
    );
    assert_eq!((task.state, task.lost, task.spent), (State::Pending, 0, 0));
    assert!(!task.is_suspect());
}

#[test]
fn a_lost_attempt_that_was_to_be_cancelled_is_cancelled() {
    let mut task = running();
    task.cancel().unwrap();
    assert_eq!(task.lose().unwrap().event, EventKind::Cancelled);
}

#[test]
fn cancel_takes_effect_at_once_unless_it_runs() {
    for mut task in [pending(), assigned(), ended(Decision::Retry(SECOND))] {
        assert_eq!(task.cancel(), Ok(Some(EventKind::Cancelled)));
    }
    assert_eq!(
        ended(Decision::Complete).cancel(),
        Err(InvalidTransition {
            from: State::Completed,
            to: State::Cancelled
        })
    );
}

#[test]
fn a_manual_retry_starts_over_but_keeps_attempt_numbers() {
    let mut task = ended(Decision::Fail);
    task.deadlines = Deadlines::new(Some(NOW), Some(NOW));
    task.retry(LATER).unwrap();
    assert_eq!(
        (task.state, task.spent, task.attempt),
        (State::Pending, 0, 1)
    );
    assert_eq!((task.due_at, task.deadlines), (LATER, Deadlines::NONE));
    assert!(ended(Decision::Complete).retry(NOW).is_err());
    assert!(pending().retry(NOW).is_err());
}

#[test]
fn reschedule_moves_what_waits_and_nothing_else() {
    let mut task = pending();
    task.reschedule(LATER, NOW).unwrap();
    assert_eq!((task.state, task.due_at), (State::Scheduled, LATER));
    task.reschedule(NOW, NOW).unwrap();
    assert_eq!(task.state, State::Pending);
    let mut retrying = ended(Decision::Retry(SECOND));
    retrying.reschedule(LATER, NOW).unwrap();
    assert_eq!(retrying.state, State::Retrying);
    assert!(running().reschedule(LATER, NOW).is_err());
    assert!(ended(Decision::Fail).reschedule(LATER, NOW).is_err());
}

#[test]
fn priority_changes_until_the_end() {
    let mut task = running();
    assert_eq!(
        task.reprioritise(Priority::High),
        Ok(Some(EventKind::Reprioritised))
    );
    assert_eq!(task.reprioritise(Priority::High), Ok(None));
    assert!(ended(Decision::Fail).reprioritise(Priority::Low).is_err());
}

#[test]
fn only_what_waits_expires() {
    assert_eq!(pending().expire(), Ok(EventKind::Expired));
    assert!(running().expire().is_err());
    assert!(assigned().expire().is_err());
    assert!(ended(Decision::Complete).expire().is_err());
}

#[test]
fn only_what_has_ended_can_be_discarded() {
    for state in State::ALL {
        let mut task = pending();
        task.state = state;
        let expected = if state.is_final() {
            Ok(())
        } else {
            Err(Unfinished { state })
        };
        assert_eq!(task.discard(), expected);
    }
}

#[test]
fn what_waits_beyond_either_deadline_is_overdue() {
    for deadlines in [
        Deadlines::new(Some(NOW), Some(LATER)),
        Deadlines::new(Some(LATER), Some(NOW)),
        Deadlines::new(None, Some(NOW)),
    ] {
        let mut task = pending();
        task.deadlines = deadlines;
        assert!(!task.is_overdue(Timestamp::from_micros(999_999)));
        assert!(task.is_overdue(NOW), "{deadlines:?}");
        assert_eq!(task.expire(), Ok(EventKind::Expired));
    }
    assert!(!pending().is_overdue(Timestamp::MAX));
}

#[test]
fn a_task_knows_how_long_it_may_still_take() {
    assert_eq!(pending().time_left(NOW), None);
    let task = pending().finish_by(Some(LATER));
    assert_eq!(task.time_left(NOW), Some(4 * SECOND));
    assert_eq!(task.time_left(LATER + SECOND), Some(Duration::ZERO));
}

#[test]
fn deadlines_cost_no_more_than_two_instants() {
    assert_eq!(size_of::<Deadlines>(), 2 * size_of::<Timestamp>());
    assert_eq!(size_of::<Vitals>(), 48);
}
