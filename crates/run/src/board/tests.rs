use super::*;
use duly::{EventCursor, Name};

/// An instant of a test, in milliseconds.
pub(crate) fn ms(ms: i64) -> Timestamp {
    Timestamp::from_micros(ms * 1_000)
}

pub(crate) fn id(n: u8) -> TaskId {
    TaskId::from_bytes([n; 16])
}

pub(crate) fn entrant(n: u8, group: &str, priority: Priority) -> Entrant {
    Entrant {
        id: id(n),
        group: group.to_owned(),
        item: Some(format!("item {n}")),
        priority,
        state: State::Pending,
        due_at: None,
        error: None,
    }
}

pub(crate) fn event(n: u8, kind: EventKind, at: i64) -> Event {
    Event {
        sequence: at,
        cursor: EventCursor::after(at),
        task: id(n),
        task_kind: Name::from("shell"),
        queue: Name::from("run.a"),
        kind,
        at: ms(at),
        attempt: 1,
        worker: None,
        due_at: None,
        priority: None,
        error: None,
    }
}

fn board() -> Board {
    let entrants = vec![
        entrant(1, "a", Priority::Low),
        entrant(2, "a", Priority::Low),
        entrant(3, "b", Priority::High),
    ];
    Board::new(&["a", "b"], entrants)
}

fn take(board: &mut Board, n: u8, kind: EventKind, at: i64) -> Option<(usize, Change)> {
    board.take(&event(n, kind, at))
}

#[test]
fn counts_follow_events() {
    let mut board = board();
    for n in 1..=3 {
        assert_eq!(take(&mut board, n, EventKind::Submitted, 0), None);
    }
    assert_eq!(
        take(&mut board, 1, EventKind::Started, 5),
        Some((0, Change::Started))
    );
    assert_eq!(board.running(&board.groups()[0]).count(), 1);
    assert_eq!(
        take(&mut board, 1, EventKind::Retrying, 8),
        Some((0, Change::Retrying))
    );
    take(&mut board, 1, EventKind::Started, 10);
    assert_eq!(
        take(&mut board, 1, EventKind::Completed, 14),
        Some((0, Change::Ended))
    );
    take(&mut board, 2, EventKind::Started, 10);
    take(&mut board, 2, EventKind::TimedOut, 20);
    let group = &board.groups()[0];
    assert_eq!(
        (group.done, group.failed, group.retried, group.is_over()),
        (1, 1, 1, true)
    );
    assert!(!board.is_over());
    take(&mut board, 3, EventKind::Cancelled, 30);
    assert!(board.is_over());
    assert_eq!(board.counts(), (3, 3));
    let first = &board.tasks()[0];
    assert_eq!((first.due_at, first.began_at), (Some(ms(0)), Some(ms(5))));
    assert_eq!(first.ran, [3, 4].map(Duration::from_millis));
}

#[test]
fn a_task_that_is_put_back_in_line_counts_anew() {
    let mut board = board();
    take(&mut board, 3, EventKind::Started, 1);
    take(&mut board, 3, EventKind::Failed, 2);
    assert_eq!(board.groups()[1].failed, 1);
    assert_eq!(
        take(&mut board, 3, EventKind::Retried, 9),
        Some((2, Change::Revived))
    );
    let task = &board.tasks()[2];
    assert_eq!((task.due_at, task.began_at), (Some(ms(9)), None));
    assert_eq!(board.groups()[1].failed, 0);
}

#[test]
fn what_is_not_of_the_round_is_passed_over() {
    assert_eq!(take(&mut board(), 9, EventKind::Started, 1), None);
}

#[test]
fn what_events_no_longer_tell_is_taken_from_the_record() {
    let done = Entrant {
        state: State::Completed,
        ..entrant(1, "gone", Priority::Low)
    };
    let board = Board::new(&["a"], vec![done]);
    assert_eq!(board.groups()[1].name, "gone");
    assert!(board.is_over());
}
