//! One attempt, with its state in its type: a second settlement does not compile.

use core::marker::PhantomData;
use core::time::Duration;

use crate::{Decision, Outcome, RetryPolicy, TaskId, decide};

/// Which attempt of which task: the fencing token of every later write about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptRef {
    /// The task.
    pub task: TaskId,
    /// The attempt, numbered from 1, never reused.
    pub attempt: u32,
}

/// Leased, not begun.
#[derive(Debug)]
pub struct Assigned(());

/// Begun, durably so.
#[derive(Debug)]
pub struct Running(());

/// An attempt that this worker holds, in state [`Assigned`] or [`Running`].
///
/// Every end consumes it, so ending it twice does not compile:
///
/// ```compile_fail,E0382
/// # use duly_core::{Attempt, AttemptRef, RetryPolicy, Running, TaskId};
/// # let reference = AttemptRef { task: TaskId::from_bytes([0; 16]), attempt: 1 };
/// let attempt: Attempt<Running> = Attempt::running(reference, 1, RetryPolicy::default());
/// attempt.complete();
/// attempt.fail(); // used after it was moved
/// ```
///
/// Nor does completing what never began:
///
/// ```compile_fail,E0599
/// # use duly_core::{Attempt, AttemptRef, RetryPolicy, TaskId};
/// # let reference = AttemptRef { task: TaskId::from_bytes([0; 16]), attempt: 1 };
/// Attempt::assigned(reference, 1, RetryPolicy::default()).complete();
/// ```
///
/// Nor does beginning twice:
///
/// ```compile_fail,E0599
/// # use duly_core::{Attempt, AttemptRef, RetryPolicy, TaskId};
/// # let reference = AttemptRef { task: TaskId::from_bytes([0; 16]), attempt: 1 };
/// Attempt::running(reference, 1, RetryPolicy::default()).start();
/// ```
///
/// What does compile:
///
/// ```
/// use duly_core::{Attempt, AttemptRef, Decision, RetryPolicy, TaskId};
///
/// let reference = AttemptRef { task: TaskId::from_bytes([0; 16]), attempt: 1 };
/// let attempt = Attempt::assigned(reference, 1, RetryPolicy::NEVER);
/// let settlement = attempt.start().complete();
/// assert_eq!(settlement.decision, Decision::Complete);
/// ```
#[derive(Debug)]
#[must_use = "an attempt has to be settled"]
pub struct Attempt<S> {
    reference: AttemptRef,
    spent: u32,
    policy: RetryPolicy,
    state: PhantomData<S>,
}

/// The end of an attempt: which, and what becomes of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a settlement has to reach the store"]
pub struct Settlement {
    /// The attempt that ended.
    pub attempt: AttemptRef,
    /// What becomes of the task.
    pub decision: Decision,
}

impl Attempt<Assigned> {
    /// An attempt that was leased but not begun; `spent` includes it.
    pub const fn assigned(reference: AttemptRef, spent: u32, policy: RetryPolicy) -> Self {
        Self {
            reference,
            spent,
            policy,
            state: PhantomData,
        }
    }

    /// Begins it (once the store has said that it is durable).
    pub const fn start(self) -> Attempt<Running> {
        Attempt::running(self.reference, self.spent, self.policy)
    }
}

impl Attempt<Running> {
    /// An attempt that the store has made `running`; `spent` includes it.
    pub const fn running(reference: AttemptRef, spent: u32, policy: RetryPolicy) -> Self {
        Self {
            reference,
            spent,
            policy,
            state: PhantomData,
        }
    }

    /// Done.
    pub fn complete(self) -> Settlement {
        self.settle(Outcome::Done, None, 0)
    }

    /// Failed for good.
    pub fn fail(self) -> Settlement {
        self.settle(Outcome::Fail, None, 0)
    }

    /// Ends as the outcome and the retry policy say. `left` is how long the task may still take, if that
    /// has an end; `random` is 64 random bits for the jitter.
    pub fn settle(self, outcome: Outcome, left: Option<Duration>, random: u64) -> Settlement {
        self.end(decide(outcome, self.spent, &self.policy, left, random))
    }
}

impl<S> Attempt<S> {
    /// Which attempt this is.
    #[must_use]
    pub const fn reference(&self) -> AttemptRef {
        self.reference
    }

    /// Gives it back unfinished, refunded.
    pub fn hand_back(self) -> Settlement {
        self.end(Decision::HandBack)
    }

    const fn end(&self, decision: Decision) -> Settlement {
        Settlement {
            attempt: self.reference,
            decision,
        }
    }
}
