//! The summary, for people.

use std::time::Duration;

use duly_run::{GroupSummary, Overtake, Summary};

use crate::output::{self, Table};

/// The table of groups, and what overtook what.
pub(super) fn text(summary: &Summary) -> String {
    let mut table = Table::new(&[
        "GROUP", "TOTAL", "DONE", "FAILED", "RETRIED", "WAITED", "AT MOST", "RAN", "AT MOST",
        "IN ALL",
    ]);
    for group in &summary.groups {
        table.row(row(group));
    }
    let mut text = table.for_people(None).unwrap_or_default();
    for overtake in &summary.overtakes {
        text = format!("{text}\n{}", overtaken(overtake));
    }
    text
}

fn row(group: &GroupSummary) -> Vec<String> {
    let mut row = vec![output::printable(&group.name).into_owned()];
    row.extend([group.total, group.done, group.failed, group.retried].map(|n| n.to_string()));
    row.extend(
        [
            group.waited.median,
            group.waited.longest,
            group.ran.median,
            group.ran.longest,
            group.ran.total,
        ]
        .map(short),
    );
    row
}

fn overtaken(overtake: &Overtake) -> String {
    let began = match overtake.before_it {
        0 => "began next".to_owned(),
        1 => "began after one other".to_owned(),
        others => format!("began after {others} others"),
    };
    let stood = match overtake.in_line {
        1 => "1 task stood".to_owned(),
        tasks => format!("{tasks} tasks stood"),
    };
    format!(
        "{}: {} came when {stood} in line and {began}, after {}",
        overtake.priority,
        output::printable(&overtake.name),
        short(overtake.waited)
    )
}

/// A duration with about three digits.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        0..10 => format!("{seconds:.2}s"),
        10..120 => format!("{seconds:.1}s"),
        120..7_200 => format!("{:.1}m", seconds / 60.0),
        _ => format!("{:.1}h", seconds / 3_600.0),
    }
}

/// So many of something.
pub(super) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// The first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_about_three_digits() {
        for (ms, shown) in [
            (0, "0.00s"),
            (1_234, "1.23s"),
            (12_340, "12.3s"),
            (150_000, "2.5m"),
            (9_000_000, "2.5h"),
        ] {
            assert_eq!(short(Duration::from_millis(ms)), shown);
        }
    }
}
