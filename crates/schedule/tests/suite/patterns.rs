//! Patterns at random, of all that a pattern can hold.

use duly_schedule::Pattern;
use proptest::prelude::*;
use proptest::sample::select;

const MONTHS: &[&str] = &["jan", "FEB", "mar", "jun", "Dec"];
const WEEKDAYS: &[&str] = &["sun", "MON", "tue", "wed", "thu", "Fri", "sat"];

/// A list of numbers, ranges and steps.
fn numbers(min: u8, max: u8) -> BoxedStrategy<String> {
    let number = min..=max;
    let span = max - min + 1;
    let part = prop_oneof![
        number.clone().prop_map(|n| n.to_string()),
        (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        (number.clone(), number, 1..=span).prop_map(|(a, b, step)| format!(
            "{}-{}/{step}",
            a.min(b),
            a.max(b)
        )),
    ];
    proptest::collection::vec(part, 1..4)
        .prop_map(|parts| parts.join(","))
        .boxed()
}

fn star() -> BoxedStrategy<String> {
    Just("*".to_owned()).boxed()
}

fn stepped(span: u8) -> BoxedStrategy<String> {
    (1..=span).prop_map(|step| format!("*/{step}")).boxed()
}

fn field(min: u8, max: u8) -> BoxedStrategy<String> {
    prop_oneof![star(), stepped(max - min + 1), numbers(min, max)].boxed()
}

fn day() -> BoxedStrategy<String> {
    prop_oneof![
        3 => star(),
        2 => numbers(1, 31),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        1 => (1..=31_u8).prop_map(|day| format!("{day}W")),
    ]
    .boxed()
}

fn weekday() -> BoxedStrategy<String> {
    prop_oneof![
        3 => star(),
        2 => numbers(0, 6),
        1 => select(WEEKDAYS).prop_map(str::to_owned),
        1 => (select(WEEKDAYS), 1..=5_u8).prop_map(|(day, week)| format!("{day}#{week}")),
        1 => (0..=6_u8).prop_map(|day| format!("{day}#L")),
    ]
    .boxed()
}

/// Patterns that other implementations read as this one does.
pub(crate) fn common() -> impl Strategy<Value = String> {
    let month = prop_oneof![3 => field(1, 12), 1 => select(MONTHS).prop_map(str::to_owned)];
    let fields = (
        prop_oneof![
            Just(String::new()),
            field(0, 59).prop_map(|second| second + " ")
        ],
        field(0, 59),
        field(0, 23),
        day(),
        month,
        weekday(),
    );
    let text = fields.prop_map(|(second, minute, hour, day, month, weekday)| {
        format!("{second}{minute} {hour} {day} {month} {weekday}")
    });
    text.prop_filter("some never come", |text| text.parse::<Pattern>().is_ok())
}

/// All patterns.
pub(crate) fn pattern() -> impl Strategy<Value = String> {
    let day = prop_oneof![
        2 => day(),
        1 => stepped(31),
        1 => Just("?".to_owned()),
        1 => (0..=30_u8).prop_map(|before| format!("L-{before}")),
        1 => (numbers(1, 31), 1..=31_u8).prop_map(|(days, near)| format!("{days},{near}W,L")),
        1 => (1..=31_u8, 1..=31_u8).prop_map(|(from, step)| format!("{from}/{step}")),
    ];
    let weekday = prop_oneof![
        2 => weekday(),
        1 => stepped(7),
        1 => Just("?".to_owned()),
        1 => select(WEEKDAYS).prop_map(|day| format!("{day}L")),
        1 => numbers(0, 7),
    ];
    let fields = (
        field(0, 59),
        field(0, 59),
        field(0, 23),
        day,
        field(1, 12),
        weekday,
    );
    let all = fields.prop_map(|(second, minute, hour, day, month, weekday)| {
        format!("{second} {minute} {hour} {day} {month} {weekday}")
    });
    let all = all.prop_filter("some never come", |text| text.parse::<Pattern>().is_ok());
    prop_oneof![all, common()]
}
