//! What the server says when it is up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use duly_config::Config;
use serde_json::json;

use crate::failure::Failure;
use crate::{output, process, target};

/// What is served, where the data is, and what to try next.
pub(super) struct Banner<'a> {
    address: SocketAddr,
    config: &'a Config,
}

impl<'a> Banner<'a> {
    pub(super) const fn new(config: &'a Config, address: SocketAddr) -> Self {
        Self { address, config }
    }

    /// Text, or one line of JSON: programs wait for it to know where the API is.
    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        let settings = &self.config.settings;
        let api = format!("http://{}", self.address);
        if as_json {
            return output::print_json(&json!({
                "listening": api,
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
            "Duly {}\n  API     {api}\n  data    {}\n  config  {}\n  worker  {worker}\n\nTry, in \
             another terminal:\n  {}\n\nCtrl-C stops it in good order.",
            duly_server::VERSION,
            process::data_shown(settings),
            process::config_shown(self.config),
            self.next_command(),
        ))
    }

    /// The next command to try, as it can be typed where this one was.
    fn next_command(&self) -> String {
        let settings = &self.config.settings;
        // Cargo sets this for what it runs: then the binary is hardly on the path.
        let duly = match std::env::var_os("CARGO") {
            Some(_) => "cargo run --release --",
            None => "duly",
        };
        let token = if settings.server.asks() {
            "DULY_TOKEN=… "
        } else {
            ""
        };
        let api = reachable(self.address);
        let server = if api == target::SERVER {
            String::new()
        } else {
            format!(" --server {api}")
        };
        // Requests of tasks may go to this machine only if nobody else can reach the API.
        let asked = if settings.worker.enabled && self.address.ip().is_loopback() {
            format!("submit http '{{\"url\": \"{api}/health\"}}'")
        } else {
            "stats".to_owned()
        };
        format!("{token}{duly} {asked}{server}")
    }
}

/// The URL of an API that listens there, for who is on this machine.
fn reachable(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use duly_config::Sources;

    fn next_command(address: &str, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(n, v)| (n.into(), v.into()));
        let config = Config::load(&Sources::default().environment(variables)).unwrap();
        let banner = Banner::new(&config, address.parse().unwrap());
        let command = banner.next_command();
        command.replace("cargo run --release --", "duly")
    }

    #[test]
    fn what_is_to_be_tried_works_as_it_stands() {
        let submit = |api: &str| format!("duly submit http '{{\"url\": \"{api}/health\"}}'");
        assert_eq!(next_command("127.0.0.1:7788", &[]), submit(target::SERVER));
        let other = "http://127.0.0.1:1";
        let expected = format!("{} --server {other}", submit(other));
        assert_eq!(next_command("127.0.0.1:1", &[]), expected);
        let open = [
            ("DULY__SERVER__LISTEN", "0.0.0.0:1"),
            ("DULY__SERVER__HOSTS", "duly.example.org"),
            ("DULY__SERVER__TOKEN_FILE", "tokens"),
        ];
        let expected = format!("DULY_TOKEN=… duly stats --server {other}");
        assert_eq!(next_command("0.0.0.0:1", &open), expected);
        let expected = "DULY_TOKEN=… duly stats --server http://[::1]:1";
        assert_eq!(next_command("[::]:1", &open), expected);
        let idle = [("DULY__WORKER__ENABLED", "false")];
        assert_eq!(next_command("127.0.0.1:7788", &idle), "duly stats");
    }
}
