//! Backfills.

use duly_schedule::bounds::{BACKFILL_TICKS_MAX, STEP_TICKS_MAX};
use duly_schedule::{Backfill, Decision, InvalidBackfill, Overlap, Seed};

use crate::world::{at, cron, shown};

const SEED: Seed = Seed::from_bytes([9; 16]);

fn hours(from: &str, to: &str, overlap: Overlap) -> Result<Backfill, InvalidBackfill> {
    Backfill::new(&cron("0 * * * *", "UTC"), at(from), at(to), overlap, SEED)
}

#[test]
fn a_period_holds_its_beginning_and_not_its_end() {
    let rule = cron("0 * * * *", "UTC");
    let backfill = hours("2026-01-01 01:00", "2026-01-01 04:00", Overlap::Allow).unwrap();
    let step = backfill.step(&rule, true);
    let ticks: Vec<_> = step.decided.iter().map(|one| shown(one.tick.at)).collect();
    let expected = ["01", "02", "03"].map(|hour| format!("2026-01-01T{hour}:00:00Z"));
    assert_eq!(ticks, expected);
    assert!(
        step.decided
            .iter()
            .all(|one| one.tick.caught_up && one.decision == Decision::Fire)
    );
    assert!(
        step.decided
            .iter()
            .all(|one| one.tick.id == SEED.task_id(one.tick.at))
    );
    assert!(step.after.is_over());
    assert_eq!(step.after.step(&rule, false).decided, []);
}

#[test]
fn a_step_is_bounded_and_goes_on_where_it_ended() {
    let rule = cron("* * * * *", "UTC");
    let (from, to) = (at("2026-01-01"), at("2026-01-01 05:00"));
    let mut backfill = Backfill::new(&rule, from, to, Overlap::Allow, SEED).unwrap();
    let mut ticks = Vec::new();
    while !backfill.is_over() {
        let step = backfill.step(&rule, false);
        assert!((1..=STEP_TICKS_MAX).contains(&step.decided.len()));
        ticks.extend(step.decided.iter().map(|one| one.tick.at));
        backfill = step.after;
        assert_eq!(backfill.left(), 300 - ticks.len());
    }
    assert_eq!(ticks.len(), 300);
    assert!(ticks.is_sorted_by(|one, next| one < next) && ticks[0] == from);
}

#[test]
fn in_a_queue_each_waits_its_turn() {
    let rule = cron("0 * * * *", "UTC");
    let mut backfill = hours("2026-01-01 01:00", "2026-01-01 04:00", Overlap::QueueOne).unwrap();
    for left in [2, 1, 0] {
        assert_eq!(
            backfill.step(&rule, true).decided,
            [],
            "the one before is unfinished"
        );
        assert_eq!(backfill.step(&rule, true).after, backfill);
        let step = backfill.step(&rule, false);
        assert_eq!(step.decided.len(), 1);
        assert_eq!(step.decided[0].decision, Decision::Fire);
        backfill = step.after;
        assert_eq!(backfill.left(), left);
    }
    assert!(backfill.is_over());
}

#[test]
fn other_overlaps_mean_what_they_always_do() {
    let rule = cron("0 * * * *", "UTC");
    for (overlap, expected) in [
        (Overlap::Skip, [Decision::Fire, Decision::Skip]),
        (
            Overlap::CancelOld,
            [Decision::Fire, Decision::CancelOldAndFire],
        ),
    ] {
        let backfill = hours("2026-01-01 01:00", "2026-01-01 03:00", overlap).unwrap();
        let step = backfill.step(&rule, false);
        let decisions: Vec<_> = step.decided.iter().map(|one| one.decision).collect();
        assert_eq!(decisions, expected, "{overlap}");
        assert!(step.after.is_over());
    }
}

#[test]
fn a_rule_that_changed_meanwhile_ends_it_sooner() {
    let backfill = hours("2026-01-01 01:00", "2026-01-01 04:00", Overlap::Allow).unwrap();
    let step = backfill.step(&cron("0 2 * * *", "UTC"), false);
    assert_eq!(step.decided.len(), 1);
    assert!(step.after.is_over());
}

#[test]
fn nothing_and_too_much_are_refused() {
    let refused = |from, to| hours(from, to, Overlap::Allow).unwrap_err().to_string();
    assert_eq!(
        refused("2026-01-02", "2026-01-01"),
        "backfill to 2026-01-01T00:00:00Z is not valid: expected an instant after its beginning, \
         2026-01-02T00:00:00Z"
    );
    assert_eq!(
        refused("2026-01-01 00:01", "2026-01-01 00:59"),
        "backfill from 2026-01-01T00:01:00Z to 2026-01-01T00:59:00Z holds no tick: expected a period \
         with at least one"
    );
    // 10,000 hours are 416 days and 16 hours.
    assert_eq!(
        refused("2026-01-01", "2028-01-01"),
        "backfill from 2026-01-01T00:00:00Z to 2028-01-01T00:00:00Z holds more than 10000 ticks: \
         choose a shorter period, such as to 2027-02-21T16:00:00Z"
    );
    let most = hours("2026-01-01", "2027-02-21 16:00", Overlap::Allow).unwrap();
    assert_eq!(most.left(), BACKFILL_TICKS_MAX);
}
