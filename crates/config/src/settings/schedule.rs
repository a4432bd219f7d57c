//! `schedules.NAME`.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use duly_core::bounds::TASK_LIMITS_MAX;
use duly_core::{DELAY_MAX, Priority, Timestamp};
use duly_schedule::bounds::JITTER_MAX;
use duly_schedule::{InvalidRule, InvalidTerms, Missed, Overlap, Rule, Terms, Zone};

use super::priority_rule::is_label;
use crate::Secret;
use crate::bounds::{LABELS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
use crate::form::{Form, duration, map, name, priority, secret, text, weights, whole};
use crate::group::{Example, group};

group! {
    /// Schedules, by name: what creates tasks by itself. Those that are named here are made, changed and,
    /// once they are not named any more, removed, at the start and whenever the configuration is loaded
    /// anew; how far they are, and whether they are paused, stays. Those that were made by hand stay as
    /// they are, and a process that names none at its start leaves all be. Processes that name any must
    /// name the same ones.
    Schedule {
        /// Which instants: times of a calendar by a cron pattern (five fields, or six with the seconds
        /// first, or a nickname such as @daily); an interval without drift, such as @every 15m; or one
        /// time, such as 2030-01-01T00:00:00Z. Every schedule has to say it.
        [AtOnce] when: Option<String> = None, text(
            WHEN,
            // What is wrong with a rule and its zone is told in full when both are there.
            |_| true,
        ).or_none(), example "\"0 9 * * mon-fri\"";

        /// The time zone whose clocks the pattern means. UTC unless it is said.
        [AtOnce] zone: Option<String> = None, text(
            "a time zone of the IANA database, such as Europe/Berlin",
            |_| true,
        ).or_none(), example "Europe/Berlin";

        /// The kind of its tasks: every schedule has to say it.
        [AtOnce] kind: Option<String> = None, name().or_none(), example "http";

        /// What their handler gets, as JSON. null unless it is said. It is not shown, for it may hold secrets.
        [AtOnce] payload: Option<Secret> = None, secret("JSON as text, in quotes", is_json).or_none(),
            example "'{\"url\": \"https://example.org/hook\"}'";

        /// The queue that they wait in. default unless it is said.
        [AtOnce] queue: Option<String> = None, name().or_none(), example "default";

        /// How urgent they are. Unless it is said, the priority rules decide.
        [AtOnce] priority: Option<Priority> = None, priority().or_none(), example "normal";

        /// They must have started this long after their tick, or expire.
        [AtOnce] deadline: Option<Duration> = None, duration(Duration::ZERO..=DELAY_MAX).or_none(),
            example "1h";

        /// They must have ended this long after their tick: what waits then expires, what runs has timed out
        /// for good.
        [AtOnce] finish_within: Option<Duration> = None,
            duration(Duration::from_millis(1)..=DELAY_MAX).or_none(), example "2h";

        /// It is told, by an event, if one has not begun this long after its tick.
        [AtOnce] alert_unstarted: Option<Duration> = None,
            duration(Duration::from_millis(1)..=DELAY_MAX).or_none(), example "5m";

        /// It is told, by an event, if one has not ended this long after its tick.
        [AtOnce] alert_unfinished: Option<Duration> = None,
            duration(Duration::from_millis(1)..=DELAY_MAX).or_none(), example "30m";

        /// How long one attempt may take.
        [AtOnce] timeout: Option<Duration> = None,
            duration(Duration::from_millis(1)..=DELAY_MAX).or_none(), example "10m";

        /// How often each is tried in all. 20 unless it is said.
        [AtOnce] max_attempts: Option<u32> = None, whole(1..=u32::MAX).or_none(), example "20";

        /// No two tasks of one kind hold this key at a time.
        [AtOnce] unique_key: Option<String> = None, text(
            format!("1 to {NAME_BYTES_MAX} bytes"),
            |text| !text.is_empty() && text.len() <= NAME_BYTES_MAX,
        ).or_none(), example "digest";

        /// Until when one holds the key: while it is unfinished, while it is waiting, or so long, whatever
        /// becomes of it. unfinished unless it is said.
        [AtOnce] unique_scope: Option<String> = None, text(
            "unfinished, waiting, or a duration such as 1h",
            is_scope,
        ).or_none(), example "1h";

        /// What becomes of one whose key another task holds: it is refused, the other is kept for it, or the
        /// other goes on with what it brings. reject unless it is said.
        [AtOnce] on_conflict: Option<String> = None, text(
            "reject, keep or replace",
            |text| matches!(text, "reject" | "keep" | "replace"),
        ).or_none(), example "keep";

        /// The limits that bound each, beside those of its queue, kind and tenant.
        [AtOnce] limits: BTreeMap<String, u32> = BTreeMap::new(), weights(TASK_LIMITS_MAX),
            example "[mailer]";

        /// Whose work it is.
        [AtOnce] tenant: Option<String> = None, name().or_none(), example "acme";

        /// Labels to find them by.
        [AtOnce] labels: BTreeMap<String, String> = BTreeMap::new(), map(
            text(format!("a text of at most {NAME_BYTES_MAX} bytes"), |text| text.len() <= NAME_BYTES_MAX),
            is_label,
            "a name of 1 to 64 bytes that does not begin with duly.",
            LABELS_MAX,
        ), example "{team: blue}";

        /// What becomes of ticks that nobody could fire in time: skip, last, or all with an age.
        [AtOnce] missed: String = "last".to_owned(), text(
            "skip, last, or all with an age, such as all 1h",
            |text| text.parse::<Missed>().is_ok(),
        );

        /// What a tick does while a former run is unfinished.
        [AtOnce] overlap: String = "allow".to_owned(), text(
            "allow, skip, queue_one or cancel_old",
            |text| text.parse::<Overlap>().is_ok(),
        );

        /// Each tick runs later by a part of this, always the same for the same tick.
        [AtOnce] jitter: Duration = Duration::ZERO, duration(Duration::ZERO..=JITTER_MAX);

        /// The first time that may be a tick.
        [AtOnce] start: Option<String> = None, instant().or_none(), example "2030-01-01T00:00:00Z";

        /// The first time that may no longer be a tick.
        [AtOnce] end: Option<String> = None, instant().or_none(), example "2031-01-01T00:00:00Z";

        /// How many ticks fire before it is over.
        [AtOnce] max_runs: Option<u32> = None, whole(1..=u32::MAX).or_none(), example "10";
    }
}

impl Example for Schedule {
    const NAME: &'static str = "digest";
}

const WHEN: &str =
    "a cron pattern such as \"0 9 * * mon-fri\", an interval such as @every 15m, or a time";

/// What is wrong with it is told as what is wrong with a pattern.
fn is_like_a_pattern(text: &str) -> bool {
    text.starts_with('@') || text.split_whitespace().count() > 2
}

/// A time is meant once; all else is a pattern.
fn rule(text: &str, zone: Zone) -> Result<Rule, InvalidRule> {
    match duly_api::time::parse(text) {
        Ok(at) => Ok(Rule::once(at)),
        Err(_) => Rule::cron(text, zone),
    }
}

fn instant() -> Form<String> {
    text(duly_api::time::EXPECTED, |text| {
        duly_api::time::parse(text).is_ok()
    })
}

fn is_scope(text: &str) -> bool {
    let is_span = |span: Duration| !span.is_zero() && span <= DELAY_MAX;
    matches!(text, "unfinished" | "waiting") || duly_api::duration::parse(text).is_ok_and(is_span)
}

fn is_json(text: &str) -> bool {
    text.len() <= TEXT_BYTES_MAX && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// What is wrong with a schedule: a setting of it, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvalidSchedule {
    pub(crate) field: &'static str,
    pub(crate) problem: String,
}

fn wrong(field: &'static str, problem: impl Into<String>) -> InvalidSchedule {
    InvalidSchedule {
        field,
        problem: problem.into(),
    }
}

fn instant_of(text: Option<&String>) -> Option<Timestamp> {
    text.and_then(|text| duly_api::time::parse(text).ok())
}

impl Schedule {
    /// When it fires, and what it does about misses and overlaps.
    ///
    /// # Errors
    /// Its text: the settings contradict each other. Never of what [`Config`](crate::Config) has loaded.
    pub fn terms(&self) -> Result<Terms, String> {
        self.checked().map_err(|wrong| wrong.problem)
    }

    /// What is said of a unique key needs one.
    fn unique(&self) -> Result<(), InvalidSchedule> {
        for (field, said) in [
            ("unique_scope", &self.unique_scope),
            ("on_conflict", &self.on_conflict),
        ] {
            if said.is_some() && self.unique_key.is_none() {
                return Err(wrong(field, "is given: expected unique_key beside it"));
            }
        }
        Ok(())
    }

    pub(crate) fn checked(&self) -> Result<Terms, InvalidSchedule> {
        if self.kind.is_none() {
            return Err(wrong(
                "kind",
                "is missing: expected the name of a handler, such as http",
            ));
        }
        self.unique()?;
        let zone = self.zone.as_deref().map(str::parse::<Zone>).transpose();
        let zone = zone.map_err(|error| wrong("zone", format!("is wrong: {error}")))?;
        let Some(when) = &self.when else {
            return Err(wrong("when", format!("is missing: expected {WHEN}")));
        };
        let rule = rule(when, zone.clone().unwrap_or(Zone::UTC)).map_err(|error| {
            let problem = if is_like_a_pattern(when) {
                format!("is wrong: {error}")
            } else {
                format!("is {when:?}: expected {WHEN}")
            };
            wrong("when", problem)
        })?;
        if zone.is_some() && !matches!(rule, Rule::Cron { .. }) {
            return Err(wrong("zone", "is given: expected a cron pattern beside it"));
        }
        let mut terms = Terms::new(rule);
        terms.missed = self.missed.parse().unwrap_or_default();
        terms.overlap = self.overlap.parse().unwrap_or_default();
        terms.jitter = self.jitter;
        terms.start = instant_of(self.start.as_ref());
        terms.end = instant_of(self.end.as_ref());
        terms.max_runs = self.max_runs.and_then(|runs| NonZeroU64::new(runs.into()));
        let checked = terms.check();
        checked.map_err(|error| {
            let field = match error {
                InvalidTerms::Jitter { .. } => "jitter",
                InvalidTerms::Within { .. } => "missed",
                _ => "end",
            };
            wrong(field, format!("is wrong: {error}"))
        })?;
        Ok(terms)
    }
}
