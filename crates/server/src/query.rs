//! The parameters of `GET /v1/tasks`, and what all readers of parameters share.

use std::str::FromStr;

use duly_api::{Problem, text::Word, time};
use duly_core::{State, Timestamp};

use crate::bounds::PAGE_DEFAULT;
use crate::params::unknown;
use crate::port::bounds::PAGE_MAX;
use crate::port::{Filter, List, ListAttachments, ListCursor, ListNames, Name, Subject, validate};
use crate::refusal::Refusal;
use crate::routes::dead_letters;

const KNOWN: &str = "state, queue, kind, tenant, worker, due_before, overdue, submitted_from, \
                     submitted_before, label, cursor or limit";

/// What is asked for. A parameter that is not known is refused: leaving it out would answer
/// another question.
pub(crate) fn list(pairs: &[(String, String)]) -> Result<List, Refusal> {
    let mut list = brief(Filter::default());
    once(
        pairs,
        |name| name == "state",
        |name, value| take(&mut list, name, value),
    )?;
    Ok(list)
}

/// The dead letters that are asked for.
pub(crate) fn failed(pairs: &[(String, String)]) -> Result<List, Refusal> {
    let mut list = brief(dead_letters());
    once(
        pairs,
        |_| false,
        |name, value| match name {
            "queue" | "kind" | "cursor" | "limit" => take(&mut list, name, value),
            _ => Err(unknown(name, "queue, kind, cursor or limit")),
        },
    )?;
    Ok(list)
}

/// The page of kinds or tenants that is asked for.
pub(crate) fn names(pairs: &[(String, String)]) -> Result<ListNames, Refusal> {
    let mut names = ListNames::first(PAGE_DEFAULT);
    once(
        pairs,
        |_| false,
        |name, value| {
            match name {
                "after" => {
                    validate::name("after", value)?;
                    names.after = Some(value.into());
                }
                "limit" => names.limit = limit(name, value)?,
                _ => return Err(unknown(name, "after or limit")),
            }
            Ok(())
        },
    )?;
    Ok(names)
}

/// The page of what a limit is attached to that is asked for.
pub(crate) fn attachments(
    of: Name,
    pairs: &[(String, String)],
) -> Result<ListAttachments, Refusal> {
    let mut attachments = ListAttachments::of(of, PAGE_DEFAULT);
    once(
        pairs,
        |_| false,
        |name, value| {
            match name {
                "after" => attachments.after = Some(subject("after", value)?),
                "limit" => attachments.limit = limit(name, value)?,
                _ => return Err(unknown(name, "after or limit")),
            }
            Ok(())
        },
    )?;
    Ok(attachments)
}

/// How many are asked for, and nothing else.
pub(crate) fn how_many(pairs: &[(String, String)]) -> Result<u32, Refusal> {
    let mut many = PAGE_DEFAULT;
    once(
        pairs,
        |_| false,
        |name, value| {
            if name != "limit" {
                return Err(unknown(name, "limit"));
            }
            many = limit(name, value)?;
            Ok(())
        },
    )?;
    Ok(many)
}

fn brief(filter: Filter) -> List {
    List {
        filter,
        limit: PAGE_DEFAULT,
        brief: true,
        after: None,
    }
}

/// Takes each parameter, and each once but those that add up.
pub(crate) fn once(
    pairs: &[(String, String)],
    adds_up: impl Fn(&str) -> bool,
    mut take: impl FnMut(&str, &str) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for (name, value) in pairs {
        if !adds_up(name) && seen.contains(&name) {
            return Err(refused(name, value, "to be given once"));
        }
        seen.push(name);
        take(name, value)?;
    }
    Ok(())
}

fn take(list: &mut List, name: &str, value: &str) -> Result<(), Refusal> {
    let filter: &mut Filter = &mut list.filter;
    match name {
        "state" => {
            for text in value.split(',') {
                filter.states.push(word::<State>(name, text)?);
            }
        }
        "queue" => filter.queue = Some(value.into()),
        "kind" => filter.kind = Some(value.into()),
        "tenant" => filter.tenant = Some(value.into()),
        "worker" => filter.worker = Some(value.into()),
        "due_before" => filter.due_before = Some(instant(name, value)?),
        "overdue" => filter.overdue = parsed(name, value, "true or false")?,
        "submitted_from" => filter.submitted_from = Some(instant(name, value)?),
        "submitted_before" => filter.submitted_before = Some(instant(name, value)?),
        "label" => filter.label = Some(label(name, value)?),
        "cursor" => list.after = Some(cursor(name, value)?),
        "limit" => list.limit = limit(name, value)?,
        _ => return Err(unknown(name, KNOWN)),
    }
    Ok(())
}

pub(crate) fn word<T: Word>(name: &str, text: &str) -> Result<T, Refusal> {
    parsed(name, text, T::EXPECTED)
}

pub(crate) fn parsed<T: FromStr>(name: &str, text: &str, expected: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| refused(name, text, expected))
}

fn instant(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    time::parse(text).map_err(|_| refused(name, text, time::EXPECTED))
}

pub(crate) fn refused(name: &str, value: &str, expected: &str) -> Refusal {
    let detail = format!("{name} is {value:?}: expected {expected}");
    Problem::invalid(name, expected, detail).into()
}

/// A label's name and value.
pub(crate) fn label(name: &str, text: &str) -> Result<(String, String), Refusal> {
    let pair = text.split_once('=');
    let pair = pair.map(|(key, value)| (key.to_owned(), value.to_owned()));
    pair.ok_or_else(|| refused(name, text, "a name and a value: NAME=VALUE"))
}

/// The size of a page.
pub(crate) fn limit(name: &str, text: &str) -> Result<u32, Refusal> {
    let limit = text.parse().ok();
    limit
        .filter(|limit| (1..=PAGE_MAX).contains(limit))
        .ok_or_else(|| refused(name, text, &format!("a number from 1 to {PAGE_MAX}")))
}

/// A queue, a kind or a tenant, as in `kind:email.send`.
fn subject(name: &'static str, text: &str) -> Result<Subject, Refusal> {
    let subject = text.split_once(':').and_then(|(what, of)| match what {
        "queue" => Some(Subject::Queue(of.into())),
        "kind" => Some(Subject::Kind(of.into())),
        "tenant" => Some(Subject::Tenant(of.into())),
        _ => None,
    });
    let expected = "queue:NAME, kind:NAME or tenant:NAME, as the page before gave it as `next`";
    let subject = subject.ok_or_else(|| refused(name, text, expected))?;
    validate::name(name, subject.name())?;
    Ok(subject)
}

/// A queue, a kind or a tenant as text.
pub(crate) fn subject_text(subject: &Subject) -> String {
    format!("{}:{}", subject.what(), subject.name())
}

/// Where the page before ended.
pub(crate) fn cursor(name: &str, text: &str) -> Result<ListCursor, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sequence = digits.then(|| i64::from_str_radix(text, 16).ok()).flatten();
    sequence
        .map(ListCursor::after)
        .ok_or_else(|| refused(name, text, "what the page before gave as `next`"))
}

/// A cursor as text: opaque to clients.
pub(crate) fn cursor_text(cursor: ListCursor) -> String {
    format!("{:x}", cursor.sequence())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn states_add_up_and_the_rest_is_taken_once() {
        let asked = list(&pairs(&[
            ("state", "failed,timed_out"),
            ("state", "running"),
            ("label", "a=b=c"),
            ("limit", "7"),
        ]))
        .unwrap();
        assert_eq!(
            asked.filter.states,
            [State::Failed, State::TimedOut, State::Running]
        );
        assert_eq!(asked.filter.label, Some(("a".into(), "b=c".into())));
        assert_eq!(asked.limit, 7);
        assert!(list(&pairs(&[("queue", "a"), ("queue", "b")])).is_err());
    }

    #[test]
    fn cursors_round_trip() {
        let text = cursor_text(ListCursor::after(77));
        let asked = list(&pairs(&[("cursor", &text)])).unwrap();
        assert_eq!(asked.after, Some(ListCursor::after(77)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (name, value) in [
            ("state", "done"),
            ("state", ""),
            ("due_before", "soon"),
            ("overdue", "yes"),
            ("label", "a"),
            ("cursor", "zz"),
            ("cursor", ""),
            ("cursor", "-1"),
            ("limit", "-1"),
            ("sort", "id"),
        ] {
            assert!(list(&pairs(&[(name, value)])).is_err(), "{name}={value}");
        }
    }
}
