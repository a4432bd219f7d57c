//! Events as the text of server-sent events, written once and shared.

use std::ops::Range;

use axum::body::Bytes;

use crate::bounds::FEED_PAGE_BYTES_MAX;
use crate::convert;
use crate::port::{Event, EventCursor};

use super::Filter;

/// Some events that follow each other.
#[derive(Debug)]
pub(super) struct Page {
    /// How many events the same follower sent before.
    pub(super) first: u64,
    events: Vec<Event>,
    /// Where the text of each event ends.
    ends: Vec<usize>,
    text: Bytes,
}

impl Page {
    /// Pages of bounded size, whatever the size of the events.
    pub(super) fn split(events: Vec<Event>, mut first: u64) -> Vec<Self> {
        let mut pages = Vec::new();
        let mut draft = Draft::default();
        for event in events {
            draft.push(event);
            if draft.text.len() >= FEED_PAGE_BYTES_MAX {
                let page = std::mem::take(&mut draft).page(first);
                first = page.after();
                pages.push(page);
            }
        }
        if !draft.events.is_empty() {
            pages.push(draft.page(first));
        }
        pages
    }

    /// One page, which holds few events.
    pub(super) fn of(events: Vec<Event>, first: u64) -> Self {
        let mut draft = Draft::default();
        events.into_iter().for_each(|event| draft.push(event));
        draft.page(first)
    }

    /// How many events were sent with this page and before it.
    pub(super) fn after(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The place after its last event.
    pub(super) fn next(&self) -> EventCursor {
        let last = self.events.last();
        last.map_or(EventCursor::START, |event| event.cursor)
    }

    /// The text of the events that lie after `at` and pass the filter; all of it is shared, parts are
    /// copied, so that few events do not keep a whole page.
    pub(super) fn text(&self, at: EventCursor, filter: &Filter) -> Bytes {
        let start = self.events.partition_point(|event| event.cursor <= at);
        if start == 0 && filter.is_empty() {
            return self.text.clone();
        }
        let wanted = (start..self.events.len()).filter(|index| filter.wants(&self.events[*index]));
        let mut text = Vec::new();
        for index in wanted {
            text.extend_from_slice(&self.text[self.range(index)]);
        }
        text.into()
    }

    fn range(&self, index: usize) -> Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[index]
    }
}

#[derive(Default)]
struct Draft {
    events: Vec<Event>,
    ends: Vec<usize>,
    text: Vec<u8>,
}

impl Draft {
    fn push(&mut self, mut event: Event) {
        message(&mut self.text, &event);
        // The text has it.
        event.error = None;
        self.events.push(event);
        self.ends.push(self.text.len());
    }

    fn page(mut self, first: u64) -> Page {
        self.text.shrink_to_fit();
        Page {
            first,
            events: self.events,
            ends: self.ends,
            text: self.text.into(),
        }
    }
}

fn message(text: &mut Vec<u8>, event: &Event) {
    let data = convert::feed_event(event);
    text.extend_from_slice(b"id: ");
    text.extend_from_slice(data.cursor.as_bytes());
    text.extend_from_slice(b"\nevent: ");
    text.extend_from_slice(event.kind.name().as_bytes());
    text.extend_from_slice(b"\ndata: ");
    serde_json::to_writer(&mut *text, &data).expect("text and numbers become JSON");
    text.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_core::{EventKind, TaskId, Timestamp};

    fn event(sequence: i64) -> Event {
        Event {
            sequence,
            cursor: EventCursor::after(sequence),
            task: TaskId::from_bytes([7; 16]),
            task_kind: "k".into(),
            queue: if sequence % 2 == 0 { "even" } else { "odd" }.into(),
            kind: EventKind::Failed,
            at: Timestamp::from_micros(0),
            attempt: 1,
            worker: None,
            due_at: None,
            priority: None,
            error: Some("line\nbreak".to_owned()),
        }
    }

    fn ids(text: &[u8]) -> Vec<i64> {
        let text = std::str::from_utf8(text).unwrap();
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.map(|id| id.parse::<EventCursor>().unwrap().sequence())
            .collect()
    }

    #[test]
    fn a_message_is_three_lines_whatever_the_error_says() {
        let page = Page::split(vec![event(3)], 0).remove(0);
        let text = page.text(EventCursor::START, &Filter::default());
        let lines: Vec<_> = std::str::from_utf8(&text).unwrap().lines().collect();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(lines[0], format!("id: {}", EventCursor::after(3)));
        assert_eq!(lines[1], "event: failed");
        let data = lines[2].strip_prefix("data: ").unwrap();
        let data: duly_api::FeedEvent = serde_json::from_str(data).unwrap();
        assert_eq!(data.event.error.as_deref(), Some("line\nbreak"));
        assert_eq!(lines[3], "");
    }

    #[test]
    fn the_text_of_a_whole_page_is_shared() {
        let page = Page::split((1..=3).map(event).collect(), 0).remove(0);
        let text = page.text(EventCursor::START, &Filter::default());
        assert_eq!(text.as_ptr(), page.text.as_ptr());
        assert_eq!(ids(&text), [1, 2, 3]);
    }

    #[test]
    fn what_was_seen_or_is_not_wanted_is_left_out() {
        let page = Page::split((1..=6).map(event).collect(), 0).remove(0);
        let odd = Filter {
            queue: Some("odd".into()),
            ..Filter::default()
        };
        assert_eq!(ids(&page.text(EventCursor::after(1), &odd)), [3, 5]);
        let all = Filter::default();
        assert_eq!(ids(&page.text(EventCursor::after(4), &all)), [5, 6]);
        assert!(page.text(EventCursor::after(6), &all).is_empty());
        let none = Filter {
            kinds: vec![EventKind::Lost],
            ..Filter::default()
        };
        assert!(page.text(EventCursor::START, &none).is_empty());
    }

    #[test]
    fn pages_are_bounded_in_bytes_and_count_on() {
        let long = |sequence| Event {
            error: Some("e".repeat(FEED_PAGE_BYTES_MAX / 3)),
            ..event(sequence)
        };
        let pages = Page::split((1..=7).map(long).collect(), 10);
        let counts: Vec<_> = pages.iter().map(|p| (p.first, p.events.len())).collect();
        assert_eq!(counts, [(10, 3), (13, 3), (16, 1)]);
        assert!(
            pages
                .iter()
                .all(|page| page.text.len() < 2 * FEED_PAGE_BYTES_MAX)
        );
        assert_eq!(pages[2].next(), EventCursor::after(7));
    }
}
