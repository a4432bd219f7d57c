//! Calls to the store: each a task of its own that brings its answer back, whatever happens.

use std::sync::Arc;

use duly_core::{AttemptRef, Incarnation, State};
use duly_store::bounds::{HOUSEKEEPING_MAX, PAGE_MAX};
use duly_store::{
    Claim, ClaimError, Filter, Heartbeat, List, Name, Promote, Registration, RequestError, Settle,
    Store, StoreError, TakeBack,
};
use tokio::sync::mpsc;

use super::event::{Answer, Event};
use crate::bounds::AUDIT_PAGES_MAX;

/// Makes calls, and has their answers sent to the coordinator.
pub(super) struct Calls {
    store: Arc<dyn Store>,
    events: mpsc::UnboundedSender<Event>,
}

/// Sends an answer when it is dropped, so that a call that panics is answered too.
struct Reply<L: FnOnce(StoreError) -> Answer> {
    incarnation: Incarnation,
    events: mpsc::UnboundedSender<Event>,
    lost: Option<L>,
    answer: Option<Answer>,
}

impl Calls {
    pub(super) const fn new(store: Arc<dyn Store>, events: mpsc::UnboundedSender<Event>) -> Self {
        Self { store, events }
    }

    pub(super) fn register(&self, request: Registration, sent: duly_core::Timestamp) {
        let lost = move |e: StoreError| Answer::Registered(sent, Err(RequestError::Store(e)));
        self.make(
            request.incarnation,
            lost,
            move |store: Arc<dyn Store>| async move {
                Answer::Registered(sent, store.register(request).await)
            },
        );
    }

    /// Says anew what a registered worker is.
    pub(super) fn introduce(&self, request: Registration) {
        let lost = |e| Answer::Introduced(Err(RequestError::Store(e)));
        self.make(
            request.incarnation,
            lost,
            move |store: Arc<dyn Store>| async move {
                Answer::Introduced(store.register(request).await)
            },
        );
    }

    pub(super) fn heartbeat(&self, request: Heartbeat, sent: duly_core::Timestamp) {
        let lost = move |e| Answer::Renewed(sent, Err(e));
        self.make(
            request.incarnation,
            lost,
            move |store: Arc<dyn Store>| async move {
                Answer::Renewed(sent, store.heartbeat(request).await)
            },
        );
    }

    pub(super) fn claim(&self, request: Claim) {
        let lost = |e| Answer::Claimed(Err(ClaimError::Store(e)));
        self.make(
            request.incarnation,
            lost,
            move |store: Arc<dyn Store>| async move { Answer::Claimed(store.claim(request).await) },
        );
    }

    pub(super) fn promote(&self, request: Promote) {
        let lost = |e| Answer::Promoted(Err(e));
        self.make(request.incarnation, lost, move |store: Arc<dyn Store>| async move {
            Answer::Promoted(store.promote(request).await)
        });
    }

    pub(super) fn settle(&self, request: Settle) {
        let lost = |e| Answer::Settled(Err(e));
        self.make(request.incarnation, lost, move |store: Arc<dyn Store>| async move {
            Answer::Settled(store.settle(request).await)
        });
    }

    pub(super) fn cancels(&self, incarnation: Incarnation) {
        let lost = |e| Answer::Cancels(Err(e));
        self.make(incarnation, lost, move |store: Arc<dyn Store>| async move {
            Answer::Cancels(store.cancel_requests(incarnation).await)
        });
    }

    /// Asks what workers of this name hold.
    pub(super) fn audit(&self, incarnation: Incarnation, name: Name) {
        let lost = |e| Answer::Audited(Err(e));
        self.make(incarnation, lost, move |store: Arc<dyn Store>| async move {
            Answer::Audited(held(&*store, name).await)
        });
    }

    /// Says goodbye.
    pub(super) fn retire(&self, incarnation: Incarnation) {
        let lost = |e| Answer::Retired(Err(e));
        self.make(incarnation, lost, move |store: Arc<dyn Store>| async move {
            Answer::Retired(retire(&*store, incarnation).await)
        });
    }

    fn make<L, C, F>(&self, incarnation: Incarnation, lost: L, call: C)
    where
        L: FnOnce(StoreError) -> Answer + Send + 'static,
        C: FnOnce(Arc<dyn Store>) -> F,
        F: Future<Output = Answer> + Send + 'static,
    {
        let call = call(Arc::clone(&self.store));
        let reply = Reply {
            incarnation,
            events: self.events.clone(),
            lost: Some(lost),
            answer: None,
        };
        tokio::spawn(async move { reply.send(call.await) });
    }
}

impl<L: FnOnce(StoreError) -> Answer> Reply<L> {
    fn send(mut self, answer: Answer) {
        self.answer = Some(answer);
    }
}

impl<L: FnOnce(StoreError) -> Answer> Drop for Reply<L> {
    fn drop(&mut self) {
        let lost = self.lost.take();
        let answer = self.answer.take().or_else(|| {
            lost.map(|lost| {
                lost(StoreError::Unavailable {
                    reason: "the call was dropped before it was answered".to_owned(),
                    outcome_unknown: true,
                })
            })
        });
        if let Some(answer) = answer {
            let _ = self.events.send(Event::Answered(self.incarnation, answer));
        }
    }
}

async fn retire(store: &dyn Store, incarnation: Incarnation) -> Result<(), StoreError> {
    let goodbye = TakeBack {
        incarnation,
        beats: None,
        limit: HOUSEKEEPING_MAX,
    };
    while !store.take_back(goodbye).await?.gone {}
    Ok(())
}

async fn held(store: &dyn Store, worker: Name) -> Result<Vec<AttemptRef>, StoreError> {
    let mut request = List {
        filter: Filter {
            states: vec![State::Assigned, State::Running],
            worker: Some(worker),
            ..Filter::default()
        },
        after: None,
        limit: PAGE_MAX,
        brief: true,
    };
    let mut held = Vec::new();
    for _ in 0..AUDIT_PAGES_MAX {
        let page = store.list(request.clone()).await.map_err(unavailable)?;
        held.extend(page.tasks.iter().map(|task| AttemptRef {
            task: task.id,
            attempt: task.attempt,
        }));
        if page.next.is_none() {
            break;
        }
        request.after = page.next;
    }
    Ok(held)
}

fn unavailable(error: RequestError) -> StoreError {
    match error {
        RequestError::Store(error) => error,
        other => StoreError::Unavailable {
            reason: other.to_string(),
            outcome_unknown: false,
        },
    }
}
