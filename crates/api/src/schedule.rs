//! Schedules.

use duly_core::{TaskId, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The task that it created last.
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

/// The answer of `GET /v1/schedules`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedules {
    /// A page of them, by name.
    pub schedules: Vec<Schedule>,
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
