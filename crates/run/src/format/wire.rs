//! The file as it is written: its shape, before its values are put together.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use duly::{OrderPolicy, Priority, Rate};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::scalar::{
    Concurrency, Conflict, Grow, HeldWhile, Of, OneOrList, Retries, Scalar, Share, Status, Weight,
    What,
};

/// Text, and where it stands. Numbers and the like are taken as they are written.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Option<Text>,
    pub(super) concurrency: Option<Of<Concurrency>>,
    pub(super) store: Option<Text>,
    pub(super) order: Option<Of<OrderPolicy>>,
    pub(super) fair: Option<Spanned<bool>>,
    pub(super) limits: Option<Spanned<BTreeMap<String, Spanned<Limit>>>>,
    pub(super) tenants: Option<Spanned<BTreeMap<String, Spanned<Tenant>>>>,
    pub(super) tasks: Option<Spanned<Groups>>,
}

/// What a limit bounds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub(super) concurrency: Option<Of<Weight>>,
    pub(super) rate: Option<Of<Rate>>,
    pub(super) burst: Option<Spanned<Of<Weight>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tenant {
    pub(super) weight: Of<Share>,
}

/// The groups, in order.
pub(super) struct Groups(pub(super) Vec<Spanned<Group>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: Option<Text>,
    pub(super) command: Option<Spanned<Words>>,
    pub(super) request: Option<Spanned<Request>>,
    pub(super) each: Option<Spanned<Each>>,
    pub(super) priority: Option<Of<Priority>>,
    pub(super) timeout: Option<Spanned<Of<Duration>>>,
    pub(super) deadline: Option<Spanned<Of<Duration>>>,
    pub(super) finish_within: Option<Spanned<Of<Duration>>>,
    pub(super) alert_unstarted: Option<Spanned<Of<Duration>>>,
    pub(super) alert_unfinished: Option<Spanned<Of<Duration>>>,
    pub(super) retries: Option<Of<Retries>>,
    pub(super) backoff: Option<Spanned<Pauses>>,
    pub(super) env: Option<Spanned<BTreeMap<String, Text>>>,
    pub(super) dir: Option<Text>,
    pub(super) after: Option<Of<Duration>>,
    pub(super) tenant: Option<Text>,
    pub(super) limits: Option<Spanned<Uses>>,
    pub(super) unique: Option<Spanned<Unique>>,
}

/// Limits that a task names.
pub(super) enum Uses {
    One(String),
    List(Vec<Text>),
    Weighed(BTreeMap<String, Spanned<Of<Weight>>>),
}

/// What a task may not do beside another.
pub(super) enum Unique {
    Key(String),
    InFull(Box<UniqueInFull>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueInFull {
    pub(super) key: Text,
    #[serde(rename = "while")]
    pub(super) held_while: Option<Of<HeldWhile>>,
    #[serde(rename = "for")]
    pub(super) held_for: Option<Spanned<Of<Duration>>>,
    pub(super) on_conflict: Option<Of<Conflict>>,
    pub(super) replace: Option<Spanned<OneOrList<What>>>,
}

/// A command: program and arguments.
pub(super) struct Words(pub(super) Vec<Text>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) url: Text,
    pub(super) method: Option<Text>,
    pub(super) headers: Option<BTreeMap<String, Text>>,
    pub(super) body: Option<Spanned<serde_json::Value>>,
    pub(super) success: Option<OneOrList<Status>>,
    pub(super) retry: Option<OneOrList<Status>>,
    pub(super) response_bytes_max: Option<u32>,
}

/// What a group has a task for each of.
pub(super) enum Each {
    Pattern(String),
    List(Vec<Text>),
    Glob(Glob),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Glob {
    pub(super) glob: OneOrMore,
    pub(super) exclude: Option<OneOrMore>,
    #[serde(default)]
    pub(super) optional: bool,
}

/// One text, or a list of them.
pub(super) struct OneOrMore(pub(super) Vec<String>);

/// The pauses between attempts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PausesInFull {
    pub(super) first: Of<Duration>,
    pub(super) max: Option<Of<Duration>>,
    pub(super) grow: Option<Of<Grow>>,
}

pub(super) enum Pauses {
    First(Duration),
    InFull(PausesInFull),
}

/// Reads a type by a visitor that takes whatever stands there.
macro_rules! read_by {
    ($type:ty, $visitor:ident, $expected:expr, { $($visit:item)* }) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_any($visitor)
            }
        }

        struct $visitor;

        impl<'de> Visitor<'de> for $visitor {
            type Value = $type;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expected)
            }

            $($visit)*
        }
    };
}

read_by!(
    Groups,
    GroupsReader,
    "a list of groups, each beginning with `- name: …`",
    {
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Groups, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Groups)
        }
    }
);

read_by!(
    Words,
    WordsReader,
    "a list: the program and its arguments",
    {
        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Words, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Words)
        }

        fn visit_str<E: de::Error>(self, line: &str) -> Result<Words, E> {
            Err(E::custom(as_list(line)))
        }
    }
);

read_by!(
    Each,
    EachReader,
    "a glob, a list of items, or a mapping with `glob:`",
    {
        fn visit_str<E: de::Error>(self, pattern: &str) -> Result<Each, E> {
            Ok(Each::Pattern(pattern.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Each, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Each::List)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Each, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Each::Glob)
        }
    }
);

read_by!(OneOrMore, OneOrMoreReader, "a glob, or a list of globs", {
    fn visit_str<E: de::Error>(self, text: &str) -> Result<OneOrMore, E> {
        Ok(OneOrMore(vec![text.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMore, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMore)
    }
});

read_by!(
    Pauses,
    PausesReader,
    "a duration such as 2s, or a mapping with `first:`",
    {
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Pauses, E> {
            let refused = || E::invalid_value(de::Unexpected::Str(text), &Duration::EXPECTED);
            Duration::from_text(text)
                .map(Pauses::First)
                .ok_or_else(refused)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pauses, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Pauses::InFull)
        }
    }
);

read_by!(
    Uses,
    UsesReader,
    "the name of a limit, a list of them, or a mapping of their names to weights",
    {
        fn visit_str<E: de::Error>(self, name: &str) -> Result<Uses, E> {
            Ok(Uses::One(name.to_owned()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Uses, A::Error> {
            Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(Uses::List)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Uses, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Uses::Weighed)
        }
    }
);

read_by!(Unique, UniqueReader, "a key, or a mapping with `key:`", {
    fn visit_str<E: de::Error>(self, key: &str) -> Result<Unique, E> {
        Ok(Unique::Key(key.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Unique, A::Error> {
        let written = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Unique::InFull(Box::new(written)))
    }
});

/// Characters of a command that a hint repeats.
const HINT_MAX: usize = 60;

/// Says how a line for a shell is written as a list.
fn as_list(line: &str) -> String {
    const WHY: &str = "a command is a list, so that no shell takes it apart:";
    if line.trim().is_empty() || line.chars().count() > HINT_MAX {
        return format!(
            "{WHY} expected [\"program\", \"argument\", …], or [\"sh\", \"-c\", \"…\"] if a shell \
             is wanted"
        );
    }
    let words: Vec<_> = line
        .split_whitespace()
        .map(|word| format!("{word:?}"))
        .collect();
    let list = words.join(", ");
    format!("{WHY} expected [{list}], or [\"sh\", \"-c\", {line:?}] if a shell is wanted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_as_a_list() {
        let hint = as_list("gzip -9 a.jpg");
        assert!(
            hint.contains(r#"expected ["gzip", "-9", "a.jpg"], or ["sh", "-c", "gzip -9 a.jpg"]"#)
        );
        assert!(as_list(&"x ".repeat(100)).contains(r#"["program""#));
    }
}
