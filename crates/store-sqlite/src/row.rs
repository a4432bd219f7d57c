//! Between rows and the words of the port.

use std::time::Duration;

use duly_core::{
    Backoff, Deadlines, Incarnation, Jitter, Priority, RetryPolicy, State, TaskId, Timestamp,
    Vitals,
};
use duly_store::{Encoding, Labels, LimitUse, Name, Payload};
use rusqlite::types::{FromSql, Type};
use rusqlite::{Error, Result, Row};

/// The columns that [`vitals`] reads, in its order; when a task must have ended lies here or there.
macro_rules! vitals_columns {
    ($finish_by:literal) => {
        concat!(
            "s.state, s.priority, s.due_at, s.deadline, s.attempt, s.spent, s.lost, s.lost_max, \
             s.cancel_requested, ",
            $finish_by
        )
    };
}
pub(crate) use vitals_columns;

/// How many columns [`vitals_columns`] names.
pub(crate) const VITALS_WIDTH: usize = 10;

/// A task's vitals, from the columns that begin at `at`.
pub(crate) fn vitals(row: &Row<'_>, at: usize) -> Result<Vitals> {
    Ok(Vitals {
        state: state(row, at)?,
        priority: priority(row, at + 1)?,
        due_at: instant(row, at + 2)?,
        deadlines: Deadlines::new(
            optional_instant(row, at + 3)?,
            optional_instant(row, at + 9)?,
        ),
        attempt: number(row, at + 4)?,
        spent: number(row, at + 5)?,
        lost: number(row, at + 6)?,
        lost_max: number(row, at + 7)?,
        cancel_requested: row.get(at + 8)?,
    })
}

fn coded<T>(row: &Row<'_>, at: usize, decode: impl FnOnce(u8) -> Option<T>) -> Result<T> {
    let code: i64 = row.get(at)?;
    u8::try_from(code)
        .ok()
        .and_then(decode)
        .ok_or(Error::IntegralValueOutOfRange(at, code))
}

pub(crate) fn state(row: &Row<'_>, at: usize) -> Result<State> {
    coded(row, at, State::from_code)
}

pub(crate) fn priority(row: &Row<'_>, at: usize) -> Result<Priority> {
    coded(row, at, Priority::from_code)
}

pub(crate) fn event_kind(row: &Row<'_>, at: usize) -> Result<duly_core::EventKind> {
    coded(row, at, duly_core::EventKind::from_code)
}

pub(crate) fn instant(row: &Row<'_>, at: usize) -> Result<Timestamp> {
    row.get(at).map(Timestamp::from_micros)
}

pub(crate) fn optional_instant(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_micros))
}

/// A number that fits in 32 bits or fewer.
pub(crate) fn number<T: TryFrom<i64>>(row: &Row<'_>, at: usize) -> Result<T> {
    let number: i64 = row.get(at)?;
    T::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(at, number))
}

pub(crate) fn name(row: &Row<'_>, at: usize) -> Result<Name> {
    Ok(Name::from(row.get_ref(at)?.as_str()?))
}

pub(crate) fn optional_name(row: &Row<'_>, at: usize) -> Result<Option<Name>> {
    Ok(row.get_ref(at)?.as_str_or_null()?.map(Name::from))
}

/// 16 bytes of an id.
pub(crate) fn id_bytes(row: &Row<'_>, at: usize) -> Result<[u8; 16]> {
    <[u8; 16]>::column_result(row.get_ref(at)?).map_err(Into::into)
}

pub(crate) fn task_id(row: &Row<'_>, at: usize) -> Result<TaskId> {
    id_bytes(row, at).map(TaskId::from_bytes)
}

/// The life of a worker, unless NULL.
pub(crate) fn optional_incarnation(row: &Row<'_>, at: usize) -> Result<Option<Incarnation>> {
    match row.get_ref(at)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => id_bytes(row, at).map(Incarnation::from_bytes).map(Some),
    }
}

/// A payload, from the columns `encoding, version, key_id, bytes` that begin at `at`.
pub(crate) fn payload(row: &Row<'_>, at: usize) -> Result<Payload> {
    Ok(Payload {
        encoding: coded(row, at, Encoding::from_code)?,
        version: number(row, at + 1)?,
        key_id: optional_name(row, at + 2)?,
        bytes: row.get_ref(at + 3)?.as_blob()?.into(),
    })
}

/// A payload whose columns are NULL if there is none.
pub(crate) fn optional_payload(row: &Row<'_>, at: usize) -> Result<Option<Payload>> {
    match row.get_ref(at)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => payload(row, at).map(Some),
    }
}

/// Whole microseconds, rounded up so that nothing becomes zero; saturates.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(i64::MAX)
}

/// A duration, from its microseconds.
pub(crate) fn duration(row: &Row<'_>, at: usize) -> Result<Duration> {
    number(row, at).map(Duration::from_micros)
}

pub(crate) fn optional_duration(row: &Row<'_>, at: usize) -> Result<Option<Duration>> {
    match row.get_ref(at)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => duration(row, at).map(Some),
    }
}

/// A value that cannot be read: column, what it is, why.
fn unreadable(at: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(at, Type::Text, why.into())
}

/// A rule refused a step that what was found in the database must allow.
pub(crate) fn impossible(error: duly_core::InvalidTransition) -> Error {
    unreadable(0, error)
}

/// Labels as JSON; `None` if there are none.
pub(crate) fn labels_text(labels: &Labels) -> Option<String> {
    let text = || serde_json::to_string(labels).expect("a map of text is JSON");
    (!labels.is_empty()).then(text)
}

/// Names as JSON.
pub(crate) fn names_text(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    serde_json::to_string(&names).expect("a list of text is JSON")
}

pub(crate) fn labels(row: &Row<'_>, at: usize) -> Result<Labels> {
    match row.get_ref(at)?.as_str_or_null()? {
        None => Ok(Labels::new()),
        Some(text) => serde_json::from_str(text).map_err(|error| unreadable(at, error)),
    }
}

pub(crate) fn names(row: &Row<'_>, at: usize) -> Result<Vec<Name>> {
    let names: Vec<String> =
        serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|error| unreadable(at, error))?;
    Ok(names.into_iter().map(Name::from).collect())
}

/// A retry policy as text such as `20 exponential 1000000 3600000000 proportional 100` (attempts,
/// backoff, jitter; microseconds); `None` is the default.
pub(crate) fn retry_text(policy: &RetryPolicy) -> Option<String> {
    if *policy == RetryPolicy::default() {
        return None;
    }
    let backoff = match policy.backoff {
        Backoff::Fixed { delay } => format!("fixed {} 0", micros(delay)),
        Backoff::Linear { step, ceiling } => {
            format!("linear {} {}", micros(step), micros(ceiling))
        }
        Backoff::Exponential { base, ceiling } => {
            format!("exponential {} {}", micros(base), micros(ceiling))
        }
    };
    let jitter = match policy.jitter {
        Jitter::None => "none 0".into(),
        Jitter::Full => "full 0".into(),
        Jitter::Equal => "equal 0".into(),
        Jitter::Proportional { permille } => format!("proportional {permille}"),
    };
    Some(format!("{} {backoff} {jitter}", policy.attempts_max))
}

pub(crate) fn retry(row: &Row<'_>, at: usize) -> Result<RetryPolicy> {
    match row.get_ref(at)?.as_str_or_null()? {
        None => Ok(RetryPolicy::default()),
        Some(text) => parse_retry(text)
            .ok_or_else(|| unreadable(at, format!("\"{text}\" is no retry policy"))),
    }
}

fn parse_retry(text: &str) -> Option<RetryPolicy> {
    let mut words = text.split(' ');
    let attempts_max = words.next()?.parse().ok()?;
    let shape = words.next()?;
    let mut delay = || Some(Duration::from_micros(words.next()?.parse().ok()?));
    let (first, ceiling) = (delay()?, delay()?);
    let backoff = match shape {
        "fixed" => Backoff::Fixed { delay: first },
        "linear" => Backoff::Linear {
            step: first,
            ceiling,
        },
        "exponential" => Backoff::Exponential {
            base: first,
            ceiling,
        },
        _ => return None,
    };
    let (jitter, permille) = (words.next()?, words.next()?.parse().ok()?);
    let jitter = match jitter {
        "none" => Jitter::None,
        "full" => Jitter::Full,
        "equal" => Jitter::Equal,
        "proportional" => Jitter::Proportional { permille },
        _ => return None,
    };
    Some(RetryPolicy {
        attempts_max,
        backoff,
        jitter,
    })
}

/// The limits that a task or a lane names: a line `weight name` each, in order.
pub(crate) fn uses_text(uses: &[LimitUse]) -> String {
    let mut uses: Vec<&LimitUse> = uses.iter().collect();
    uses.sort_unstable();
    let lines = uses
        .iter()
        .map(|one| format!("{} {}", one.weight, one.name));
    lines.collect::<Vec<_>>().join("\n")
}

/// The same from its text.
pub(crate) fn uses(text: &str) -> Result<Vec<LimitUse>> {
    let read = |line: &str| {
        let (weight, name) = line.split_once(' ')?;
        Some(LimitUse::heavy(name, weight.parse().ok()?))
    };
    let lines = text
        .lines()
        .map(|line| read(line).ok_or(Error::InvalidQuery));
    lines.collect()
}

/// The limits of a task, from its column.
pub(crate) fn limit_uses(row: &Row<'_>, at: usize) -> Result<Vec<LimitUse>> {
    row.get_ref(at)?
        .as_str_or_null()?
        .map_or_else(|| Ok(Vec::new()), uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_policies_round_trip() {
        let second = Duration::from_secs(1);
        let backoffs = [
            Backoff::Fixed { delay: second },
            Backoff::Linear {
                step: second,
                ceiling: 9 * second,
            },
            Backoff::Exponential {
                base: second,
                ceiling: 9 * second,
            },
        ];
        let jitters = [
            Jitter::None,
            Jitter::Full,
            Jitter::Equal,
            Jitter::Proportional { permille: 7 },
        ];
        for backoff in backoffs {
            for jitter in jitters {
                let policy = RetryPolicy {
                    attempts_max: 3,
                    backoff,
                    jitter,
                };
                let text = retry_text(&policy).expect("it is not the default");
                assert_eq!(parse_retry(&text), Some(policy), "{text}");
            }
        }
        assert_eq!(retry_text(&RetryPolicy::default()), None);
        assert_eq!(parse_retry("3 sometimes 1 2 none 0"), None);
    }

    #[test]
    fn no_duration_becomes_zero() {
        assert_eq!(micros(Duration::from_nanos(1)), 1);
        assert_eq!(micros(Duration::MAX), i64::MAX);
    }
}
