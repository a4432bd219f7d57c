//! The parameters of `GET /v1/events`.

use axum::http::HeaderMap;
use duly_core::EventKind;

use crate::feed::Filter;
use crate::params::unknown;
use crate::port::EventCursor;
use crate::query::{limit, once, parsed, word};
use crate::refusal::Refusal;

const KNOWN: &str = "after, task, queue, kind or limit";
const CURSOR: &str = "the `cursor` of an event, or what the page before gave as `next`";
const LAST_EVENT_ID: &str = "Last-Event-ID";

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) after: Option<EventCursor>,
    pub(super) limit: Option<u32>,
    pub(super) filter: Filter,
}

/// A parameter that is not known is refused: leaving it out would answer another question.
pub(super) fn read(pairs: &[(String, String)]) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    once(
        pairs,
        |name| name == "kind",
        |name, value| {
            match name {
                "after" => asked.after = Some(cursor(name, value)?),
                "task" => asked.filter.task = Some(word(name, value)?),
                "queue" => asked.filter.queue = Some(value.into()),
                "kind" => asked.filter.kinds.extend(kinds(name, value)?),
                "limit" => asked.limit = Some(limit(name, value)?),
                _ => return Err(unknown(name, KNOWN)),
            }
            Ok(())
        },
    )?;
    Ok(asked)
}

impl Asked {
    /// The same, from where the client says that its last stream broke off.
    pub(super) fn resumed(mut self, headers: &HeaderMap) -> Result<Self, Refusal> {
        if let Some(last) = headers.get(LAST_EVENT_ID) {
            let last = String::from_utf8_lossy(last.as_bytes());
            // A client that has never had an event says so by an empty one.
            if !last.is_empty() {
                self.after = Some(cursor(LAST_EVENT_ID, &last)?);
            }
        }
        Ok(self)
    }
}

fn cursor(name: &str, value: &str) -> Result<EventCursor, Refusal> {
    parsed(name, value, CURSOR)
}

fn kinds(name: &str, value: &str) -> Result<Vec<EventKind>, Refusal> {
    value.split(',').map(|kind| word(name, kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        query.iter().map(owned).collect()
    }

    #[test]
    fn kinds_add_up_and_the_rest_is_taken_once() {
        let cursor = EventCursor::after(7);
        let asked = read(&pairs(&[
            ("kind", "failed,lost"),
            ("kind", "completed"),
            ("queue", "mail"),
            ("after", &cursor.to_string()),
            ("limit", "1000"),
        ]));
        let expected = Asked {
            after: Some(cursor),
            limit: Some(1_000),
            filter: Filter {
                task: None,
                queue: Some("mail".into()),
                kinds: vec![EventKind::Failed, EventKind::Lost, EventKind::Completed],
            },
        };
        assert_eq!(asked.unwrap(), expected);
        assert!(read(&pairs(&[("queue", "a"), ("queue", "b")])).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (name, value) in [
            ("after", "7"),
            ("after", ""),
            ("task", "7"),
            ("kind", "done"),
            ("kind", ""),
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "-1"),
            ("cursor", "7"),
        ] {
            assert!(read(&pairs(&[(name, value)])).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn the_last_event_id_counts_for_more_than_after() {
        let (old, new) = (EventCursor::after(1), EventCursor::after(2));
        let asked = Asked {
            after: Some(old),
            ..Asked::default()
        };
        let mut headers = HeaderMap::new();
        assert_eq!(asked.clone().resumed(&headers).unwrap().after, Some(old));
        headers.insert(LAST_EVENT_ID, "".parse().unwrap());
        assert_eq!(asked.clone().resumed(&headers).unwrap().after, Some(old));
        headers.insert(LAST_EVENT_ID, new.to_string().parse().unwrap());
        assert_eq!(asked.clone().resumed(&headers).unwrap().after, Some(new));
        headers.insert(LAST_EVENT_ID, "7".parse().unwrap());
        assert!(asked.resumed(&headers).is_err());
    }
}
