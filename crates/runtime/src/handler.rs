//! Handlers: plain async functions, registered by kind.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use duly_store::{BoxFuture, Name, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::decode::decode;
use crate::{Context, Verdict, job_error};

/// A handler with its types erased.
pub(crate) type Handler =
    Arc<dyn Fn(Payload, Context) -> BoxFuture<'static, Verdict> + Send + Sync>;

/// The handlers of a worker, by kind.
pub(crate) type Handlers = BTreeMap<Name, Handler>;

/// Erases the types of a typed handler.
pub(crate) fn typed<J, O, E, F, Fut>(handler: F) -> Handler
where
    F: Fn(J, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send + 'static,
    J: DeserializeOwned + 'static,
    O: Serialize + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |payload, context| {
        let handler = Arc::clone(&handler);
        Box::pin(async move {
            let running = match decode(context.kind(), &payload) {
                Ok(job) => handler(job, context),
                Err(refusal) => return Verdict::fail(refusal),
            };
            drop(payload);
            match running.await {
                Ok(output) => done(&output),
                Err(error) => job_error::verdict(&*error.into()),
            }
        })
    })
}

/// Erases the types of a raw handler.
pub(crate) fn raw<F, Fut>(handler: F) -> Handler
where
    F: Fn(Payload, Context) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Verdict> + Send + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |payload, context| {
        let handler = Arc::clone(&handler);
        Box::pin(async move { handler(payload, context).await })
    })
}

/// A handler's output as a result; `()` leaves none.
fn done(output: &impl Serialize) -> Verdict {
    match serde_json::to_vec(output) {
        Ok(json) if json == b"null" => Verdict::done(None),
        Ok(json) => Verdict::done(Some(Payload::json(json))),
        Err(error) => Verdict::fail(format!(
            "the handler is done, but its result cannot be written as JSON: {error}"
        )),
    }
}
