//! Ids and the other values of the core that are text on the wire.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serializer, de};

/// A value of the core that is a word on the wire.
pub trait Word: Display + FromStr {
    /// What it should have looked like.
    const EXPECTED: &'static str;
}

impl Word for duly_core::TaskId {
    const EXPECTED: &'static str = "a UUID such as 01932f5e-7c1a-7b3e-9d55-0242ac120002";
}

impl Word for duly_core::Incarnation {
    const EXPECTED: &'static str = duly_core::TaskId::EXPECTED;
}

impl Word for duly_core::Priority {
    const EXPECTED: &'static str = "critical, high, normal or low";
}

impl Word for duly_core::State {
    const EXPECTED: &'static str = "scheduled, blocked, pending, assigned, running, retrying, \
                                    completed, failed, timed_out, cancelled or expired";
}

impl Word for duly_core::EventKind {
    const EXPECTED: &'static str = "a kind of event such as submitted, started or completed";
}

pub(crate) fn serialize<T: Word, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    word(&String::deserialize(from)?)
}

fn word<T: Word, E: de::Error>(text: &str) -> Result<T, E> {
    text.parse()
        .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &T::EXPECTED))
}

/// The same for a value that may be missing.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Serializer, Word, word};

    pub(crate) fn serialize<T: Word, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(from)?
            .as_deref()
            .map(word)
            .transpose()
    }
}

/// The same for several values.
pub(crate) mod list {
    use super::{Deserialize, Deserializer, Serializer, Word, word};

    pub(crate) fn serialize<T: Word, S: Serializer>(
        values: &[T],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(values.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| word(text)).collect()
    }
}

/// The same for several values that may be missing.
pub(crate) mod option_list {
    use super::{Deserialize, Deserializer, Serializer, Word, list, word};

    pub(crate) fn serialize<T: Word, S: Serializer>(
        values: &Option<Vec<T>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match values {
            Some(values) => list::serialize(values, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<T>>, D::Error> {
        let texts = Option::<Vec<String>>::deserialize(from)?;
        texts
            .map(|texts| texts.iter().map(|text| word(text)).collect())
            .transpose()
    }
}
