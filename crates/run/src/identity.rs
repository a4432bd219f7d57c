//! What makes two files, and two tasks, the same.

use std::collections::BTreeMap;
use std::time::Duration;

use duly::{Backoff, OnConflict, TaskId, UniqueScope};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::format::{Action, Group, Items, Unique};
use crate::template::Template;

/// Sixteen bytes of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    /// Of parts, each told apart from the next.
    fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Self(bytes)
    }

    /// As 32 hexadecimal digits.
    pub(crate) fn text(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Of what a file says is to be done: comments, order of fields and ways of writing do not count, nor
/// does how much runs at once.
pub(crate) fn of_definition(groups: &[Group]) -> Digest {
    let text = Value::Array(groups.iter().map(definition).collect()).to_string();
    Digest::of([text.as_bytes()])
}

/// Of names in their order.
pub(crate) fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Digest {
    Digest::of(names.map(str::as_bytes))
}

/// The id of a task: always the same for one place in one round of one run, and no other's. A UUID of
/// version 8.
pub(crate) fn task(run: &str, round: u32, group: &str, index: usize, payload: &[u8]) -> TaskId {
    let Digest(mut bytes) = Digest::of([
        b"duly run".as_slice(),
        run.as_bytes(),
        &round.to_be_bytes(),
        group.as_bytes(),
        &(index as u64).to_be_bytes(),
        payload,
    ]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    TaskId::from_bytes(bytes)
}

fn definition(group: &Group) -> Value {
    let mut definition = json!({
        "name": group.name,
        "action": action(&group.action),
        "each": group.each.as_ref().map(|each| items(&each.items)),
        "priority": group.priority.unwrap_or_default().name(),
        "timeout_ms": group.timeout.map(|timeout| timeout.as_millis()),
        "attempts": group.retry.attempts_max,
        "backoff": backoff(group.retry.backoff),
        "after_ms": group.after.as_millis(),
    });
    // What is not said leaves no trace, so that files from before it could be said stay what they are.
    for (field, span) in [
        ("deadline_ms", group.deadline),
        ("finish_within_ms", group.finish_within),
        ("alert_unstarted_ms", group.alert_unstarted),
        ("alert_unfinished_ms", group.alert_unfinished),
    ] {
        if let Some(span) = span {
            definition[field] = json!(span.as_millis());
        }
    }
    if let Some(tenant) = &group.tenant {
        definition["tenant"] = json!(tenant.source());
    }
    if !group.limits.is_empty() {
        let limits = group.limits.iter();
        let limits: BTreeMap<_, _> = limits
            .map(|one| (one.name.to_string(), one.weight))
            .collect();
        definition["limits"] = json!(limits);
    }
    if let Some(unique) = &group.unique {
        definition["unique"] = self::unique(unique);
    }
    definition
}

fn unique(unique: &Unique) -> Value {
    let (held, span) = match unique.scope {
        UniqueScope::Unfinished => ("unfinished", Duration::ZERO),
        UniqueScope::Waiting => ("waiting", Duration::ZERO),
        UniqueScope::Period(span) => ("period", span),
    };
    let (conflict, what) = match unique.on_conflict {
        OnConflict::Reject => ("reject", [false; 3]),
        OnConflict::Keep => ("keep", [false; 3]),
        OnConflict::Replace(what) => ("replace", [what.payload, what.priority, what.due]),
    };
    json!([unique.key.source(), held, span.as_millis(), conflict, what])
}

fn action(action: &Action) -> Value {
    match action {
        Action::Command(command) => {
            let words = command.words.iter().map(Template::source);
            let env = command.env.iter();
            let env = env.map(|(name, value)| (name.clone(), json!(value.source())));
            json!({
                "command": words.collect::<Vec<_>>(),
                "env": Value::Object(env.collect()),
                "dir": command.dir.as_ref().map(Template::source),
            })
        }
        Action::Request(request) => json!({"request": request.definition()}),
    }
}

fn items(items: &Items) -> Value {
    match items {
        Items::List(list) => json!({"list": list}),
        Items::Glob {
            patterns,
            exclude,
            optional,
        } => json!({"glob": patterns, "exclude": exclude, "optional": optional}),
    }
}

fn backoff(backoff: Backoff) -> Value {
    let (grow, first, max) = match backoff {
        Backoff::Fixed { delay } => ("fixed", delay, delay),
        Backoff::Linear { step, ceiling } => ("linear", step, ceiling),
        Backoff::Exponential { base, ceiling } => ("exponential", base, ceiling),
    };
    json!([grow, first.as_millis(), max.as_millis()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_same_place_is_the_same_task_and_no_other_is() {
        assert_eq!(task("a", 1, "g", 1, b"{}"), task("a", 1, "g", 1, b"{}"));
        let mut seen = HashSet::new();
        for run in ["a", "b"] {
            for round in 1..4 {
                for (group, index, payload) in [
                    ("g", 1, &b"{}"[..]),
                    ("g", 2, b"{}"),
                    ("g1", 1, b"{}"),
                    ("g", 1, b"[]"),
                ] {
                    assert!(seen.insert(task(run, round, group, index, payload)));
                }
            }
        }
        assert_eq!(task("a", 1, "g", 1, b"").as_bytes()[6] >> 4, 8, "version 8");
    }

    #[test]
    fn parts_are_told_apart() {
        let of = |names: &[&str]| of_names(names.iter().copied());
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
        assert_eq!(of(&["ab"]).text().len(), 32);
    }
}
