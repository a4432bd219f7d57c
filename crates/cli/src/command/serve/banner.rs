//! What the server says when it is up.

use std::net::SocketAddr;

use serde_json::json;

use super::Arguments;
use crate::failure::Failure;
use crate::output;
use crate::target;

/// What is served, where the data is, and what to try next.
pub(super) struct Banner {
    api: String,
    store: String,
    data: String,
    worker: String,
    submit: String,
}

impl Banner {
    pub(super) fn new(asked: &Arguments, address: SocketAddr) -> Self {
        let api = format!("http://{address}");
        Self {
            submit: submit(&api),
            store: asked.store.clone(),
            data: data(&asked.store),
            worker: worker(asked),
            api,
        }
    }

    /// Text, or one line of JSON: programs wait for it to know where the API is.
    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return output::print_json(&json!({
                "listening": self.api, "store": self.store, "version": duly_server::VERSION,
            }));
        }
        output::print(&format!(
            "Duly {}\n  API     {}\n  data    {}\n  worker  {}\n\nTry, in another terminal:\n  \
             {}\n\nCtrl-C stops it in good order.",
            duly_server::VERSION,
            self.api,
            self.data,
            self.worker,
            self.submit,
        ))
    }
}

/// The path of a file, spelled out.
fn data(store: &str) -> String {
    let file = store
        .strip_prefix("sqlite:")
        .map(|path| path.split('?').next());
    match file.flatten().map(std::path::absolute) {
        Some(Ok(path)) => path.display().to_string(),
        _ if store.starts_with("memory:") => match crate::store::file(store) {
            Some(path) => format!("in memory, and saved now and then and at the end to {path}"),
            None => "in memory: gone when this process ends".to_owned(),
        },
        _ => store.to_owned(),
    }
}

fn worker(asked: &Arguments) -> String {
    if asked.no_worker {
        return "none: tasks wait until another process works on them".to_owned();
    }
    let queues = asked.queue.join(", ");
    let many = if asked.queue.len() == 1 {
        "queue"
    } else {
        "queues"
    };
    let kind = duly_server::kinds::http::KIND;
    format!(
        "runs the kind {kind}, from {many} {queues}, {} at once",
        asked.concurrency
    )
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
