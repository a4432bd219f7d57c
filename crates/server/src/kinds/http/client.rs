//! The HTTP client that deliveries share.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{ClientBuilder, Url};

use super::bounds::{CONNECT_TIMEOUT, IDLE_CONNECTIONS_MAX, REDIRECTS_MAX};
use crate::{VERSION, tls};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the HTTP client: {0}")]
pub struct ClientError(#[source] reqwest::Error);

/// Sends deliveries; its connections are pooled. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client(pub(super) reqwest::Client);

impl Client {
    /// A client that trusts what the system trusts. Where the system has no certificates it trusts
    /// nobody: `http` works, and each `https` delivery fails with a clear error.
    ///
    /// # Errors
    /// [`ClientError`], if the system refuses what a client needs.
    pub fn new() -> Result<Self, ClientError> {
        tls::client(configure).map(Self).map_err(ClientError)
    }
}

fn configure(builder: ClientBuilder) -> ClientBuilder {
    builder
        .user_agent(format!("duly/{VERSION}"))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .referer(false)
        .redirect(Policy::custom(|attempt| match follows(&attempt) {
            Follow::Yes => attempt.follow(),
            Follow::No => attempt.stop(),
            Follow::TooOften => attempt.error(format!("more than {REDIRECTS_MAX} redirects")),
        }))
}

enum Follow {
    Yes,
    /// The redirect is the answer.
    No,
    TooOften,
}

fn follows(attempt: &Attempt<'_>) -> Follow {
    let previous = attempt.previous();
    if previous.len() > REDIRECTS_MAX {
        return Follow::TooOften;
    }
    match previous.last() {
        Some(from) if is_same_house(from, attempt.url()) => Follow::Yes,
        _ => Follow::No,
    }
}

/// The same host and port, or its way from `http` up to `https`.
fn is_same_house(from: &Url, to: &Url) -> bool {
    let same_host = from.host() == to.host();
    let same_door =
        from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    let upward = from.scheme() == "http" && to.scheme() == "https" && to.port().is_none();
    same_host && (same_door || (upward && from.port().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_stay_in_the_house() {
        let same = |from: &str, to: &str| {
            is_same_house(&Url::parse(from).unwrap(), &Url::parse(to).unwrap())
        };
        assert!(same("http://a/x", "http://a/y"));
        assert!(same("http://a/x", "https://a/x"));
        assert!(same("https://a:8443/x", "https://a:8443/y"));
        assert!(!same("https://a/x", "http://a/x"));
        assert!(!same("http://a:1/x", "http://a:2/x"));
        assert!(!same("http://a:1/x", "https://a/x"));
        assert!(!same("http://a/x", "http://b/x"));
    }
}
