//! Duly's HTTP server: the API, and the kinds of tasks that the server itself can execute.
//!
//! - [`router`]: the API, over any store.
//! - [`bind`] and [`serve`]: a listener for loopback addresses alone, and what serves it until told
//!   to stop.
//! - [`kinds`]: handlers that need no program of the user's, such as `http`.
#![forbid(unsafe_code)]

mod app;
mod body;
pub mod bounds;
mod convert;
mod feed;
mod host;
pub mod kinds;
mod listen;
mod patience;
mod port;
mod query;
mod refusal;
mod routes;
mod serve;
pub mod tls;

pub use app::App;
pub use listen::{ListenError, bind};
pub use routes::router;
pub use serve::serve;

/// The version of Duly.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
