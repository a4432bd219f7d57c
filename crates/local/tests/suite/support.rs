//! A world for each executor, and the macro that runs a test in both, or in the one that there is.

use std::future::Future;

use duly_local::{Builder, Scheduler};

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    #[cfg(feature = "tokio")]
    Tokio,
    #[cfg(feature = "threads")]
    Threads,
}

impl World {
    pub(crate) fn builder(self, workers: usize) -> Builder {
        let builder = Scheduler::builder().workers(workers);
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => builder,
            #[cfg(feature = "threads")]
            Self::Threads => builder.threads(),
        }
    }

    pub(crate) fn run<F: Future<Output = ()>>(self, test: impl FnOnce(Self) -> F) {
        match self {
            #[cfg(feature = "tokio")]
            Self::Tokio => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_time()
                .build()
                .unwrap()
                .block_on(test(self)),
            #[cfg(feature = "threads")]
            Self::Threads => duly_local::block_on(test(self)),
        }
    }
}

/// Runs a test in both worlds.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn test($world: World) $body

            #[test]
            #[cfg(feature = "tokio")]
            $(#[$meta])*
            fn on_tokio() {
                World::Tokio.run(test);
            }

            #[test]
            #[cfg(feature = "threads")]
            $(#[$meta])*
            fn on_threads() {
                World::Threads.run(test);
            }
        })*
    };
}

pub(crate) use both;
