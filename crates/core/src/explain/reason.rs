//! Why a task has not started, reason by reason.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use super::text::Span;
use crate::{Name, State, Timestamp};

/// A reason for which a task has not started, or something to know about its start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// It is not due.
    NotDue {
        /// When it is.
        until: Timestamp,
    },
    /// Its queue is paused.
    QueuePaused {
        /// The queue.
        queue: Name,
    },
    /// Its kind is paused.
    KindPaused {
        /// The kind.
        kind: Name,
    },
    /// Its tenant is paused.
    TenantPaused {
        /// The tenant.
        tenant: Name,
    },
    /// As much is leased as a limit lets through at once.
    LimitFull {
        /// The limit.
        limit: Name,
        /// How much is in use.
        in_use: u64,
        /// How much may be.
        at_most: u32,
        /// What the task weighs there.
        weight: u32,
    },
    /// A limit has no permit left for now.
    RateSpent {
        /// The limit.
        limit: Name,
        /// From when on there is one for it.
        until: Timestamp,
        /// What the task weighs there.
        weight: u32,
    },
    /// It weighs more than a limit ever lets through: it never starts, unless one of them is changed.
    TooHeavy {
        /// The limit.
        limit: Name,
        /// What the task weighs there.
        weight: u32,
        /// How much the limit lets through at most.
        at_most: u32,
    },
    /// No worker that is registered serves both its queue and its kind.
    NoWorker {
        /// The queue.
        queue: Name,
        /// The kind.
        kind: Name,
        /// Some of the workers that serve one of the two, by incarnation.
        misses: Vec<NearMiss>,
    },
    /// It is running.
    Running {
        /// The worker that runs it.
        worker: Option<Name>,
        /// Since when.
        since: Option<Timestamp>,
    },
    /// It has ended.
    Ended {
        /// How.
        state: State,
    },
    /// It waits for other tasks.
    Blocked,
    /// A worker holds it, and begins it when it has a slot free.
    Assigned {
        /// The worker.
        worker: Option<Name>,
    },
    /// All workers that serve its queue and kind run as much as they can.
    WorkersBusy {
        /// How many workers.
        workers: u32,
        /// How many attempts they run.
        running: u64,
        /// How many they can run at once.
        capacity: u64,
    },
    /// It has lost workers, and each worker runs one such task at a time.
    Suspect {
        /// How many it has lost.
        lost: u32,
        /// At how many it is given up.
        lost_max: u32,
    },
    /// It expires, unless it has started before.
    StartBy {
        /// Before when.
        at: Timestamp,
    },
    /// It is ended, unless it has ended before.
    FinishBy {
        /// Before when.
        at: Timestamp,
    },
    /// It names a limit that nobody has defined, and that bounds nothing.
    LimitUndefined {
        /// The limit.
        limit: Name,
    },
    /// Its scheduler does not run: it was not started, or is being shut down.
    NotRunning,
    /// Nothing that a worker could do stands in a queue of its.
    NothingWaits {
        /// The queue.
        queue: Name,
    },
}

/// A worker that serves a task's queue or its kind, but not both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NearMiss {
    /// Its name.
    pub worker: Name,
    /// It serves the queue, but not the kind; otherwise the kind, but not the queue.
    pub lacks_kind: bool,
}

impl Reason {
    /// Whether the task cannot start at the state and instant at which this holds. The others are to be
    /// known: they delay it, or will end its waiting.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        !matches!(
            self,
            Self::Assigned { .. }
                | Self::WorkersBusy { .. }
                | Self::Suspect { .. }
                | Self::StartBy { .. }
                | Self::FinishBy { .. }
                | Self::LimitUndefined { .. }
                | Self::NothingWaits { .. }
        )
    }

    /// Whether it closes until somebody does something about it: no time that passes ends it, and no task
    /// that ends.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        self.is_closing()
            && !matches!(
                self,
                Self::NotDue { .. } | Self::RateSpent { .. } | Self::LimitFull { .. }
            )
    }

    /// The instant at which it closes no longer, if that is known.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::NotDue { until } | Self::RateSpent { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// A short name for machines, which does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDue { .. } => "not_due",
            Self::QueuePaused { .. } => "queue_paused",
            Self::KindPaused { .. } => "kind_paused",
            Self::TenantPaused { .. } => "tenant_paused",
            Self::LimitFull { .. } => "limit_full",
            Self::RateSpent { .. } => "rate_spent",
            Self::TooHeavy { .. } => "too_heavy",
            Self::NoWorker { .. } => "no_worker",
            Self::Running { .. } => "running",
            Self::Ended { .. } => "ended",
            Self::Blocked => "blocked",
            Self::Assigned { .. } => "assigned",
            Self::WorkersBusy { .. } => "workers_busy",
            Self::Suspect { .. } => "suspect",
            Self::StartBy { .. } => "start_by",
            Self::FinishBy { .. } => "finish_by",
            Self::LimitUndefined { .. } => "limit_undefined",
            Self::NotRunning => "not_running",
            Self::NothingWaits { .. } => "nothing_waits",
        }
    }

    /// It as a sentence, as said at `at`: instants are told as the time until then, or since.
    ///
    /// ```
    /// use duly_core::Timestamp;
    /// use duly_core::explain::Reason;
    ///
    /// let at = Timestamp::from_micros(0);
    /// let reason = Reason::NotDue { until: Timestamp::from_micros(90_000_000) };
    /// assert_eq!(reason.sentence(at).to_string(), "it is not due for another 1m 30s");
    /// ```
    #[must_use]
    pub const fn sentence(&self, at: Timestamp) -> impl fmt::Display {
        Sentence { reason: self, at }
    }
}

struct Sentence<'r> {
    reason: &'r Reason,
    at: Timestamp,
}

impl Sentence<'_> {
    fn left(&self, until: Timestamp) -> Span {
        Span::between(self.at, until)
    }

    fn limit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::LimitFull {
                limit,
                in_use,
                at_most,
                weight,
            } => {
                write!(f, "limit \"{limit}\" is at {in_use} of {at_most}")?;
                match weight {
                    1 => Ok(()),
                    _ => write!(f, ", and it needs {weight}"),
                }
            }
            Reason::RateSpent { limit, until, .. } => {
                let left = self.left(*until);
                write!(f, "limit \"{limit}\" has its next permit in {left}")
            }
            Reason::TooHeavy {
                limit,
                weight,
                at_most,
            } => write!(
                f,
                "it weighs {weight} in limit \"{limit}\", which never lets through more than \
                 {at_most}: change the limit, or let the task weigh less there"
            ),
            Reason::LimitUndefined { limit } => {
                write!(f, "limit \"{limit}\" is not defined, and bounds nothing")
            }
            _ => Ok(()),
        }
    }

    fn worker(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::NoWorker {
                queue,
                kind,
                misses,
            } => {
                write!(f, "no worker serves kind \"{kind}\" in queue \"{queue}\"")?;
                misses.iter().try_for_each(|miss| {
                    let (serves, lacks) = match miss.lacks_kind {
                        true => ("queue", "kind"),
                        false => ("kind", "queue"),
                    };
                    let worker = &miss.worker;
                    write!(f, "; \"{worker}\" serves the {serves}, but not the {lacks}")
                })
            }
            Reason::Running { worker, since } => {
                f.write_str("it is running")?;
                if let Some(worker) = worker {
                    write!(f, " on worker \"{worker}\"")?;
                }
                match since {
                    Some(since) => write!(f, ", for {}", Span::between(*since, self.at)),
                    None => Ok(()),
                }
            }
            Reason::Assigned { worker } => {
                let worker = worker.as_ref().map_or("its worker", |name| name.as_str());
                write!(f, "worker \"{worker}\" holds it, and begins it soon")
            }
            Reason::WorkersBusy {
                workers,
                running,
                capacity,
            } => {
                let them = match workers {
                    1 => "the only worker for it is busy".to_owned(),
                    _ => format!("all {workers} workers for it are busy"),
                };
                write!(f, "{them}, running {running} of {capacity}")
            }
            Reason::Suspect { lost, lost_max } => write!(
                f,
                "it has lost {lost} of the {lost_max} workers that it may lose, so it waits for one \
                 that runs no other such task"
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::NotDue { until } => {
                write!(f, "it is not due for another {}", self.left(*until))
            }
            Reason::QueuePaused { queue } => write!(f, "queue \"{queue}\" is paused"),
            Reason::KindPaused { kind } => write!(f, "kind \"{kind}\" is paused"),
            Reason::TenantPaused { tenant } => write!(f, "tenant \"{tenant}\" is paused"),
            Reason::LimitFull { .. }
            | Reason::RateSpent { .. }
            | Reason::TooHeavy { .. }
            | Reason::LimitUndefined { .. } => self.limit(f),
            Reason::NoWorker { .. }
            | Reason::Running { .. }
            | Reason::Assigned { .. }
            | Reason::WorkersBusy { .. }
            | Reason::Suspect { .. } => self.worker(f),
            Reason::Ended { state } => write!(f, "it has ended: {}", state.name()),
            Reason::Blocked => f.write_str("it waits for other tasks"),
            Reason::NotRunning => {
                f.write_str("its scheduler does not run: it was not started, or is being shut down")
            }
            Reason::StartBy { at } => {
                write!(f, "it expires if it has not started in {}", self.left(*at))
            }
            Reason::FinishBy { at } => {
                write!(f, "it is ended if it has not ended in {}", self.left(*at))
            }
            Reason::NothingWaits { queue } => {
                write!(f, "nothing for it stands in queue \"{queue}\"")
            }
        }
    }
}
