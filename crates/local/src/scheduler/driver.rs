//! What workers run on: tasks of a Tokio runtime, or plain threads.

use std::future::Future;
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::task::Context;

use crate::clock::Clock;

/// Where workers run.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    #[cfg(feature = "tokio")]
    Tokio(tokio::runtime::Handle),
    #[cfg(feature = "threads")]
    Threads,
}

/// Something that runs.
pub(super) enum Runner {
    #[cfg(feature = "tokio")]
    Task(tokio::task::JoinHandle<()>),
    #[cfg(feature = "threads")]
    Thread(crate::sync::thread::JoinHandle<()>),
}

impl Driver {
    pub(super) fn clock(&self) -> Clock {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(_) => Clock::tokio(),
            #[cfg(feature = "threads")]
            Self::Threads => Clock::system(),
        }
    }

    /// Runs a future.
    ///
    /// # Panics
    /// If the system gives no thread for it, as [`std::thread::spawn`] does.
    pub(super) fn spawn<F>(&self, name: String, future: F) -> Runner
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(runtime) => {
                let _ = name;
                Runner::Task(runtime.spawn(future))
            }
            #[cfg(feature = "threads")]
            Self::Threads => {
                let thread = crate::sync::thread::Builder::new().name(name);
                let spawned = thread.spawn(move || crate::park::block_on(future));
                Runner::Thread(spawned.expect("the system gives a thread"))
            }
        }
    }
}

impl Driver {
    /// Lets all others run that share the thread: timers, and whoever waited for what has just ended. It
    /// takes longer than to be woken again at once, which is why it is not done after every attempt.
    pub(super) async fn give_way(&self) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio(_) => tokio::task::yield_now().await,
            // Nobody shares the thread of a worker.
            #[cfg(feature = "threads")]
            Self::Threads => {}
        }
    }
}

impl Runner {
    /// Whether this is what runs here, and so cannot wait for itself.
    pub(super) fn is_here(&self) -> bool {
        match self {
            #[cfg(feature = "tokio")]
            Self::Task(task) => tokio::task::try_id() == Some(task.id()),
            #[cfg(feature = "threads")]
            Self::Thread(thread) => thread.thread().id() == crate::sync::thread::current().id(),
        }
    }

    /// Comes back if it has not ended. A thread is about to, and is waited for.
    pub(super) fn unless_ended(self, context: &mut Context<'_>) -> Option<Self> {
        match self {
            #[cfg(feature = "tokio")]
            Self::Task(mut task) => {
                let polled = Pin::new(&mut task).poll(context);
                polled.is_pending().then_some(Self::Task(task))
            }
            #[cfg(feature = "threads")]
            Self::Thread(thread) => {
                let _ = (context, thread.join());
                None
            }
        }
    }

    /// Leaves it to itself: it is stuck. A task of Tokio is dropped should it ever yield.
    pub(super) fn leave(self) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Task(task) => task.abort(),
            #[cfg(feature = "threads")]
            Self::Thread(_) => {}
        }
    }
}
