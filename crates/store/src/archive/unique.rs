//! What a task may not do beside another, as text.

use serde::{Deserialize, Serialize};

use super::text::Micros;
use crate::{OnConflict, Replace, Unique, UniqueScope};

/// How long a task holds its unique key.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ScopeElement {
    #[default]
    Unfinished,
    Waiting,
    Period {
        us: Micros,
    },
}

impl ScopeElement {
    pub(super) const fn new(scope: UniqueScope) -> Self {
        match scope {
            UniqueScope::Unfinished => Self::Unfinished,
            UniqueScope::Waiting => Self::Waiting,
            UniqueScope::Period(period) => Self::Period { us: Micros(period) },
        }
    }

    pub(super) const fn into_scope(self) -> UniqueScope {
        match self {
            Self::Unfinished => UniqueScope::Unfinished,
            Self::Waiting => UniqueScope::Waiting,
            Self::Period { us } => UniqueScope::Period(us.0),
        }
    }

    pub(super) const fn is_default(&self) -> bool {
        matches!(self, Self::Unfinished)
    }
}

/// A unique key, and what becomes of a submission that meets it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueElement {
    key: String,
    #[serde(default, skip_serializing_if = "ScopeElement::is_default")]
    scope: ScopeElement,
    #[serde(default, skip_serializing_if = "ConflictElement::is_default")]
    on_conflict: ConflictElement,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ConflictElement {
    #[default]
    Reject,
    Keep,
    Replace {
        payload: bool,
        priority: bool,
        due: bool,
    },
}

impl UniqueElement {
    pub(super) fn new(unique: &Unique) -> Self {
        Self {
            key: unique.key.as_str().to_owned(),
            scope: ScopeElement::new(unique.scope),
            on_conflict: match unique.on_conflict {
                OnConflict::Reject => ConflictElement::Reject,
                OnConflict::Keep => ConflictElement::Keep,
                OnConflict::Replace(Replace {
                    payload,
                    priority,
                    due,
                }) => ConflictElement::Replace {
                    payload,
                    priority,
                    due,
                },
            },
        }
    }

    pub(super) fn into_unique(self) -> Unique {
        Unique {
            key: self.key.into(),
            scope: self.scope.into_scope(),
            on_conflict: match self.on_conflict {
                ConflictElement::Reject => OnConflict::Reject,
                ConflictElement::Keep => OnConflict::Keep,
                ConflictElement::Replace {
                    payload,
                    priority,
                    due,
                } => OnConflict::Replace(Replace {
                    payload,
                    priority,
                    due,
                }),
            },
        }
    }
}

impl ConflictElement {
    const fn is_default(&self) -> bool {
        matches!(self, Self::Reject)
    }
}
