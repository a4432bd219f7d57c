//! `server`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::Secret;
use crate::bounds::WAIT_MAX;
use crate::form::{address, duration, list, path, secret, secrets, text};
use crate::group::group;

/// Where the API listens unless told otherwise.
pub(crate) const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7788);
/// Names that a server may have besides its addresses.
const HOSTS_MAX: usize = 64;
/// Tokens that a server may know.
const TOKENS_MAX: usize = 64;

group! {
    /// The HTTP API of `duly serve`.
    Server {
        /// Where the API listens: a loopback address, unless there are tokens and hosts. Port 0 is any
        /// free one.
        [AtStart] listen: SocketAddr = LISTEN, address();

        /// Names and addresses that others call this server by, besides those of this machine, on any
        /// port. Requests that name another in `Host` are refused.
        [AtStart] hosts: Vec<String> = Vec::new(), list(
            text("a name or an address without port, such as duly.example.org", is_host), HOSTS_MAX,
        ), example "[duly.example.org]";

        /// A file with tokens, one a line (`openssl rand -hex 32` makes one). With tokens, requests must
        /// bring one of them as `Authorization: Bearer TOKEN`; without, the API does not ask who calls.
        [AtStart] token_file: Option<PathBuf> = None, path("the path of a file").or_none(),
            example "/run/secrets/duly-tokens";

        /// Tokens, beside those of the file. A file is better: others can read neither it nor the
        /// environment of a process by accident.
        [AtStart] tokens: Vec<Secret> = Vec::new(), secrets(
            secret("a token: 32 to 512 letters, digits and signs of ASCII, without spaces", is_token),
            TOKENS_MAX,
        ), example "[]";

        /// How long running tasks may go on after SIGTERM or Ctrl-C, before they are handed back.
        [AtStart] shutdown_timeout: Duration = Duration::from_secs(30),
            duration(Duration::ZERO..=WAIT_MAX);
    }
}

impl Server {
    /// Whether requests must bring a token.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.token_file.is_some() || !self.tokens.is_empty()
    }
}

fn is_host(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let is_name = !text.is_empty() && text.len() <= 255 && text.chars().all(is_known);
    is_name || bare.parse::<std::net::IpAddr>().is_ok()
}

fn is_token(text: &str) -> bool {
    (32..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
