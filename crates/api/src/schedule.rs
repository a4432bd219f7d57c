//! Schedules.

use duly_core::{TaskId, Timestamp};
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{NewTask, object, text, time};

/// What a schedule creates, and when: the body of `PUT /v1/schedules/{name}`. One of `cron`, `every_ms` and
/// `at` says when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleDefinition {
    /// Times of a calendar: a cron pattern of five fields, or six with the seconds first, or a nickname
    /// such as `@daily`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 256))]
    pub cron: Option<String>,
    /// The time zone whose clocks `cron` means, such as `Europe/Berlin`: UTC unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub zone: Option<String>,
    /// An interval, without drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 1000, maximum = 3_162_240_000_000_u64)
    )]
    pub every_ms: Option<u64>,
    /// One instant.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub at: Option<Timestamp>,
    /// What each tick submits: due at its tick, so without `id`, `delay_ms`, `run_at` and `deadline`.
    #[serde(
        default,
        deserialize_with = "object::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = NewTask, required = true))]
    pub task: Option<NewTask>,
    /// What becomes of ticks that nobody could fire in time: `skip`, `last` (unless given), or `all` with
    /// an age, such as `all 1h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = r"^(skip|last|all [1-9][0-9]?(s|m|h|d))$")
    )]
    pub missed: Option<String>,
    /// What a tick does while a former run is unfinished: `allow` (unless given), `skip`, `queue_one` or
    /// `cancel_old`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^(allow|skip|queue_one|cancel_old)$")
    )]
    pub overlap: Option<String>,
    /// Each tick runs later by a part of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 86_400_000_u64))]
    pub jitter_ms: Option<u64>,
    /// The first instant that may be a tick.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub start: Option<Timestamp>,
    /// The first instant that may no longer be a tick.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub end: Option<Timestamp>,
    /// How many ticks fire before it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub max_runs: Option<u64>,
}

/// A schedule as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// Who declared it, such as `config`, if it was declared.
    pub owner: Option<String>,
    /// What it creates, and when.
    pub definition: ScheduleDefinition,
    /// Nothing fires from it until it is resumed.
    pub paused: bool,
    /// Its next tick, paused or not; none will come if there is none.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub next_at: Option<Timestamp>,
    /// The last tick that fired.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub last_at: Option<Timestamp>,
    /// A tick that waits for former runs to be over.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub held_at: Option<Timestamp>,
    /// How many ticks have fired; those triggered or filled in do not count.
    pub runs: u64,
    /// The task that it created last; or that stands for it, because it holds its unique key.
    #[serde(with = "text::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::TaskId>))]
    pub last_task: Option<TaskId>,
    /// A period that is being filled in.
    pub backfill: Option<ScheduleFilling>,
    /// The last tick whose task was not taken.
    pub refused: Option<ScheduleRefusal>,
    /// The last ticks that were missed, and never fire.
    pub missed: Option<ScheduleMissed>,
    /// When it was made.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub created_at: Timestamp,
    /// When it was last defined anew.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub changed_at: Timestamp,
}

/// A period that is being filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleFilling {
    /// Its end.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub to: Timestamp,
    /// How many of its ticks are left.
    pub left: u64,
}

/// A tick whose task was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleRefusal {
    /// Its instant.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub tick: Timestamp,
    /// Why.
    pub reason: String,
    /// How many there have been, with this one.
    pub count: u64,
}

/// Ticks that were missed, and never fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleMissed {
    /// The first of them.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub first: Timestamp,
    /// The last of them.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub last: Timestamp,
}

/// A schedule that cannot be read: nothing fires from it. It can be removed, and put again if it is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnreadableSchedule {
    /// Its name.
    pub name: String,
    /// Who declared it, such as `config`, if it was declared.
    pub owner: Option<String>,
    /// The version of its text, if another version of Duly wrote it; otherwise it is damaged.
    pub written_in: Option<u32>,
    /// Why it cannot be read, and what to do about it.
    pub unreadable: String,
}

/// The answer of `DELETE /v1/schedules/{name}`: the schedule as it stood.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum AnySchedule {
    /// One that could be read.
    Schedule(Box<Schedule>),
    /// One that could not.
    Unreadable(UnreadableSchedule),
}

impl AnySchedule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Schedule(schedule) => &schedule.name,
            Self::Unreadable(unreadable) => &unreadable.name,
        }
    }
}

// Not derived: a payload cannot be read from what serde buffers to try one after the other.
impl<'de> Deserialize<'de> for AnySchedule {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Told {
            unreadable: Option<IgnoredAny>,
        }
        let text = Box::<RawValue>::deserialize(from)?;
        let told: Told = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        let read = match told.unreadable {
            None => serde_json::from_str(text.get()).map(Self::Schedule),
            Some(_) => serde_json::from_str(text.get()).map(Self::Unreadable),
        };
        read.map_err(D::Error::custom)
    }
}

/// The answer of `GET /v1/schedules`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedules {
    /// A page of them, by name.
    pub schedules: Vec<Schedule>,
    /// Those of the page that cannot be read, by name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub unreadable: Vec<UnreadableSchedule>,
    /// Where the next page begins; `null`: that was all.
    pub next: Option<String>,
}

/// The answer of `GET /v1/schedules/{name}/next`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleNext {
    /// The instants, in order.
    #[serde(with = "instants")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::schema::Instant>))]
    pub ticks: Vec<Timestamp>,
}

/// The body of `POST /v1/schedules/{name}/backfill`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleBackfill {
    /// The beginning of the period, which is in it.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant, required = true))]
    pub from: Option<Timestamp>,
    /// Its end, which is not.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant, required = true))]
    pub to: Option<Timestamp>,
    /// What a tick does while a former run of the period is unfinished: `allow` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^(allow|skip|queue_one|cancel_old)$")
    )]
    pub overlap: Option<String>,
    /// Ticks run although their tasks are there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

mod instants {
    use duly_core::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::time;

    pub(super) fn serialize<S: Serializer>(all: &[Timestamp], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().map(|at| time::format(*at)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Timestamp>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let instants = texts.iter().map(|text| time::parse(text));
        instants
            .collect::<Result<_, _>>()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_round_trips() {
        let text = r#"{"cron":"0 9 * * 1-5","zone":"Europe/Berlin","task":{"kind":"k"},"missed":"all 1h","overlap":"skip","jitter_ms":1,"start":"2026-01-01T00:00:00.000000Z","max_runs":2}"#;
        let definition: ScheduleDefinition = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&definition).unwrap(), text);
        let text = r#"{"ticks":["2026-01-01T00:00:00.000000Z"]}"#;
        let next: ScheduleNext = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&next).unwrap(), text);
    }

    #[test]
    fn one_that_cannot_be_read_is_told_from_one_that_can() {
        let can = r#"{"name":"a","owner":null,"definition":{"every_ms":1000,"task":{"kind":"k","payload":{"b": 1}}},"paused":false,"next_at":null,"last_at":null,"held_at":null,"runs":0,"last_task":null,"backfill":null,"refused":null,"missed":null,"created_at":"2026-01-01T00:00:00.000000Z","changed_at":"2026-01-01T00:00:00.000000Z"}"#;
        let cannot = r#"{"name":"a","owner":null,"written_in":2,"unreadable":"is strange"}"#;
        for (text, is_read) in [(can, true), (cannot, false)] {
            let any: AnySchedule = serde_json::from_str(text).unwrap();
            assert_eq!(matches!(any, AnySchedule::Schedule(_)), is_read);
            assert_eq!(any.name(), "a");
            assert_eq!(serde_json::to_string(&any).unwrap(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            (r#"{"every": 5}"#, "every"),
            (r#"{"task": []}"#, "task"),
            (r#"{"task": {"kind": 1}}"#, "task.kind"),
            (r#"{"at": "soon"}"#, "at"),
            (r#"{"max_runs": -1}"#, "max_runs"),
        ] {
            let error = crate::parse_object::<ScheduleDefinition>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }
}
