//! What travels to the writer: operations on a transaction, with somebody who waits for the answer.

use duly_store::StoreError;
use tokio::sync::oneshot;

use crate::error::{Fault, closed};
use crate::transaction::Transaction;

/// An operation of the writer.
pub(crate) trait Operation: Send {
    /// Works on the transaction. An error means that all of the transaction has to be undone.
    fn run(&mut self, tx: &mut Transaction<'_, '_>) -> Result<(), rusqlite::Error>;

    /// Answers whoever asked: with what it found if that was committed, otherwise with the error.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// How an operation works on a transaction.
pub(crate) type Work<Q, T, E> = fn(&mut Transaction<'_, '_>, &Q) -> Result<T, Fault<E>>;

/// A request with its work, and where the answer goes.
struct Call<Q, T, E> {
    request: Q,
    work: Work<Q, T, E>,
    reply: Option<Result<T, E>>,
    to: oneshot::Sender<Result<T, E>>,
}

impl<Q: Send, T: Send, E: Send + From<StoreError>> Operation for Call<Q, T, E> {
    fn run(&mut self, tx: &mut Transaction<'_, '_>) -> Result<(), rusqlite::Error> {
        self.reply = Some(match (self.work)(tx, &self.request) {
            Ok(reply) => Ok(reply),
            Err(Fault::Refused(refused)) => Err(refused),
            Err(Fault::Broken(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let reply = match (committed, self.reply) {
            (Ok(()), Some(reply)) => reply,
            (Ok(()), None) => Err(closed(false).into()),
            (Err(error), _) => Err(error.into()),
        };
        // Whoever asked may have stopped waiting; what was done is done.
        drop(self.to.send(reply));
    }
}

/// What an operation answers, in time.
pub(crate) type Answer<T, E> = oneshot::Receiver<Result<T, E>>;

/// An operation for the writer, and its answer.
pub(crate) fn call<Q, T, E>(request: Q, work: Work<Q, T, E>) -> (Box<dyn Operation>, Answer<T, E>)
where
    Q: Send + 'static,
    T: Send + 'static,
    E: Send + From<StoreError> + 'static,
{
    let (to, answer) = oneshot::channel();
    let call = Call {
        request,
        work,
        reply: None,
        to,
    };
    (Box::new(call), answer)
}
