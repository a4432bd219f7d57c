//! What the coordinator hears.

use std::time::Duration;

use duly_core::{AttemptRef, Incarnation, Timestamp};
use duly_store::{ClaimError, Claimed, Promoted, Renewed, RequestError, Settled, StoreError};

use crate::ending::Ending;

/// Something happened. There is at most one for each handler that runs and for each call that is
/// under way, which bounds the channel that carries them.
pub(super) enum Event {
    /// A handler ended, after this long.
    Ended(AttemptRef, Ending, Duration),
    /// The store answered a call that was made under this incarnation.
    Answered(Incarnation, Answer),
}

/// An answer of the store.
pub(super) enum Answer {
    /// To a registration that was sent at this time.
    Registered(Timestamp, Result<(), RequestError>),
    /// To a registration that was made again.
    Introduced(Result<(), RequestError>),
    /// To a heartbeat that was sent at this time.
    Renewed(Timestamp, Result<Renewed, StoreError>),
    /// To a claim.
    Claimed(Result<Claimed, ClaimError>),
    /// To a promotion.
    Promoted(Result<Promoted, StoreError>),
    /// To settlements.
    Settled(Result<Settled, StoreError>),
    /// To a look for requests to cancel.
    Cancels(Result<Vec<AttemptRef>, StoreError>),
    /// To the question what this worker holds: everything held under its name.
    Audited(Result<Vec<AttemptRef>, StoreError>),
    /// To the retirement of the incarnation.
    Retired(Result<(), StoreError>),
}
