//! Sets of statuses, such as `["2xx", 304]`.

use serde::{Deserialize, Deserializer, de};

use super::bounds::STATUSES_MAX;

const EXPECTED: &str = "a status such as 304, a class such as \"5xx\", or \"connection\"";

/// One member of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Status(u16),
    Class(u16),
    /// No answer at all.
    Connection,
}

/// A set of statuses, and perhaps of having no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statuses(Vec<Member>);

impl Statuses {
    /// What counts as success unless told otherwise.
    pub(super) fn success() -> Self {
        Self(vec![Member::Class(2)])
    }

    /// What is worth another try unless told otherwise: not now, too early, too much, broken, away.
    pub(super) fn retry() -> Self {
        Self(vec![
            Member::Status(408),
            Member::Status(425),
            Member::Status(429),
            Member::Class(5),
            Member::Connection,
        ])
    }

    pub(super) fn has(&self, status: u16) -> bool {
        self.0.iter().any(|member| match member {
            Member::Status(one) => *one == status,
            Member::Class(class) => status / 100 == *class,
            Member::Connection => false,
        })
    }

    pub(super) fn has_connection(&self) -> bool {
        self.0.contains(&Member::Connection)
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let members = Vec::<Member>::deserialize(from)?;
        if members.len() > STATUSES_MAX {
            return Err(de::Error::invalid_length(
                members.len(),
                &"at most 64 entries",
            ));
        }
        Ok(Self(members))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Member;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Member, E> {
                let status = u16::try_from(number).ok().filter(|s| is_status(*s));
                let refused = || E::invalid_value(de::Unexpected::Unsigned(number), &EXPECTED);
                status.map(Member::Status).ok_or_else(refused)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Member, E> {
                member(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &EXPECTED))
            }
        }

        from.deserialize_any(Visitor)
    }
}

fn member(text: &str) -> Option<Member> {
    if text == "connection" {
        return Some(Member::Connection);
    }
    if let Some(class) = text.strip_suffix("xx") {
        let class = class.parse().ok()?;
        return (1..=5).contains(&class).then_some(Member::Class(class));
    }
    let status = text.parse().ok()?;
    is_status(status).then_some(Member::Status(status))
}

const fn is_status(number: u16) -> bool {
    matches!(number, 100..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_statuses_are_understood() {
        let set: Statuses = serde_json::from_str(r#"["2xx", 304, "418"]"#).unwrap();
        assert!(
            [200, 299, 304, 418]
                .into_iter()
                .all(|status| set.has(status))
        );
        assert!(
            [199, 300, 404, 500]
                .into_iter()
                .all(|status| !set.has(status))
        );
        assert!(!set.has_connection() && Statuses::retry().has_connection());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "[99]",
            "[600]",
            "[\"6xx\"]",
            "[\"ok\"]",
            "[\"\"]",
            "[-1]",
            "200",
            "[2.5]",
        ] {
            assert!(serde_json::from_str::<Statuses>(text).is_err(), "{text}");
        }
    }
}
