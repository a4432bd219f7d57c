//! How far a schedule has come, whatever clocks do.

use duly_core::Timestamp;

use crate::bounds::{GRACE, PASSED_MAX};
use crate::terms::{MICROSECOND, Terms};

/// How far a schedule has come: what changes with every tick.
///
/// # Clocks that are set
///
/// **A tick that was decided is never decided again.** A clock that goes too far ahead has ticks decided
/// before their time, and others passed over as missed. When it is set back, the schedule goes back with it, but
/// only for those that were passed over: they come at their instants, or are missed by the clock as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Progress {
    /// Where it stands: what came until this instant is decided, or passed over; the next tick is the first
    /// after it that is not decided yet.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::micros"))]
    pub decided: Timestamp,
    /// Where it stood by a clock that was ahead: of what comes until there, only what was passed over is not
    /// decided yet. `None`: where it stands.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "crate::wire::micros::option"
        )
    )]
    pub reached: Option<Timestamp>,
    /// What was passed over, in order: at most [`PASSED_MAX`] spans. Of more, the shortest is forgotten, and
    /// none of its ticks fires any more.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Vec::is_empty")
    )]
    pub passed: Vec<Passed>,
    /// Ticks that have fired; those triggered or filled in are not counted.
    pub runs: u64,
    /// The last tick that has fired.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::wire::micros::option")
    )]
    pub last: Option<Timestamp>,
    /// A tick that waits for former runs to be over.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::wire::micros::option")
    )]
    pub held: Option<Timestamp>,
    /// Nothing fires until it is resumed.
    pub paused: bool,
}

/// A span of time whose ticks were not decided, but passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Passed {
    /// It begins after this instant.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::micros"))]
    pub after: Timestamp,
    /// The last instant of it.
    #[cfg_attr(feature = "serde", serde(with = "crate::wire::micros"))]
    pub until: Timestamp,
    /// Nobody missed these: they came before the schedule was made or changed, or while it was paused. If
    /// they come again, they fire on time or not at all. Otherwise they were missed.
    #[cfg_attr(feature = "serde", serde(default))]
    pub skipped: bool,
}

impl Progress {
    /// At the beginning: ticks after `now` are still to come.
    #[must_use]
    pub fn begun(now: Timestamp) -> Self {
        let before = Passed {
            after: Timestamp::MIN,
            until: now,
            skipped: true,
        };
        Self {
            decided: now,
            reached: None,
            passed: vec![before],
            runs: 0,
            last: None,
            held: None,
            paused: false,
        }
    }

    /// Where it stands by a clock that may have been set back: before the first span that was passed over too
    /// early.
    pub(crate) fn stands_at(&self, now: Timestamp) -> Timestamp {
        if self.decided <= now {
            return self.decided;
        }
        let is_ahead = |span: &&Passed| {
            let by = if span.skipped { now + GRACE } else { now };
            span.until > by
        };
        let span = self.passed.iter().find(is_ahead);
        let before = span.map_or(self.decided, |span| {
            if span.skipped {
                span.after.max(now)
            } else {
                span.after
            }
        });
        before.min(self.decided)
    }

    /// The first tick after an instant that is not decided yet; of what was skipped, none before `on_time`.
    pub(crate) fn next_open(
        &self,
        terms: &Terms,
        at: Timestamp,
        on_time: Timestamp,
    ) -> Option<Timestamp> {
        let next = |span: &Passed| {
            let after = at.max(span.after_by(on_time));
            let tick = terms.next_after(after)?;
            (tick <= span.until).then_some(tick)
        };
        let spans = self.passed.iter().filter(|span| span.until > at);
        let again = spans.filter_map(next).next();
        again.or_else(|| terms.next_after(at.max(self.furthest())))
    }

    /// The last tick until an instant that is not decided yet and was not skipped. Start and end play no part.
    pub(crate) fn last_open(&self, terms: &Terms, at: Timestamp) -> Option<Timestamp> {
        let to_come = Passed {
            after: self.furthest(),
            until: Timestamp::MAX,
            skipped: false,
        };
        let spans = self.passed.iter().chain([&to_come]).rev();
        let mut spans = spans.filter(|span| !span.skipped && span.after < at);
        spans.find_map(|span| {
            let tick = terms.rule.last_until(at.min(span.until))?;
            (tick > span.after).then_some(tick)
        })
    }

    /// Goes back with a clock that was set back.
    pub(crate) fn go_back(&mut self, now: Timestamp) {
        let at = self.stands_at(now);
        if at < self.decided {
            self.reached = Some(self.furthest());
            self.decided = at;
        }
    }

    /// The next open tick is decided.
    pub(crate) fn decide(&mut self, tick: Timestamp, on_time: Timestamp) {
        let holds = |span: &&Passed| span.after < tick && tick <= span.until;
        if let Some(span) = self.passed.iter().find(holds) {
            let from = self.decided.max(span.after_by(on_time));
            self.split(from);
            self.split(tick);
            self.passed
                .retain(|span| span.until <= from || tick <= span.after);
        }
        self.go_to(tick);
    }

    /// What comes until an instant is missed.
    pub(crate) fn miss_until(&mut self, at: Timestamp) {
        self.pass(at, false);
    }

    /// What comes until an instant is skipped.
    pub(crate) fn skip_to(&mut self, now: Timestamp) {
        self.go_back(now);
        let from = self.decided;
        if now <= from {
            return;
        }
        self.split(from);
        self.split(now);
        for span in &mut self.passed {
            span.skipped |= from <= span.after && span.until <= now;
        }
        self.pass(now, true);
    }

    fn pass(&mut self, at: Timestamp, skipped: bool) {
        let after = self.furthest();
        if after < at {
            let until = at;
            match self.passed.last_mut() {
                Some(last) if last.until == after && last.skipped == skipped => last.until = until,
                _ => self.passed.push(Passed {
                    after,
                    until,
                    skipped,
                }),
            }
        }
        self.go_to(at);
    }

    fn furthest(&self) -> Timestamp {
        self.reached.map_or(self.decided, |at| at.max(self.decided))
    }

    /// It stands there now.
    pub(crate) fn go_to(&mut self, at: Timestamp) {
        self.decided = at;
        self.reached = self.reached.filter(|reached| *reached > at);
        while self.passed.len() > PASSED_MAX {
            // But for the last: it may be the one that the clock is ahead by.
            let former = &self.passed[..self.passed.len() - 1];
            let lengths = former.iter().map(|span| span.until.since(span.after));
            let shortest = lengths.enumerate().min_by_key(|(_, length)| *length);
            self.passed.remove(shortest.map_or(0, |(index, _)| index));
        }
    }

    /// Makes two of a span that goes on before and after an instant.
    fn split(&mut self, at: Timestamp) {
        let holds = |span: &Passed| span.after < at && at < span.until;
        if let Some(index) = self.passed.iter().position(holds) {
            let rest = Passed {
                after: at,
                ..self.passed[index]
            };
            self.passed[index].until = at;
            self.passed.insert(index + 1, rest);
        }
    }
}

impl Passed {
    /// After which instant its ticks may fire.
    fn after_by(&self, on_time: Timestamp) -> Timestamp {
        if self.skipped {
            self.after.max(on_time - MICROSECOND)
        } else {
            self.after
        }
    }
}
