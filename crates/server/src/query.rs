//! The parameters of `GET /v1/tasks`, and what all readers of parameters share.

use std::str::FromStr;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use duly_api::{Code, Problem, text::Word, time};
use duly_core::{State, Timestamp};

use crate::bounds::PAGE_DEFAULT;
use crate::port::{Filter, List, ListCursor};
use crate::refusal::Refusal;

const KNOWN: &str = "state, queue, kind, worker, due_before, overdue, submitted_from, \
                     submitted_before, label, cursor or limit";

/// The parameters as pairs, in order, as often as they are given.
pub(crate) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The pairs, if the query can be read.
pub(crate) fn pairs(pairs: Pairs) -> Result<Vec<(String, String)>, Refusal> {
    let Query(pairs) = pairs.map_err(|error| {
        let detail = format!("the query cannot be read: {}", error.body_text());
        Problem::new(Code::InvalidInput, detail)
    })?;
    Ok(pairs)
}

/// What is asked for. A parameter that is not known is refused: leaving it out would answer
/// another question.
pub(crate) fn list(pairs: &[(String, String)]) -> Result<List, Refusal> {
    let mut list = List {
        limit: PAGE_DEFAULT,
        ..List::default()
    };
    let mut seen = Vec::new();
    for (name, value) in pairs {
        if name != "state" && seen.contains(&name) {
            return Err(refused(name, value, "to be given once"));
        }
        seen.push(name);
        take(&mut list, name, value)?;
    }
    Ok(list)
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
        "worker" => filter.worker = Some(value.into()),
        "due_before" => filter.due_before = Some(instant(name, value)?),
        "overdue" => filter.overdue = parsed(name, value, "true or false")?,
        "submitted_from" => filter.submitted_from = Some(instant(name, value)?),
        "submitted_before" => filter.submitted_before = Some(instant(name, value)?),
        "label" => {
            let pair = value.split_once('=');
            let (key, value) =
                pair.ok_or_else(|| refused(name, value, "a name and a value: label=NAME=VALUE"))?;
            filter.label = Some((key.to_owned(), value.to_owned()));
        }
        "cursor" => list.after = Some(cursor(name, value)?),
        "limit" => list.limit = parsed(name, value, "a number from 1 to 1000")?,
        _ => return Err(unknown(name, KNOWN)),
    }
    Ok(())
}

/// There is no parameter of this name.
pub(crate) fn unknown(name: &str, known: &str) -> Refusal {
    let detail = format!("there is no parameter {name}: expected {known}");
    Problem::invalid(name, known, detail).into()
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

fn cursor(name: &str, text: &str) -> Result<ListCursor, Refusal> {
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
