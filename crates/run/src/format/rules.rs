//! What a group says of limits, and of unique keys.

use std::time::Duration;

use duly::store::bounds::UNIQUE_KEY_BYTES_MAX;
use duly::{LimitUse, OnConflict, Replace, UniqueScope};
use duly_core::bounds::TASK_LIMITS_MAX;
use serde_saphyr::Spanned;

use super::scalar::{Conflict, Of, What};
use super::settings::{Settings, fits, is_name};
use super::{place, template_at, wire};
use crate::error::{Fault, Place};
use crate::template::Template;

/// What tasks of a group may not do beside others.
#[derive(Clone, Debug)]
pub(crate) struct Unique {
    pub(crate) key: Template,
    pub(crate) scope: UniqueScope,
    pub(crate) on_conflict: OnConflict,
    /// Where it stands.
    pub(crate) place: Place,
}

/// Where limits may be that a group names.
pub(super) struct Known<'a> {
    pub(super) settings: &'a Settings,
    /// The store is not the file's own: others may have defined limits there.
    pub(super) in_store: bool,
}

/// The limits that bound each task of a group.
pub(super) fn limits(
    written: Option<Spanned<wire::Uses>>,
    known: &Known<'_>,
) -> Result<Vec<LimitUse>, Fault> {
    let Some(written) = written else {
        return Ok(Vec::new());
    };
    let at = place(&written);
    let named: Vec<(String, u32, Place)> = match written.value {
        wire::Uses::One(name) => vec![(name, 1, at)],
        wire::Uses::List(names) => {
            let one = |name: wire::Text| (name.value.clone(), 1, place(&name));
            names.into_iter().map(one).collect()
        }
        wire::Uses::Weighed(names) => {
            let names = names.into_iter();
            names
                .map(|(name, weight)| (name, weight.value.0.0, place(&weight)))
                .collect()
        }
    };
    if named.is_empty() || named.len() > TASK_LIMITS_MAX {
        let message = format!(
            "limits has {} names: expected 1 to {TASK_LIMITS_MAX}",
            named.len()
        );
        return Err(Fault::at(at, message));
    }
    let mut uses: Vec<LimitUse> = Vec::with_capacity(named.len());
    for (name, weight, at) in named {
        if uses.iter().any(|one| *one.name == *name) {
            let message = format!("the limit {name:?} is named twice: expected it once");
            return Err(Fault::at(at, message));
        }
        uses.push(known.limit(name, weight, at)?);
    }
    Ok(uses)
}

impl Known<'_> {
    fn limit(&self, name: String, weight: u32, at: Place) -> Result<LimitUse, Fault> {
        match self.settings.limits.get(&name) {
            Some(limit) => fits(&name, weight, limit, at)?,
            None if self.in_store => is_name(&name).map_err(|expected| {
                Fault::at(at, format!("limits has {name:?}: expected {expected}"))
            })?,
            None => {
                let message = format!("there is no limit {name:?}: expected {}", self.names());
                return Err(Fault::at(at, message));
            }
        }
        Ok(LimitUse::heavy(name, weight))
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.settings.limits.keys().map(String::as_str).collect();
        match &names[..] {
            [] => "it under `limits:` at the top of the file".to_owned(),
            [only] => format!("{only}, or it under `limits:` at the top of the file"),
            names => format!("one of {}", names.join(", ")),
        }
    }
}

pub(super) fn unique(written: Spanned<wire::Unique>, has_item: bool) -> Result<Unique, Fault> {
    let at = place(&written);
    let key = |text: &str, at: Place| {
        if text.is_empty() {
            let message =
                format!("unique is empty: expected a key of 1 to {UNIQUE_KEY_BYTES_MAX} bytes");
            return Err(Fault::at(at, message));
        }
        template_at(text, at, has_item)
    };
    match written.value {
        wire::Unique::Key(text) => Ok(Unique {
            key: key(&text, at)?,
            scope: UniqueScope::default(),
            on_conflict: OnConflict::default(),
            place: at,
        }),
        wire::Unique::InFull(written) => Ok(Unique {
            key: key(&written.key.value, place(&written.key))?,
            scope: scope(&written)?,
            on_conflict: on_conflict(&written)?,
            place: at,
        }),
    }
}

fn scope(written: &wire::UniqueInFull) -> Result<UniqueScope, Fault> {
    match (&written.held_for, written.held_while) {
        (None, held) => Ok(held.map_or_else(UniqueScope::default, |Of(held)| held.0)),
        (Some(period), Some(_)) => {
            let message = "a key is held `while:` something or `for:` a time: expected one of them";
            Err(Fault::at(place(period), message))
        }
        (Some(period), None) => match period.value.0 {
            Duration::ZERO => {
                let message = "for is zero: expected more than that, or `while: waiting`";
                Err(Fault::at(place(period), message))
            }
            period => Ok(UniqueScope::Period(period)),
        },
    }
}

fn on_conflict(written: &wire::UniqueInFull) -> Result<OnConflict, Fault> {
    let conflict = written.on_conflict.map(|Of(conflict)| conflict);
    let what = written.replace.as_ref();
    match (conflict.unwrap_or_default(), what) {
        (Conflict::Reject, None) => Ok(OnConflict::Reject),
        (Conflict::Keep, None) => Ok(OnConflict::Keep),
        (Conflict::Replace, None) => Ok(OnConflict::Replace(Replace::ALL)),
        (Conflict::Replace, Some(what)) if !what.value.0.is_empty() => {
            let has = |one| what.value.0.contains(&one);
            Ok(OnConflict::Replace(Replace {
                payload: has(What::Payload),
                priority: has(What::Priority),
                due: has(What::Time),
            }))
        }
        (Conflict::Replace, Some(what)) => {
            let message =
                "replace is empty: expected payload, priority or time, or several of them";
            Err(Fault::at(place(what), message))
        }
        (_, Some(what)) => {
            let message =
                "replace says what is replaced: expected `on_conflict: replace` beside it";
            Err(Fault::at(place(what), message))
        }
    }
}
