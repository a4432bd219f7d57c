//! Where requests may go.

mod network;
mod rule;
mod special;

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::bounds::RULES_MAX;
use network::{embedded, plain};
use special::special;

pub use rule::{InvalidRule, Rule};

/// Where requests may go, as rules that name hosts, addresses and ports; see [`Rule`].
///
/// - A request goes nowhere that a rule of the deny list names. Denying wins.
/// - It goes only where a rule of the allow list names the address, or, if the address is a public one, the
///   host. So a name alone opens no way into private networks, wherever its owner lets it point.
///
/// What counts is the address that is connected to, of every redirect anew: what a name means is looked
/// up once for both the check and the connection. A proxy that the environment names (`HTTP_PROXY` and
/// the like) is used only if everything is allowed: what a proxy connects to could not be checked. So it is
/// with a header `Host` that names another host than the URL: what is behind it could not be seen.
///
/// ```
/// use duly_server::kinds::http::Targets;
///
/// # fn main() -> Result<(), duly_server::kinds::http::InvalidRule> {
/// let targets = Targets::public().allow("10.1.2.0/24:8080")?.deny("*.example.com")?;
/// assert_eq!(targets.to_string(), "allow public, 10.1.2.0/24:8080; deny *.example.com");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    allow: Vec<Rule>,
    deny: Vec<Rule>,
}

/// Everything is allowed: for a server that only its own machine can reach.
impl Default for Targets {
    fn default() -> Self {
        Self {
            allow: vec![Rule::ANYWHERE],
            deny: Vec::new(),
        }
    }
}

impl Targets {
    /// Public addresses alone: for a server that others can reach, who shall not reach by it what they
    /// could not themselves (this machine, the networks around it, the metadata of a cloud).
    #[must_use]
    pub fn public() -> Self {
        Self {
            allow: vec![Rule::PUBLIC],
            deny: Vec::new(),
        }
    }

    /// What holds for a server that listens here, unless it is told otherwise: everything if only this
    /// machine can reach it, otherwise public addresses.
    #[must_use]
    pub fn of_listener(address: IpAddr) -> Self {
        if plain(address).is_loopback() {
            Self::default()
        } else {
            Self::public()
        }
    }

    /// Nowhere, until something is allowed.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }

    /// Allows more.
    ///
    /// # Errors
    /// [`InvalidRule`]: no rule, or one too many.
    pub fn allow(mut self, rule: &str) -> Result<Self, InvalidRule> {
        push(&mut self.allow, rule)?;
        Ok(self)
    }

    /// Denies more, whatever is allowed.
    ///
    /// # Errors
    /// [`InvalidRule`]: no rule, or one too many.
    pub fn deny(mut self, rule: &str) -> Result<Self, InvalidRule> {
        push(&mut self.deny, rule)?;
        Ok(self)
    }

    /// Whether there is nothing that would be refused.
    pub(super) fn is_everything(&self) -> bool {
        self.deny.is_empty() && self.allow.contains(&Rule::ANYWHERE)
    }

    /// The ports at which what holds may change: each begins a range in which it is the same.
    pub(super) fn borders(&self) -> Vec<u16> {
        let rules = self.allow.iter().chain(&self.deny);
        let mut borders: Vec<u16> = rules.flat_map(Rule::borders).chain([0]).collect();
        borders.sort_unstable();
        borders.dedup();
        borders
    }

    /// What can be said of a URL before any name is looked up.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn check_url(&self, url: &Url) -> Result<(), Refused> {
        let port = url.port_or_known_default().unwrap_or_default();
        match host(url) {
            Host::Address(address) => self.check("", address, port),
            Host::Name(name) => match self.deny.iter().find(|rule| rule.names(&name, port)) {
                Some(rule) => Err(Refused(format!("{name} is denied by the rule \"{rule}\""))),
                None => Ok(()),
            },
        }
    }

    /// Whether a request to this URL may say that it is meant for `host`. One address serves many names:
    /// what is behind one that no rule has seen could be what the rules are there to keep out.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn check_host(&self, url: &Url, host: &str) -> Result<(), Refused> {
        let said = Url::parse(&format!("{}://{host}/", url.scheme())).ok();
        let is_same = said.is_some_and(|said| said.host() == url.host());
        if is_same || self.is_everything() {
            return Ok(());
        }
        let name = url.host_str().unwrap_or_default();
        Err(Refused(format!(
            "{name} is given another name by the header Host, which is refused where there are rules"
        )))
    }

    /// Whether a connection may be made to this address, which `name` means if it is not empty.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn check(&self, name: &str, address: IpAddr, port: u16) -> Result<(), Refused> {
        let address = plain(address);
        let faces = [Some(address), embedded(address)];
        let denied = |rule: &&Rule| {
            rule.names(name, port) || faces.iter().flatten().any(|face| rule.covers(*face, port))
        };
        let shown = Shown { name, address };
        if let Some(rule) = self.deny.iter().find(denied) {
            return Err(Refused(format!("{shown} is denied by the rule \"{rule}\"")));
        }
        let is_named = self.allow.iter().any(|rule| rule.names(name, port));
        if self.allow.iter().any(|rule| rule.covers(address, port)) {
            return Ok(());
        }
        match special(address) {
            None if is_named => Ok(()),
            None => Err(Refused(format!("{shown} is allowed by no rule"))),
            Some(kind) => Err(Refused(format!(
                "{shown} is not public ({kind}), and no rule allows that address"
            ))),
        }
    }
}

/// Why a request goes nowhere: which rule is against it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target {0}")]
pub(super) struct Refused(String);

/// An address with the name that means it.
struct Shown<'a> {
    name: &'a str,
    address: IpAddr,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{} at ", self.name)?;
        }
        write!(f, "{}", self.address)
    }
}

/// As a line of a log.
impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |rules: &[Rule]| {
            let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
            if rules.is_empty() {
                "nothing".to_owned()
            } else {
                rules.join(", ")
            }
        };
        write!(f, "allow {}; deny {}", list(&self.allow), list(&self.deny))
    }
}

fn push(rules: &mut Vec<Rule>, text: &str) -> Result<(), InvalidRule> {
    let rule = text.parse()?;
    if rules.len() == RULES_MAX {
        return Err(InvalidRule::TooMany);
    }
    rules.push(rule);
    Ok(())
}

/// The host of a URL, as rules see it.
pub(super) enum Host {
    /// An address, however it was written.
    Address(IpAddr),
    /// A name, without the dot that may end it.
    Name(String),
}

/// The host of a URL. What it has in front of it, such as a user, is not part of it.
pub(super) fn host(url: &Url) -> Host {
    let text = url.host_str().unwrap_or_default();
    let address = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match address.unwrap_or(text).parse() {
        Ok(address) => Host::Address(address),
        Err(_) => Host::Name(text.trim_end_matches('.').to_owned()),
    }
}

#[cfg(test)]
mod tests;
