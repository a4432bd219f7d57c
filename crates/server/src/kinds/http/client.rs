//! The HTTP client that deliveries share.

use std::sync::Arc;

use reqwest::header::{HOST, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Url};

use super::bounds::{CONNECT_TIMEOUT, IDLE_CONNECTIONS_MAX};
use super::names::{Checked, Names, SystemNames};
use super::targets::{Refused, Targets};
use crate::{VERSION, tls};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the HTTP client: {0}")]
pub struct ClientError(#[source] reqwest::Error);

/// Sends deliveries to where they may go; its connections are pooled. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    targets: Arc<Targets>,
    doors: Arc<[Door]>,
}

/// A client for the ports from `first` to the next door: at all of them the same targets are allowed.
/// Whoever looks up a name does not hear the port; each door knows it.
#[derive(Debug)]
struct Door {
    first: u16,
    client: reqwest::Client,
}

impl Client {
    /// A client that trusts what the system trusts. Where the system has no certificates it trusts
    /// nobody: `http` works, and each `https` delivery fails with a clear error.
    ///
    /// # Errors
    /// [`ClientError`], if the system refuses what a client needs.
    pub fn new(targets: Targets) -> Result<Self, ClientError> {
        Self::with_names(targets, Arc::new(SystemNames))
    }

    /// The same, with names looked up elsewhere than at the system's resolver.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn with_names(targets: Targets, names: Arc<dyn Names>) -> Result<Self, ClientError> {
        let targets = Arc::new(targets);
        let door = |first| {
            let checked = Arc::new(Checked {
                names: Arc::clone(&names),
                targets: Arc::clone(&targets),
                port: first,
            });
            let is_everything = targets.is_everything();
            let client = tls::client(|builder| configure(builder, &checked, is_everything));
            client
                .map(|client| Door { first, client })
                .map_err(ClientError)
        };
        let doors: Result<_, _> = targets.borders().into_iter().map(door).collect();
        Ok(Self {
            doors: doors?,
            targets,
        })
    }

    /// What sends a request to this URL, if it may go there. What its name means is checked when it is
    /// looked up.
    pub(super) fn towards(
        &self,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<&reqwest::Client, Refused> {
        self.targets.check_url(url)?;
        if let Some(host) = headers.get(HOST) {
            self.targets
                .check_host(url, host.to_str().unwrap_or_default())?;
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let doors = self.doors.partition_point(|door| door.first <= port);
        let door = &self.doors[doors.saturating_sub(1)];
        Ok(&door.client)
    }
}

fn configure(builder: ClientBuilder, checked: &Arc<Checked>, is_everything: bool) -> ClientBuilder {
    let builder = builder
        .user_agent(format!("duly/{VERSION}"))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .dns_resolver(Arc::clone(checked))
        .referer(false)
        // Each step of a redirect is checked anew: see `redirect`.
        .redirect(Policy::none());
    if is_everything {
        builder
    } else {
        builder.no_proxy()
    }
}
