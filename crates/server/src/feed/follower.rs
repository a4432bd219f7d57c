//! The one task that follows the store's events.

use std::sync::Arc;
use std::time::Duration;

use duly_core::Timestamp;
use tokio::sync::watch;

use crate::bounds::{FEED_PACE, FEED_POLL, FEED_RETRY};
use crate::port::bounds::PAGE_MAX;
use crate::port::{EventCursor, Listener, RequestError};

use super::Feed;
use super::page::Page;

/// Starts following; answers what tells when it has found its place.
pub(super) fn start(feed: Feed) -> watch::Receiver<bool> {
    let (found, is_found) = watch::channel(false);
    let hints = feed.0.store.listen_events();
    tokio::spawn(async move {
        let follower = Follower {
            at: EventCursor::START,
            sent: 0,
            paced: feed.0.clock.now(),
            hints,
            feed,
        };
        follower.run(&found).await;
    });
    is_found
}

struct Follower {
    feed: Feed,
    hints: Listener,
    /// The place after the last event that was sent.
    at: EventCursor,
    /// How many events were sent.
    sent: u64,
    /// When the next page may be read, so that events that trickle share pages.
    paced: Timestamp,
}

impl Follower {
    async fn run(mut self, found: &watch::Sender<bool>) {
        while let Err(error) = self.find().await {
            if !self.failed(&error).await {
                return;
            }
        }
        found.send_replace(true);
        loop {
            let more = match self.step().await {
                Ok(more) => more,
                Err(error) => {
                    if !self.failed(&error).await {
                        return;
                    }
                    true
                }
            };
            if !more && !self.rest().await && self.feed.dismiss() {
                return;
            }
        }
    }

    async fn find(&mut self) -> Result<(), RequestError> {
        self.at = self.feed.0.store.events_end().await?;
        Ok(())
    }

    /// Sends a page of what is new; whether there may be more.
    async fn step(&mut self) -> Result<bool, RequestError> {
        let page = self.feed.0.store.events(self.at, PAGE_MAX).await?;
        let more = page.events.len() >= PAGE_MAX as usize;
        if !page.events.is_empty() {
            self.paced = self.feed.0.clock.now() + FEED_PACE;
        }
        self.at = page.next;
        for page in Page::split(page.events, self.sent) {
            self.sent = page.after();
            // Nobody listens any more: the next rest will tell.
            let _ = self.feed.0.pages.send(Arc::new(page));
        }
        Ok(more)
    }

    /// Waits until there may be something new; `false` if nobody listens.
    async fn rest(&self) -> bool {
        let shared = &self.feed.0;
        let wait = async {
            tokio::select! {
                () = self.hints.hint() => {}
                () = shared.clock.sleep(FEED_POLL) => {}
            }
            shared.clock.sleep_until(self.paced).await;
        };
        tokio::select! {
            () = wait => true,
            () = shared.pages.closed() => false,
        }
    }

    /// Waits before another try; `false` if nobody listens.
    async fn failed(&self, error: &RequestError) -> bool {
        tracing::warn!(%error, "events cannot be followed now, and are tried again");
        self.pause(FEED_RETRY).await || !self.feed.dismiss()
    }

    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.feed.0.clock.sleep(time) => true,
            () = self.feed.0.pages.closed() => false,
        }
    }
}
