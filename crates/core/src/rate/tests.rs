use super::*;

const START: i64 = 1_700_000_000_000_000;

fn at(us: i64) -> Timestamp {
    Timestamp::from_micros(START + us)
}

/// The instants, after the start, at which an eager taker gets `count` permits.
fn eager(rate: &Rate, count: usize) -> alloc::vec::Vec<i64> {
    let mut state = RateState::default();
    let mut now = at(0);
    (0..count)
        .map(|_| {
            if let Err(ready) = state.take(rate, now) {
                now = ready;
                state.take(rate, now).expect("it said so");
            }
            now.as_micros() - START
        })
        .collect()
}

#[test]
fn a_burst_then_steady() {
    let rate = Rate::new(5, Duration::from_secs(1));
    assert_eq!(eager(&rate, 8), [0, 0, 0, 0, 0, 200_000, 400_000, 600_000]);
    assert_eq!(eager(&rate.burst(1), 3), [0, 200_000, 400_000]);
    assert_eq!(eager(&rate.burst(0), 3), [0, 200_000, 400_000]);
}

#[test]
fn what_divides_unevenly_does_not_drift() {
    let rate = Rate::new(7, Duration::from_secs(1)).burst(1);
    let taken = eager(&rate, 7_001);
    assert_eq!(taken[1], 142_858, "never early");
    assert_eq!(taken[7_000], 1_000_000_000, "and after 1,000 s not late");
}

#[test]
fn credit_is_no_larger_than_the_burst() {
    let rate = Rate::new(5, Duration::from_secs(1)).burst(2);
    let mut state = RateState::default();
    assert!(state.take(&rate, at(0)).is_ok());
    let later = at(3_600_000_000);
    assert!(state.take(&rate, later).is_ok() && state.take(&rate, later).is_ok());
    assert_eq!(state.take(&rate, later), Err(at(3_600_200_000)));
}

#[test]
fn several_permits_together_wait_for_all_of_them() {
    let rate = Rate::new(10, Duration::from_secs(1)).burst(3);
    let mut state = RateState::default();
    assert!(state.take_many(&rate, 3, at(0)).is_ok());
    assert_eq!(state.take_many(&rate, 2, at(0)), Err(at(200_000)));
    assert_eq!(state.ready_at_for(&rate, 1, at(0)), at(100_000));
    assert!(state.take_many(&rate, 2, at(200_000)).is_ok());
    assert_eq!(state.take(&rate, at(200_000)), Err(at(300_000)));
    assert_eq!(state.ready_at_for(&rate, 4, at(0)), Timestamp::MAX, "never");
}

#[test]
fn the_account_survives_as_text() {
    let rate = Rate::new(7, Duration::from_secs(1)).burst(1);
    let mut state = RateState::default();
    assert_eq!(RateState::from_text(&state.to_text()), Some(state));
    state.take(&rate, at(3)).unwrap();
    assert_eq!(RateState::from_text(&state.to_text()), Some(state));
    assert_eq!(RateState::from_text("soon"), None);
}

#[test]
fn a_rate_that_is_changed_keeps_whom_it_made_wait_but_not_for_ever() {
    let slow = Rate::new(1, Duration::from_secs(3_600)).burst(1);
    let fast = Rate::new(1, Duration::from_secs(1)).burst(1);
    let mut state = RateState::default();
    state.take(&fast, at(0)).unwrap();
    assert_eq!(
        state.moved(&fast, &slow, at(0)).ready_at(&slow, at(0)),
        at(1_000_000)
    );
    state = RateState::default();
    state.take(&slow, at(0)).unwrap();
    assert_eq!(
        state.moved(&slow, &fast, at(0)).ready_at(&fast, at(0)),
        at(1_000_000)
    );
}

#[test]
fn a_clock_that_goes_back_gives_no_permit_twice() {
    let rate = Rate::new(1, Duration::from_secs(1));
    let mut state = RateState::default();
    assert!(state.take(&rate, at(5_000_000)).is_ok());
    assert_eq!(state.take(&rate, at(0)), Err(at(6_000_000)));
}

#[test]
fn a_clock_that_was_far_ahead_closes_nothing_for_as_long() {
    let rate = Rate::new(2, Duration::from_secs(10)).burst(3);
    let years = 4 * 366 * 86_400_000_000;
    let mut state = RateState::default();
    state.take(&rate, at(years)).unwrap();
    assert_eq!(state.take_many(&rate, 3, at(0)), Err(at(15_000_000)));
    assert_eq!(state.take(&rate, at(4_999_999)), Err(at(5_000_000)));
    assert!(
        state.take(&rate, at(5_000_000)).is_ok(),
        "it was cut for good"
    );
    assert_eq!(state.take(&rate, at(5_000_000)), Err(at(10_000_000)));
}

#[test]
fn absurd_accounts_are_refused_and_the_largest_overflow_nothing() {
    for absurd in [i128::MAX, i128::MIN, 1 + (1 << 88), -(1 + (1 << 88))] {
        assert_eq!(RateState::from_text(&absurd.to_string()), None, "{absurd}");
    }
    let rates = [(1, 1), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)];
    let rates = rates.map(|(permits, burst)| Rate::new(permits, Duration::MAX).burst(burst));
    for text in [
        "309485009821345068724781056",
        "-309485009821345068724781056",
    ] {
        for (rate, other) in rates
            .iter()
            .flat_map(|one| rates.iter().map(move |two| (one, two)))
        {
            for now in [Timestamp::MIN, at(0), Timestamp::MAX] {
                let mut state = RateState::from_text(text).unwrap();
                let ready = state.ready_at(rate, now);
                assert_eq!(ready <= now, state.is_ready(rate, now));
                let _fits = state.moved(rate, other, now).ready_at(other, now);
                assert_eq!(state.take(rate, now).is_ok(), ready <= now);
                assert!(!text.starts_with('-') || ready <= now, "{rate:?}");
            }
        }
    }
}

#[test]
fn absurd_rates_are_bounded() {
    let rate = Rate::new(0, Duration::ZERO);
    assert_eq!(eager(&rate, 3), [0, 1, 2]);
    let rate = Rate::new(u32::MAX, Duration::MAX).burst(u32::MAX);
    let mut state = RateState::default();
    assert!(state.take(&rate, Timestamp::MAX).is_ok());
    assert!(state.take(&rate, Timestamp::MAX).is_ok());
    assert!(Rate::new(1, Duration::MAX).burst(1) == Rate::new(1, crate::DELAY_MAX).burst(1));
}

/// By a clock that is set forward and back at random, an eager taker of one to three permits at a time:
/// what started, and how much time the clock had let pass by then, steps back not counted.
fn by_a_restless_clock(rate: &Rate, seed: u64) -> alloc::vec::Vec<(i64, u32)> {
    let mut random = seed;
    let mut below = |end: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from((random >> 33) % end).unwrap()
    };
    let mut state = RateState::default();
    let (mut now, mut passed) = (at(0), 0);
    let mut taken = alloc::vec::Vec::new();
    let (burst, period) = (i64::from(rate.bursts()), rate.period_us.cast_signed());
    let wait_max = burst * period / i64::from(rate.permits()) + 60_000_001;
    for _ in 0..400 {
        let by = match below(20) {
            0 => below(400_000_000) - 200_000_000,
            1 => below(2_000_000) - 1_000_000,
            _ => below(1_500_000),
        };
        passed += by.max(0);
        now = Timestamp::from_micros(now.as_micros() + by);
        let permits = u32::try_from(below(3)).unwrap() + 1;
        match state.take_many(rate, permits, now) {
            Ok(()) => taken.push((passed, permits)),
            Err(ready) => assert!(ready.as_micros() - now.as_micros() <= wait_max),
        }
    }
    taken
}

#[test]
fn a_clock_that_is_set_back_lets_no_more_through_than_one_that_stands() {
    for seed in 1..=50 {
        let rate = Rate::new(2, Duration::from_secs(3)).burst(3 + (seed % 5) as u32);
        let taken = by_a_restless_clock(&rate, seed);
        assert!(taken.len() > 50, "{}", taken.len());
        for (from, (first, _)) in taken.iter().enumerate() {
            let mut sum = 0;
            for (last, permits) in &taken[from..] {
                sum += i64::from(*permits);
                let most = i64::from(rate.bursts()) + (last - first + 1) * 2 / 3_000_000;
                assert!(
                    sum <= most,
                    "{sum} of {most} in {} us, seed {seed}",
                    last - first
                );
            }
        }
    }
}
