//! One subscriber: what it gets next.

use std::ops::Range;
use std::sync::Arc;

use axum::body::Bytes;
use duly_api::Resync;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::RecvError;

use crate::bounds::{FEED_HISTORY_MAX, FEED_KEEP_ALIVE, FEED_RETRY};
use crate::port::{EventCursor, EventPage, RequestError};

use super::page::Page;
use super::{Feed, Filter, Pages, history};

/// How long a client that loses its connection should wait before it connects again, in ms.
const RETRY_MS: u32 = 1_000;
/// The last word to who may come back.
const FAREWELL: &[u8] = b": the server stops: connect again with Last-Event-ID\n\n";

/// A stream of events for one subscriber, which keeps its place among the streams until it is
/// dropped.
pub(crate) struct Subscription {
    feed: Feed,
    pages: Pages,
    filter: Filter,
    phase: Phase,
    /// The place after the last event that was sent, or left out.
    at: EventCursor,
    /// The last place that the subscriber was told.
    told: EventCursor,
    /// What the follower had sent by then; `None` before the first page of it.
    counted: Option<u64>,
    /// Pages were lost before the one that comes next.
    behind: bool,
    /// Where the newest event was when it began.
    end: EventCursor,
    /// It has to be seen whether what follows the place to go on from is still kept.
    resumed: bool,
    _place: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Opening,
    /// Reads from the store until it has all of it.
    History,
    /// Reads from the ring.
    Live,
    Over,
}

impl Subscription {
    pub(super) fn new(
        feed: Feed,
        pages: Pages,
        history: Range<EventCursor>,
        filter: Filter,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let Range { start: after, end } = history;
        Self {
            end,
            resumed: after != EventCursor::START && filter.task.is_none(),
            feed,
            pages,
            filter,
            phase: Phase::Opening,
            at: after,
            told: after,
            counted: None,
            behind: false,
            _place: place,
        }
    }

    /// The next text to send; `None`: that was all, the server stops. Nothing is lost if it is dropped
    /// before it ends.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        match self.phase {
            Phase::Over => return None,
            Phase::Opening => {
                self.phase = Phase::History;
                return Some(self.opening());
            }
            Phase::History | Phase::Live => {}
        }
        let (stop, clock) = (self.feed.0.stop.clone(), Arc::clone(&self.feed.0.clock));
        tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.phase = Phase::Over;
                Some(Bytes::from_static(FAREWELL))
            }
            text = self.advance() => {
                self.told = self.at;
                Some(text)
            }
            () = clock.sleep(FEED_KEEP_ALIVE) => Some(self.keep_alive()),
        }
    }

    /// Tells at once where the stream begins: who breaks off before the first event can go on there.
    /// A place that the store has not come to is one of another life of it, or of another store: what
    /// happened since is not known, and the stream begins at the end.
    fn opening(&mut self) -> Bytes {
        let is_known = self.at <= self.end;
        self.at = self.at.min(self.end);
        self.told = self.at;
        let mut text = format!(": events follow\nretry: {RETRY_MS}\nid: {}\n\n", self.at);
        if !is_known {
            text.push_str(&resync(0, self.at));
        }
        text.into()
    }

    /// Tells, if events were left out, that they need not be looked at again.
    fn keep_alive(&mut self) -> Bytes {
        if self.told == self.at {
            return Bytes::from_static(b": keep-alive\n\n");
        }
        self.told = self.at;
        format!(": keep-alive\nid: {}\n\n", self.at).into()
    }

    /// Goes on until there is something to send.
    async fn advance(&mut self) -> Bytes {
        loop {
            let text = if self.phase == Phase::Live {
                self.live().await
            } else {
                self.past().await
            };
            if !text.is_empty() {
                return text;
            }
        }
    }

    /// A page of the history. Only once the follower has found its place does a page that is not full
    /// mean that all the rest will come in live.
    async fn past(&mut self) -> Bytes {
        if self.pages.found.wait_for(|found| *found).await.is_err() {
            self.pages = self.feed.listen();
            return Bytes::new();
        }
        let store = &*self.feed.0.store;
        let page = history::read(store, &self.filter, self.at, FEED_HISTORY_MAX).await;
        let page = match page {
            Ok(page) => page,
            // Its history was removed: there is only what comes.
            Err(RequestError::TaskNotFound(_)) => {
                self.phase = Phase::Live;
                return Bytes::new();
            }
            Err(error) => {
                tracing::debug!(%error, "history cannot be read now, and is tried again");
                self.feed.0.clock.sleep(FEED_RETRY).await;
                return Bytes::new();
            }
        };
        if page.events.len() < FEED_HISTORY_MAX as usize {
            self.phase = Phase::Live;
        }
        let removed = self.removed(&page);
        let start = self.at;
        self.at = start.max(page.next);
        let text = Page::of(page.events, 0).text(start, &self.filter);
        match removed {
            Some(resync) => [resync.into_bytes(), text.to_vec()].concat().into(),
            None => text,
        }
    }

    /// Tells, once, that what lay right after the place to go on from is not kept any more.
    fn removed(&mut self, page: &EventPage) -> Option<String> {
        if !std::mem::take(&mut self.resumed) {
            return None;
        }
        let first = page.events.first();
        let kept = first.map_or(self.end, |event| EventCursor::after(event.sequence - 1));
        let missed = kept.sequence().saturating_sub(self.at.sequence());
        let missed = u64::try_from(missed).ok().filter(|missed| *missed > 0)?;
        self.at = kept;
        Some(resync(missed, kept))
    }

    /// A page from the ring.
    async fn live(&mut self) -> Bytes {
        let received = tokio::select! {
            received = self.pages.live.recv() => received,
            _ = self.pages.found.changed() => Err(RecvError::Closed),
        };
        match received {
            Ok(page) => return self.follow(&page),
            Err(RecvError::Lagged(_)) => self.behind = true,
            // The follower is gone, as it should not be: begin again.
            Err(RecvError::Closed) => {
                self.pages = self.feed.listen();
                self.counted = None;
                self.phase = Phase::History;
            }
        }
        Bytes::new()
    }

    fn follow(&mut self, page: &Page) -> Bytes {
        let behind = std::mem::take(&mut self.behind);
        if page.next() <= self.at {
            self.counted = Some(page.after());
            return Bytes::new();
        }
        let text = page.text(self.at, &self.filter);
        let resync = match (behind, self.counted) {
            (false, _) => None,
            // How many were lost is not known yet; but who has just come reads on in the history.
            (true, None) => {
                self.phase = Phase::History;
                return Bytes::new();
            }
            (true, Some(counted)) => {
                let missed = page.first.saturating_sub(counted);
                self.feed.0.resyncs.add(missed);
                Some(resync(missed, self.at))
            }
        };
        self.at = page.next();
        self.counted = Some(page.after());
        match resync {
            Some(resync) => [resync.into_bytes(), text.to_vec()].concat().into(),
            None => text,
        }
    }
}

/// Tells what was missed, and from where on the history has what it has of it.
fn resync(missed: u64, from: EventCursor) -> String {
    let next = from.to_string();
    let data = Resync { missed, next };
    let json = serde_json::to_string(&data).expect("text and numbers become JSON");
    format!("id: {from}\nevent: resync\ndata: {json}\n\n")
}
