//! One handler, run as a task of its own.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use duly_core::{AttemptRef, Timestamp};
use duly_store::{Clock, Payload};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::Span;

use super::event::Event;
use crate::Context;
use crate::caught::Caught;
use crate::ending::Ending;
use crate::handler::Handler;

/// Runs a handler; its end comes as an event, when its future is gone, however that came about.
pub(super) fn spawn(
    handler: &Handler,
    payload: Payload,
    context: Context,
    clock: Arc<dyn Clock>,
    events: mpsc::UnboundedSender<Event>,
    span: Span,
) -> AbortHandle {
    let attempt = context.attempt();
    let handler = Arc::clone(handler);
    let run = Run {
        future: Some(Caught(Box::pin(
            async move { handler(payload, context).await },
        ))),
        end: End {
            attempt,
            ending: None,
            began: clock.now(),
            clock,
            events,
        },
        span,
    };
    tokio::spawn(run).abort_handle()
}

/// Fields are dropped in order: the future is gone before its end is told.
struct Run {
    future: Option<Caught>,
    end: End,
    span: Span,
}

struct End {
    attempt: AttemptRef,
    ending: Option<Ending>,
    began: Timestamp,
    clock: Arc<dyn Clock>,
    events: mpsc::UnboundedSender<Event>,
}

impl Future for Run {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<()> {
        let run = &mut *self;
        let Some(future) = &mut run.future else {
            return Poll::Ready(());
        };
        let _entered = run.span.enter();
        let ending = ready!(Pin::new(future).poll(context));
        run.end.ending = Some(ending);
        run.future = None;
        Poll::Ready(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let ending = self.ending.take().unwrap_or(Ending::Aborted);
        let ran = self.clock.now().since(self.began);
        let _ = self.events.send(Event::Ended(self.attempt, ending, ran));
    }
}
