//! Running due work in the caller's task, one at a time.

use std::sync::Arc;
use std::time::Duration;

use duly_core::{Attempt, Incarnation, State, TaskId};
use duly_store::{
    Claim, ClaimError, Clock, Heartbeat, Lease, Name, RequestError, Settle, SettleError,
    Settlement, Store, StoreError, id,
};

use tracing::{Instrument, debug};

use crate::caught::Caught;
use crate::dice::Dice;
use crate::ending::{Ending, verdict};
use crate::handler::Handlers;
use crate::settings::Settings;
use crate::term::Term;
use crate::{Context, Verdict, observer, span};

/// A worker without a life of its own: it runs what is due when it is told to, one task after the
/// other, in the order in which a worker would. For tests, and for programs that are started now and
/// then. It keeps no house, and renews nothing while it runs.
pub struct Inline {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    handlers: Handlers,
    incarnation: Option<Incarnation>,
    turn: u32,
    /// Of a fixed seed: what runs here can be told in advance.
    dice: Dice,
    /// Ids of spans are to differ from those of others.
    spans: Dice,
}

/// A task that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The task.
    pub task: TaskId,
    /// Its kind.
    pub kind: Name,
    /// Which attempt of it.
    pub attempt: u32,
    /// The state that it is in now.
    pub state: State,
    /// What went wrong.
    pub error: Option<String>,
}

/// Why running due work ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InlineError {
    /// Nothing could be claimed.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The worker could not be registered.
    #[error(transparent)]
    Register(#[from] RequestError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The end of an attempt was refused.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl Inline {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        handlers: Handlers,
    ) -> Self {
        Self {
            store,
            clock,
            settings,
            handlers,
            incarnation: None,
            turn: 0,
            dice: Dice::new(0),
            spans: Dice::new(0),
        }
    }

    /// Runs what is due, and what that makes due, until nothing is. At most `tasks_max` attempts, so
    /// that a task that submits itself comes to an end.
    ///
    /// # Errors
    /// [`InlineError`], if the store fails or refuses.
    pub async fn run_due(&mut self, tasks_max: usize) -> Result<Vec<Ran>, InlineError> {
        let mut ran = Vec::new();
        while ran.len() < tasks_max {
            let Some((lease, term)) = self.claim().await? else {
                break;
            };
            ran.push(self.run(lease, term).await?);
        }
        Ok(ran)
    }

    async fn claim(&mut self) -> Result<Option<(Lease, Term)>, InlineError> {
        loop {
            let incarnation = self.incarnation().await?;
            let claim = Claim {
                incarnation,
                queues: self.settings.queues.clone(),
                weights: self.settings.weights.clone(),
                kinds: self.settings.kinds.clone(),
                run: 1,
                prefetch: 0,
                suspect: true,
                turn: self.turn,
            };
            match self.store.claim(claim).await {
                Ok(mut claimed) => {
                    let lease = claimed.leases.pop();
                    let is_behind = claimed.next_at.is_some_and(|at| at <= claimed.at);
                    self.turn = self.turn.wrapping_add(u32::from(lease.is_some()));
                    if lease.is_some() || !is_behind {
                        let now = self.clock.now();
                        return Ok(lease.map(|lease| {
                            let term = Term::new(&lease, claimed.at, now);
                            (lease, term)
                        }));
                    }
                }
                Err(ClaimError::WorkerNotFound) => self.incarnation = None,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn incarnation(&mut self) -> Result<Incarnation, InlineError> {
        if let Some(incarnation) = self.incarnation {
            return Ok(incarnation);
        }
        let incarnation = id::incarnation(&*self.clock);
        let registration = self.settings.registration(incarnation);
        self.store.register(registration).await?;
        self.incarnation = Some(incarnation);
        self.spans = Dice::of(incarnation);
        Ok(incarnation)
    }

    async fn run(&mut self, mut lease: Lease, term: Term) -> Result<Ran, InlineError> {
        let context = Context::new(&mut lease, &self.settings.name, &mut self.spans);
        let began = self.clock.now();
        self.settings.observed.started(&context, began);
        let run = self.execute(&lease, &term, context.clone());
        let ended = run.instrument(span::of(&context)).await;
        let ran = self.clock.now().since(began);
        let error = ended.error.clone();
        let attempt = Attempt::running(lease.attempt, lease.spent, lease.retry);
        let end = attempt.settle(ended.outcome, term.left(self.clock.now()), self.dice.roll());
        let outcome = observer::outcome(end.decision);
        self.settings.observed.ended(&context, outcome, ran);
        let incarnation = self.incarnation().await?;
        self.tell_progress(incarnation, &context).await;
        let settlement = Settlement {
            attempt: end.attempt,
            decision: end.decision,
            result: ended.result,
            error: ended.error,
        };
        let settled = self
            .store
            .settle(Settle {
                incarnation,
                settlements: vec![settlement],
            })
            .await?;
        let answer = settled.attempts.into_iter().next();
        let state = answer.unwrap_or(Err(SettleError::TaskNotFound(lease.attempt.task)))?;
        Ok(Ran {
            task: lease.attempt.task,
            kind: lease.kind,
            attempt: lease.attempt.attempt,
            state,
            error,
        })
    }

    /// Tells the store how far the attempt got. If that fails its end matters more, and comes next.
    async fn tell_progress(&self, incarnation: Incarnation, context: &Context) {
        let Some(progress) = context.take_progress() else {
            return;
        };
        let heartbeat = Heartbeat {
            incarnation,
            progress: vec![(context.attempt(), progress)],
        };
        if let Err(error) = self.store.heartbeat(heartbeat).await {
            debug!(%error, "telling progress failed");
        }
    }

    /// Runs the handler to its end, or to the end of its time.
    async fn execute(&self, lease: &Lease, term: &Term, context: Context) -> Verdict {
        let Some(handler) = self.handlers.get(&lease.kind) else {
            return Verdict::retry("no handler of this kind");
        };
        let run = Caught(handler(lease.payload.clone(), context.clone()));
        let now = self.clock.now();
        let cut = term.cut(lease.timeout, now);
        let time = cut.map_or(Duration::MAX, |(at, _)| at.since(now));
        let (ending, stop) = tokio::select! {
            biased;
            ending = run => (ending, None),
            () = self.clock.sleep(time), if cut.is_some() => {
                context.cancelled().cancel();
                (Ending::Aborted, cut.map(|(_, stop)| stop))
            }
        };
        verdict(ending, stop).unwrap_or_else(|| Verdict::retry("it ended without a verdict"))
    }
}
