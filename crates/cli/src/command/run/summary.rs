//! The summary, for people.

use std::time::Duration;

use console::{measure_text_width, truncate_str};
use duly_run::{GroupSummary, Overtake, Summary};

use crate::output::{self, Table};

/// Columns of a group's name where there is no room for all of it.
const NAME_MIN: usize = 12;

/// A column of the table of groups.
struct Column {
    head: &'static str,
    cell: fn(&GroupSummary) -> String,
    /// Whether there is something to show.
    is_wanted: fn(&Summary) -> bool,
    /// It is left out where there is no room: the highest first.
    detail: u8,
}

const fn column(head: &'static str, detail: u8, cell: fn(&GroupSummary) -> String) -> Column {
    Column {
        head,
        cell,
        is_wanted: |_| true,
        detail,
    }
}

const COLUMNS: [Column; 11] = [
    column("TOTAL", 0, |group| group.total.to_string()),
    column("DONE", 0, |group| group.done.to_string()),
    column("FAILED", 0, |group| group.failed.to_string()),
    Column {
        is_wanted: |summary| summary.groups.iter().any(|group| group.cancelled > 0),
        ..column("CALLED OFF", 0, |group| group.cancelled.to_string())
    },
    Column {
        is_wanted: |summary| summary.groups.iter().any(|group| group.left > 0),
        ..column("LEFT", 0, |group| group.left.to_string())
    },
    column("RETRIED", 0, |group| group.retried.to_string()),
    column("WAITED", 0, |group| short(group.waited.median)),
    column("AT MOST", 1, |group| short(group.waited.longest)),
    column("RAN", 0, |group| short(group.ran.median)),
    column("AT MOST", 1, |group| short(group.ran.longest)),
    column("IN ALL", 2, |group| short(group.ran.total)),
];

/// The table of groups, and what overtook what, for a terminal this wide, or whoever else reads it.
pub(super) fn text(summary: &Summary, room: Option<usize>) -> String {
    let mut text = match room {
        None => table(summary, u8::MAX, usize::MAX),
        Some(room) => fitting(summary, room),
    };
    for (index, overtake) in summary.overtakes.iter().enumerate() {
        let gap = if index == 0 { "\n\n" } else { "\n" };
        text = format!("{text}{gap}{}", overtaken(overtake));
    }
    text
}

/// The most telling table that fits, or the least if none does.
fn fitting(summary: &Summary, room: usize) -> String {
    let width = |text: &str| {
        text.lines()
            .map(measure_text_width)
            .max()
            .unwrap_or_default()
    };
    for detail in [2, 1, 0] {
        let text = table(summary, detail, usize::MAX);
        if width(&text) <= room {
            return text;
        }
    }
    let names = summary.groups.iter().map(|group| group.name.as_str());
    let longest = names.map(measure_text_width).max().unwrap_or_default();
    let surplus = width(&table(summary, 0, usize::MAX)).saturating_sub(room);
    table(summary, 0, longest.saturating_sub(surplus).max(NAME_MIN))
}

fn table(summary: &Summary, detail: u8, name_max: usize) -> String {
    let is_shown = |column: &&Column| column.detail <= detail && (column.is_wanted)(summary);
    let columns: Vec<_> = COLUMNS.iter().filter(is_shown).collect();
    let mut head = vec!["GROUP"];
    head.extend(columns.iter().map(|column| column.head));
    let mut table = Table::new(&head);
    for group in &summary.groups {
        let name = output::printable(&group.name);
        let mut row = vec![truncate_str(&name, name_max, "…").into_owned()];
        row.extend(columns.iter().map(|column| (column.cell)(group)));
        table.row(row);
    }
    table.for_people(None).unwrap_or_default()
}

fn overtaken(overtake: &Overtake) -> String {
    let began = match overtake.before_it {
        0 => "began next".to_owned(),
        1 => "began after one other".to_owned(),
        others => format!("began after {others} others"),
    };
    format!(
        "{}: {} came when {} stood in line and {began}, after {}",
        overtake.priority,
        output::printable(&overtake.name),
        output::many(overtake.in_line as u64, "task"),
        short(overtake.waited)
    )
}

/// A duration with about three digits.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        whole @ 0..120 if duration.subsec_nanos() == 0 => format!("{whole}s"),
        0..10 => format!("{seconds:.2}s"),
        10..120 => format!("{seconds:.1}s"),
        120..7_200 => format!("{:.1}m", seconds / 60.0),
        _ => format!("{:.1}h", seconds / 3_600.0),
    }
}

/// So many tasks.
pub(super) fn tasks(number: usize) -> String {
    output::many(number as u64, "task")
}

/// The first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_run::{Outcome, Spread};

    #[test]
    fn durations_have_about_three_digits() {
        for (ms, shown) in [
            (0, "0s"),
            (1, "0.00s"),
            (10_000, "10s"),
            (1_234, "1.23s"),
            (12_340, "12.3s"),
            (150_000, "2.5m"),
            (9_000_000, "2.5h"),
        ] {
            assert_eq!(short(Duration::from_millis(ms)), shown);
        }
    }

    fn summary(left: usize) -> Summary {
        let group = GroupSummary {
            name: "a group with a rather long name".to_owned(),
            total: 10,
            done: 10 - left,
            failed: 0,
            cancelled: 0,
            left,
            retried: 3,
            waited: Spread::default(),
            ran: Spread::default(),
        };
        Summary {
            outcome: Outcome::Done,
            round: 1,
            over_before: 0,
            left_out: 0,
            wall: Duration::ZERO,
            groups: vec![group],
            overtakes: Vec::new(),
            failures: Vec::new(),
        }
    }

    fn head(left: usize, room: Option<usize>) -> String {
        let text = text(&summary(left), room);
        let widest = text.lines().map(measure_text_width).max();
        assert!(room.is_none_or(|room| widest <= Some(room)), "{text}");
        let words: Vec<_> = text.lines().next().unwrap().split_whitespace().collect();
        words.join(" ")
    }

    #[test]
    fn a_narrow_terminal_is_told_less_and_never_in_two_rows() {
        let whole = "GROUP TOTAL DONE FAILED RETRIED WAITED AT MOST RAN AT MOST IN ALL";
        assert_eq!(head(0, None), whole);
        assert_eq!(head(0, Some(120)), whole);
        assert_eq!(head(0, Some(95)), whole.strip_suffix(" IN ALL").unwrap());
        let least = "GROUP TOTAL DONE FAILED RETRIED WAITED RAN";
        assert_eq!(head(0, Some(80)), least);
        assert_eq!(head(0, Some(55)), least);
    }

    #[test]
    fn what_is_left_has_a_column_if_anything_is() {
        assert!(head(4, None).contains("FAILED LEFT RETRIED"));
    }
}
