//! Telling somebody that a task is late, once.

use core::time::Duration;

use crate::{EventKind, Timestamp};

/// By which age, counted from its submission, somebody wants to hear that a task has not begun, or has
/// not ended; and what was told already.
///
/// ```
/// use core::time::Duration;
/// use duly_core::{Alerts, EventKind, Timestamp};
///
/// let submitted_at = Timestamp::from_micros(0);
/// let minute = Duration::from_secs(60);
/// let mut alerts = Alerts::new(Some(minute), Some(10 * minute));
/// assert_eq!(alerts.next_at(submitted_at), Some(submitted_at + minute));
///
/// let has_begun = false;
/// let told = alerts.tell(submitted_at, submitted_at + minute, has_begun);
/// assert_eq!(told, [Some(EventKind::LateToStart), None]);
/// assert_eq!(alerts.next_at(submitted_at), Some(submitted_at + 10 * minute));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// By this age an attempt must have begun.
    pub unstarted: Option<Duration>,
    /// By this age it must have ended.
    pub unfinished: Option<Duration>,
    /// It was told that none had begun.
    pub late_to_start: bool,
    /// It was told that it had not ended.
    pub late_to_finish: bool,
}

impl Alerts {
    /// Alerts of which none was given yet.
    #[must_use]
    pub const fn new(unstarted: Option<Duration>, unfinished: Option<Duration>) -> Self {
        Self {
            unstarted,
            unfinished,
            late_to_start: false,
            late_to_finish: false,
        }
    }

    /// Nobody wants to hear anything.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.unstarted.is_none() && self.unfinished.is_none()
    }

    /// When the first of those that were not given is due.
    #[must_use]
    pub fn next_at(&self, submitted_at: Timestamp) -> Option<Timestamp> {
        self.instants(submitted_at).into_iter().flatten().min()
    }

    /// When the first of those that were not given is due, of those that are due after `now`.
    #[must_use]
    pub fn next_after(&self, submitted_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let instants = self.instants(submitted_at).into_iter().flatten();
        instants.filter(|at| *at > now).min()
    }

    /// What is to be told at `now` of an unfinished task, in order: what is due, was not told, and is
    /// still so. From then on it counts as told.
    pub fn tell(
        &mut self,
        submitted_at: Timestamp,
        now: Timestamp,
        has_begun: bool,
    ) -> [Option<EventKind>; 2] {
        let [start, finish] = self.instants(submitted_at);
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let told = [
            (is_due(start) && !has_begun).then_some(EventKind::LateToStart),
            is_due(finish).then_some(EventKind::LateToFinish),
        ];
        self.late_to_start |= told[0].is_some();
        self.late_to_finish |= told[1].is_some();
        if finish < start {
            return [told[1], told[0]];
        }
        told
    }

    /// The task was put back in line at `now`: what was due while it lay there is not told any more.
    pub fn forget_missed(&mut self, submitted_at: Timestamp, now: Timestamp) {
        let [start, finish] = self.instants(submitted_at);
        let was_missed = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if was_missed(start) {
            self.unstarted = None;
        }
        if was_missed(finish) {
            self.unfinished = None;
        }
    }

    /// When each of those that were not given is due.
    fn instants(&self, submitted_at: Timestamp) -> [Option<Timestamp>; 2] {
        let at =
            |age: Option<Duration>, told: bool| age.filter(|_| !told).map(|age| submitted_at + age);
        [
            at(self.unstarted, self.late_to_start),
            at(self.unfinished, self.late_to_finish),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBMITTED: Timestamp = Timestamp::from_micros(1_000_000);
    const SECOND: Duration = Duration::from_secs(1);
    const START: Option<EventKind> = Some(EventKind::LateToStart);
    const FINISH: Option<EventKind> = Some(EventKind::LateToFinish);

    fn at(seconds: u32) -> Timestamp {
        SUBMITTED + seconds * SECOND
    }

    fn both(start: u32, finish: u32) -> Alerts {
        Alerts::new(Some(start * SECOND), Some(finish * SECOND))
    }

    #[test]
    fn each_is_told_once_and_not_before_its_time() {
        let mut alerts = both(2, 5);
        assert_eq!(alerts.tell(SUBMITTED, at(1), false), [None, None]);
        assert_eq!(alerts.tell(SUBMITTED, at(2), false), [START, None]);
        assert_eq!(alerts.tell(SUBMITTED, at(3), false), [None, None]);
        assert_eq!(alerts.next_at(SUBMITTED), Some(at(5)));
        assert_eq!(alerts.tell(SUBMITTED, at(9), true), [None, FINISH]);
        assert_eq!(alerts.tell(SUBMITTED, at(9), true), [None, None]);
        assert_eq!(alerts.next_at(SUBMITTED), None);
    }

    #[test]
    fn a_clock_that_is_set_back_tells_nothing_twice() {
        let mut alerts = both(2, 5);
        assert_eq!(alerts.tell(SUBMITTED, at(9), false), [START, FINISH]);
        assert_eq!(alerts.tell(SUBMITTED, at(2), false), [None, None]);
        assert_eq!(alerts.tell(SUBMITTED, at(9), false), [None, None]);
    }

    #[test]
    fn what_has_begun_is_not_late_to_start() {
        let mut alerts = both(2, 5);
        assert_eq!(alerts.tell(SUBMITTED, at(4), true), [None, None]);
        assert!(!alerts.late_to_start);
        assert_eq!(alerts.next_after(SUBMITTED, at(4)), Some(at(5)));
        assert_eq!(alerts.next_after(SUBMITTED, at(5)), None);
    }

    #[test]
    fn two_at_once_are_told_in_the_order_in_which_they_were_due() {
        assert_eq!(both(2, 5).tell(SUBMITTED, at(9), false), [START, FINISH]);
        assert_eq!(both(5, 2).tell(SUBMITTED, at(9), false), [FINISH, START]);
        assert_eq!(both(2, 2).tell(SUBMITTED, at(9), false), [START, FINISH]);
    }

    #[test]
    fn what_was_missed_while_it_lay_there_is_forgotten_but_not_what_was_told() {
        let mut alerts = both(2, 5);
        alerts.tell(SUBMITTED, at(2), false);
        alerts.forget_missed(SUBMITTED, at(4));
        assert_eq!(
            (alerts.unstarted, alerts.late_to_start),
            (Some(2 * SECOND), true)
        );
        assert_eq!(alerts.next_at(SUBMITTED), Some(at(5)));
        alerts.forget_missed(SUBMITTED, at(5));
        assert_eq!((alerts.unfinished, alerts.late_to_finish), (None, false));
        assert_eq!(alerts.next_at(SUBMITTED), None);
    }
}
