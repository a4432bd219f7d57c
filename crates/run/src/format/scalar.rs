//! Single values, with what was expected where something else stands.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use duly::store::bounds::TENANT_WEIGHT_MAX;
use duly::{OrderPolicy, Priority, Rate, UniqueScope};
use duly_core::bounds::LIMIT_WEIGHT_MAX;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::bounds::DURATION_MAX;

/// A value that is read from one scalar.
pub(super) trait Scalar: Sized {
    /// What was expected.
    const EXPECTED: &'static str;

    /// From what was written as text.
    fn from_text(text: &str) -> Option<Self>;

    /// From a whole number.
    fn from_number(_number: u64) -> Option<Self> {
        None
    }
}

/// Reads a [`Scalar`] wherever it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<T>(pub(super) T);

impl<'de, T: Scalar> Deserialize<'de> for Of<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: Scalar> Visitor<'_> for Reader<T> {
    type Value = Of<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Of<T>, E> {
        let refused = || E::invalid_value(de::Unexpected::Str(text), &T::EXPECTED);
        T::from_text(text).map(Of).ok_or_else(refused)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Of<T>, E> {
        let refused = || E::invalid_value(de::Unexpected::Unsigned(number), &T::EXPECTED);
        T::from_number(number).map(Of).ok_or_else(refused)
    }
}

/// One [`Scalar`], or a list of them.
pub(super) struct OneOrList<T>(pub(super) Vec<T>);

impl<'de, T: Scalar> Deserialize<'de> for OneOrList<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(OneOrListReader(PhantomData))
    }
}

struct OneOrListReader<T>(PhantomData<T>);

impl<'de, T: Scalar> Visitor<'de> for OneOrListReader<T> {
    type Value = OneOrList<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or a list of them", T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrList<T>, E> {
        let one = T::from_text(text).map(|one| OneOrList(vec![one]));
        one.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<OneOrList<T>, E> {
        let one = T::from_number(number).map(|one| OneOrList(vec![one]));
        one.ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrList<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(Of(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(OneOrList(values))
    }
}

/// A duration is a number with its unit; a bare number is refused, because nobody knows what it
/// counts.
impl Scalar for Duration {
    const EXPECTED: &'static str =
        "a duration with its unit, such as 500ms, 30s, 5m, 2h or 7d, of at most 366 days";

    fn from_text(text: &str) -> Option<Self> {
        let duration = duly_api::duration::parse(text).ok();
        duration.filter(|duration| *duration <= DURATION_MAX)
    }
}

impl Scalar for Priority {
    const EXPECTED: &'static str = "critical, high, normal or low";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Scalar for OrderPolicy {
    const EXPECTED: &'static str =
        "strict, aging:30s or deadline:10s, with any duration up to 366 days";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// With a burst as large.
impl Scalar for Rate {
    const EXPECTED: &'static str =
        "so many per period, such as 50/1s or 1000/1h, at most 1000000 per at most 366 days";

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// How much something weighs in a limit, or how much of it there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight(pub(super) u32);

impl Scalar for Weight {
    const EXPECTED: &'static str = "a whole number from 1 to 1000000";

    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    fn from_number(number: u64) -> Option<Self> {
        let weight = u32::try_from(number).ok();
        let weight = weight.filter(|weight| (1..=LIMIT_WEIGHT_MAX).contains(weight));
        weight.map(Self)
    }
}

/// A tenant's share against that of the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share(pub(super) u32);

impl Scalar for Share {
    const EXPECTED: &'static str = "a whole number from 1 to 1000";

    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    fn from_number(number: u64) -> Option<Self> {
        let share = u32::try_from(number).ok();
        let share = share.filter(|share| (1..=TENANT_WEIGHT_MAX).contains(share));
        share.map(Self)
    }
}

/// Until when a unique key is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldWhile(pub(super) UniqueScope);

impl Scalar for HeldWhile {
    const EXPECTED: &'static str = "unfinished or waiting";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "unfinished" => Some(Self(UniqueScope::Unfinished)),
            "waiting" => Some(Self(UniqueScope::Waiting)),
            _ => None,
        }
    }
}

/// What becomes of a task whose unique key another holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Conflict {
    #[default]
    Reject,
    Keep,
    Replace,
}

impl Scalar for Conflict {
    const EXPECTED: &'static str = "reject, keep or replace";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "reject" => Some(Self::Reject),
            "keep" => Some(Self::Keep),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

/// What is replaced of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Payload,
    Priority,
    Time,
}

impl Scalar for What {
    const EXPECTED: &'static str = "payload, priority or time";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "payload" => Some(Self::Payload),
            "priority" => Some(Self::Priority),
            "time" => Some(Self::Time),
            _ => None,
        }
    }
}

/// How many retries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retries(pub(super) u32);

impl Scalar for Retries {
    const EXPECTED: &'static str = "a whole number from 0 to 1000";

    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    fn from_number(number: u64) -> Option<Self> {
        let retries = u32::try_from(number).ok().map(Self);
        retries.filter(|retries| retries.0 <= crate::bounds::RETRIES_MAX)
    }
}

/// How many tasks at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Concurrency(pub(super) u32);

impl Scalar for Concurrency {
    const EXPECTED: &'static str = "a whole number from 1 to 10000";

    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    fn from_number(number: u64) -> Option<Self> {
        let tasks = u32::try_from(number).ok().map(Self);
        tasks.filter(|tasks| (1..=crate::bounds::CONCURRENCY_MAX).contains(&tasks.0))
    }
}

/// How the pauses between attempts grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Grow {
    Fixed,
    Linear,
    #[default]
    Exponential,
}

impl Scalar for Grow {
    const EXPECTED: &'static str = "fixed, linear or exponential";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "fixed" => Some(Self::Fixed),
            "linear" => Some(Self::Linear),
            "exponential" => Some(Self::Exponential),
            _ => None,
        }
    }
}

/// A status of HTTP, or a class of them: what the kind `http` takes for `success` and `retry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Number(u64),
    Word(String),
}

impl Scalar for Status {
    const EXPECTED: &'static str = "a status such as 404, or a class such as 5xx";

    fn from_text(text: &str) -> Option<Self> {
        Some(Self::Word(text.to_owned()))
    }

    fn from_number(number: u64) -> Option<Self> {
        Some(Self::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_a_bound() {
        let ms = |text| Duration::from_text(text).map(|duration| duration.as_millis());
        for (text, expected) in [
            ("0s", 0),
            ("500ms", 500),
            ("5m", 300_000),
            ("366d", 31_622_400_000),
        ] {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1.5h",
            "1 h",
            "1w",
            "367d",
            "99999999999999999999d",
        ] {
            assert_eq!(ms(text), None, "{text}");
        }
    }
}
