//! What the server says when it is up.

use std::net::SocketAddr;

use duly_config::Config;
use serde_json::json;

use crate::failure::Failure;
use crate::{output, process, target};

/// What is served, where the data is, and what to try next.
pub(super) struct Banner<'a> {
    api: String,
    config: &'a Config,
}

impl<'a> Banner<'a> {
    pub(super) fn new(config: &'a Config, address: SocketAddr) -> Self {
        let api = format!("http://{address}");
        Self { api, config }
    }

    /// Text, or one line of JSON: programs wait for it to know where the API is.
    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        let settings = &self.config.settings;
        if as_json {
            return output::print_json(&json!({
                "listening": self.api,
                "store": settings.store.to_string(),
                "config": self.config.file(),
                "version": duly_server::VERSION,
            }));
        }
        let worker = if settings.worker.enabled {
            process::worker_shown(settings)
        } else {
            "none: tasks wait until another process works on them".to_owned()
        };
        output::print(&format!(
            "Duly {}\n  API     {}\n  data    {}\n  config  {}\n  worker  {worker}\n\nTry, in \
             another terminal:\n  {}\n\nCtrl-C stops it in good order.",
            duly_server::VERSION,
            self.api,
            process::data_shown(settings),
            process::config_shown(self.config),
            submit(&self.api),
        ))
    }
}

/// The next command to try, as it can be typed where this one was.
fn submit(api: &str) -> String {
    // Cargo sets this for what it runs: then the binary is hardly on the path.
    let duly = match std::env::var_os("CARGO") {
        Some(_) => "cargo run --release --",
        None => "duly",
    };
    let server = if api == target::SERVER {
        String::new()
    } else {
        format!(" --server {api}")
    };
    format!("{duly} submit http '{{\"url\": \"{api}/health\"}}'{server}")
}
