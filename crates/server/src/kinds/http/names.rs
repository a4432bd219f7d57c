//! Looking up names, so that nothing is connected to which the targets refuse.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::targets::{Refused, Targets};
use crate::port::BoxFuture;

/// Who knows what names mean.
pub trait Names: Send + Sync + 'static {
    /// The addresses that a name means.
    ///
    /// # Errors
    /// If there are none, or nobody can tell.
    fn addresses(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn addresses(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Looks up names for connections to a range of ports at which the same targets are allowed, and passes on
/// only those addresses: they are what is connected to, so that no name can mean one thing here and
/// another there.
pub(super) struct Checked {
    pub(super) names: Arc<dyn Names>,
    pub(super) targets: Arc<Targets>,
    /// The first of the ports.
    pub(super) port: u16,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().trim_end_matches('.').to_ascii_lowercase();
        let found = self.names.addresses(&name);
        let (targets, port) = (Arc::clone(&self.targets), self.port);
        Box::pin(async move {
            let allowed = allowed(&targets, &name, found.await?, port)?;
            // The port of the URL takes the place of 0.
            let addresses = allowed
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            let addresses: Addrs = Box::new(addresses);
            Ok(addresses)
        })
    }
}

/// Those addresses that may be connected to; why not, if there is none.
fn allowed(
    targets: &Targets,
    name: &str,
    found: Vec<IpAddr>,
    port: u16,
) -> Result<Vec<IpAddr>, Refused> {
    let mut refused = None;
    let mut is_allowed = |address: &IpAddr| match targets.check(name, *address, port) {
        Ok(()) => true,
        Err(refusal) => {
            refused.get_or_insert(refusal);
            false
        }
    };
    let allowed: Vec<_> = found
        .into_iter()
        .filter(|address| is_allowed(address))
        .collect();
    match refused {
        Some(refusal) if allowed.is_empty() => Err(refusal),
        _ => Ok(allowed),
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
