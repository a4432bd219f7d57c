//! What may be set, by the file, the environment and the command line, and what holds in the end.
//!
//! The layers are, each over the one before: the defaults, the file (YAML), the environment
//! (`DULY__SERVER__LISTEN` is `server.listen`), the flags. [`Config::load`] puts them together, finds
//! all that is wrong at once, and remembers of each value where it comes from. Lists are replaced whole
//! by the layer above; maps are merged name by name.
//!
//! ```
//! use duly_config::{Config, Sources};
//!
//! let mut sources = Sources::default();
//! sources.variable("DULY__WORKER__CONCURRENCY", "8");
//! sources.flag("worker.concurrency", "--concurrency", "16");
//! let config = Config::load(&sources)?;
//! assert_eq!(config.settings.worker.concurrency, 16);
//! assert_eq!(config.origin("worker.concurrency").to_string(), "--concurrency");
//! # Ok::<(), duly_config::ConfigError>(())
//! ```
#![forbid(unsafe_code)]

pub mod bounds;
mod check;
mod config;
mod difference;
mod environment;
mod fault;
mod file;
mod form;
mod group;
mod near;
mod node;
mod origin;
mod reader;
mod row;
mod search;
mod secret;
mod settings;
mod snippet;
mod sources;
mod template;
mod yaml;

pub use config::Config;
pub use difference::Difference;
pub use fault::{ConfigError, Fault};
pub use group::{Effect, Ordered};
pub use origin::{Origin, Spot};
pub use row::Row;
pub use search::search;
pub use secret::Secret;
pub use settings::{
    Command, Health, Http, Limit, LogFormat, Logs, PriorityRule, Queue, Schedule, Server, Settings,
    Shell, StoreUrl, Tenant, Worker,
};
pub use sources::Sources;
pub use template::template;
