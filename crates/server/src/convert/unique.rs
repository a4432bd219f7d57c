//! Unique keys, as they are asked for.

use std::time::Duration;

use duly_api::{Admission, Problem, Replaces, UniqueWhile};

use crate::port::{
    self, InvalidInput, Name, OnConflict, Payload, Replace, Unique, UniqueScope, key_of_fields,
};
use crate::refusal::Refusal;

/// What a task may not do beside another, if it says anything of that.
pub(super) fn asked(
    wire: &duly_api::NewTask,
    payload: &Payload,
) -> Result<Option<Unique>, Refusal> {
    let Some(key) = key(wire, payload)? else {
        let stray = [
            ("unique_while", wire.unique_while.is_some()),
            ("unique_for_ms", wire.unique_for_ms.is_some()),
            ("on_conflict", wire.on_conflict.is_some()),
            ("replace", !wire.replace.is_empty()),
        ];
        return match stray.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(lone(field, "unique_key or unique_fields")),
            None => Ok(None),
        };
    };
    Ok(Some(Unique {
        key,
        scope: scope(wire)?,
        on_conflict: on_conflict(wire)?,
    }))
}

fn lone(field: &str, other: &str) -> Refusal {
    let detail = format!("{field} is given without {other}: expected both, or neither");
    Problem::invalid(field, format!("none without {other}"), detail).into()
}

fn both(field: &str, other: &str) -> Refusal {
    let detail = format!("{field} is given together with {other}: expected one of them");
    Problem::invalid(field, format!("none together with {other}"), detail).into()
}

fn key(wire: &duly_api::NewTask, payload: &Payload) -> Result<Option<Name>, Refusal> {
    match (&wire.unique_key, &*wire.unique_fields) {
        (Some(_), [_, ..]) => Err(both("unique_fields", "unique_key")),
        (Some(key), []) => Ok(Some(key.as_str().into())),
        (None, []) => Ok(None),
        (None, fields) => {
            let key = key_of_fields(payload, fields);
            key.map(Some).map_err(|wrong: InvalidInput| {
                let detail = wrong.to_string();
                Problem::invalid(wrong.field, wrong.expected, detail).into()
            })
        }
    }
}

fn scope(wire: &duly_api::NewTask) -> Result<UniqueScope, Refusal> {
    match (wire.unique_while, wire.unique_for_ms) {
        (Some(_), Some(_)) => Err(both("unique_for_ms", "unique_while")),
        (None, Some(ms)) => Ok(UniqueScope::Period(Duration::from_millis(ms))),
        (Some(UniqueWhile::Waiting), None) => Ok(UniqueScope::Waiting),
        (Some(UniqueWhile::Unfinished) | None, None) => Ok(UniqueScope::Unfinished),
    }
}

fn on_conflict(wire: &duly_api::NewTask) -> Result<OnConflict, Refusal> {
    let replaces = |what| wire.replace.contains(&what);
    match wire.on_conflict {
        Some(duly_api::OnConflict::Replace) if wire.replace.is_empty() => {
            Ok(OnConflict::Replace(Replace::ALL))
        }
        Some(duly_api::OnConflict::Replace) => Ok(OnConflict::Replace(Replace {
            payload: replaces(Replaces::Payload),
            priority: replaces(Replaces::Priority),
            due: replaces(Replaces::Time),
        })),
        _ if !wire.replace.is_empty() => Err(lone("replace", "\"on_conflict\": \"replace\"")),
        Some(duly_api::OnConflict::Keep) => Ok(OnConflict::Keep),
        Some(duly_api::OnConflict::Reject) | None => Ok(OnConflict::Reject),
    }
}

/// How a submission was taken.
pub(crate) fn submitted(reply: &port::Submitted) -> duly_api::Submitted {
    duly_api::Submitted {
        id: reply.id,
        state: reply.state,
        existed: reply.existed(),
        admission: match reply.admission {
            port::Admission::New => Admission::New,
            port::Admission::Existed => Admission::Existed,
            port::Admission::Kept => Admission::Kept,
            port::Admission::Replaced => Admission::Replaced,
        },
    }
}

/// What a task that is kept for later says of its unique key, as the wire says it.
pub(super) fn said(unique: &Unique, wire: &mut duly_api::NewTask) {
    wire.unique_key = Some(unique.key.as_str().to_owned());
    match unique.scope {
        UniqueScope::Unfinished => {}
        UniqueScope::Waiting => wire.unique_while = Some(UniqueWhile::Waiting),
        UniqueScope::Period(period) => {
            wire.unique_for_ms = Some(u64::try_from(period.as_millis()).unwrap_or(u64::MAX));
        }
    }
    let OnConflict::Replace(what) = unique.on_conflict else {
        wire.on_conflict =
            (unique.on_conflict == OnConflict::Keep).then_some(duly_api::OnConflict::Keep);
        return;
    };
    wire.on_conflict = Some(duly_api::OnConflict::Replace);
    let named = [
        (what.payload, Replaces::Payload),
        (what.priority, Replaces::Priority),
        (what.due, Replaces::Time),
    ];
    let named = named.into_iter().filter(|(replaces, _)| *replaces);
    wire.replace = named.map(|(_, what)| what).collect();
}
