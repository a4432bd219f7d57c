//! Duly's HTTP server: the API, and the kinds of tasks that the server itself can execute.
//!
//! - [`router`]: the API, over any store; an [`App`] with [`Options`] says who may call.
//! - [`monitor`]: only what tells how a process is.
//! - [`bind`] and [`serve`]: a listener, for loopback addresses alone unless callers need a token, and
//!   what serves it until told to stop.
//! - [`kinds`]: handlers that need no program of the user's, such as `http`.
#![forbid(unsafe_code)]

mod accept;
mod app;
mod body;
pub mod bounds;
mod convert;
mod feed;
mod guard;
mod history;
pub mod kinds;
mod listen;
mod metrics;
mod nesting;
mod openapi;
mod options;
mod params;
mod path;
mod patience;
mod port;
mod query;
mod refusal;
mod routes;
mod samples;
mod serve;
mod sweep;
pub mod tls;
mod trace;

pub use app::{App, Backlog};
pub use listen::{ListenError, bind};
pub use openapi::openapi;
pub use options::{InvalidOption, Options};
pub use routes::{monitor, router};
pub use serve::serve;

/// The version of Duly.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
