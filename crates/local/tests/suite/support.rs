//! A world for each executor, and the macro that runs a test in both.

use std::future::Future;

use duly_local::{Builder, Scheduler};

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Tokio,
    Threads,
}

impl World {
    pub(crate) fn builder(self, workers: usize) -> Builder {
        let builder = Scheduler::builder().workers(workers);
        match self {
            Self::Tokio => builder,
            Self::Threads => builder.threads(),
        }
    }

    pub(crate) fn run<F: Future<Output = ()>>(self, test: impl FnOnce(Self) -> F) {
        match self {
            Self::Tokio => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_time()
                .build()
                .unwrap()
                .block_on(test(self)),
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
            $(#[$meta])*
            fn on_tokio() {
                World::Tokio.run(test);
            }

            #[test]
            $(#[$meta])*
            fn on_threads() {
                World::Threads.run(test);
            }
        })*
    };
}

pub(crate) use both;
