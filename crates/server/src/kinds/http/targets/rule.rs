//! One rule about hosts, addresses and ports.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

use reqwest::Url;

use super::super::bounds::RULES_MAX;
use super::network::Network;
use super::special::special;

/// One rule. As text it is one of these, perhaps with a port behind it (`:443`, `:8000-8999`):
///
/// | text | means |
/// |---|---|
/// | `hooks.example.org` | this host |
/// | `*.example.org` | every host below, but not `example.org` itself |
/// | `10.1.2.3`, `fd00::1` | this address; with a port, `[fd00::1]:443` |
/// | `10.0.0.0/8`, `fd00::/8` | this network; with a port, `[fd00::/8]:443` |
/// | `public` | every public address: none of this machine, of private networks, for special purposes, or of a cloud's metadata |
/// | `private` | every other address |
/// | `*` | every address |
///
/// ```
/// use duly_server::kinds::http::Rule;
///
/// let rule: Rule = "[2001:db8::/32]:8000-8999".parse()?;
/// assert_eq!(rule.to_string(), "[2001:db8::/32]:8000-8999");
/// assert!("10.0.0.1/8".parse::<Rule>().is_err());
/// # Ok::<(), duly_server::kinds::http::InvalidRule>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    who: Who,
    first_port: u16,
    last_port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Anywhere,
    Public,
    Private,
    Network(Network),
    Host(String),
    /// Every host whose name ends so; it begins with a dot.
    Below(String),
}

/// As text, [`Who::Public`].
const PUBLIC: &str = "public";
/// As text, [`Who::Private`].
const PRIVATE: &str = "private";

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRule {
    /// The host.
    #[error(
        "the rule \"{0}\" names no host: expected one such as hooks.example.org, *.example.org, \
         10.0.0.0/8, public, private or *"
    )]
    Host(String),
    /// The network.
    #[error("the rule \"{rule}\" names no network: expected {expected}")]
    Network {
        /// The rule.
        rule: String,
        /// What it should have been.
        expected: String,
    },
    /// The port.
    #[error("the rule \"{0}\" names no port: expected one such as :443 or :8000-8999")]
    Port(String),
    /// There are enough.
    #[error("there are too many rules: expected at most {RULES_MAX}")]
    TooMany,
}

impl Rule {
    pub(super) const ANYWHERE: Self = Self::new(Who::Anywhere);
    pub(super) const PUBLIC: Self = Self::new(Who::Public);

    const fn new(who: Who) -> Self {
        Self {
            who,
            first_port: 0,
            last_port: u16::MAX,
        }
    }

    /// Whether it names this host at this port.
    pub(super) fn names(&self, name: &str, port: u16) -> bool {
        let is_meant = match &self.who {
            Who::Host(host) => host == name,
            Who::Below(end) => name.len() > end.len() && name.ends_with(end),
            _ => false,
        };
        is_meant && self.ports().contains(&port)
    }

    /// Whether it names this address at this port.
    pub(super) fn covers(&self, address: IpAddr, port: u16) -> bool {
        let is_meant = match &self.who {
            Who::Anywhere => true,
            Who::Public => special(address).is_none(),
            Who::Private => special(address).is_some(),
            Who::Network(network) => network.contains(address),
            Who::Host(_) | Who::Below(_) => false,
        };
        is_meant && self.ports().contains(&port)
    }

    /// The first port that it is about, and the first after that which it is not.
    pub(super) fn borders(&self) -> impl Iterator<Item = u16> {
        let after = self.last_port.checked_add(1);
        [Some(self.first_port), after].into_iter().flatten()
    }

    const fn ports(&self) -> RangeInclusive<u16> {
        self.first_port..=self.last_port
    }
}

impl FromStr for Rule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let (host, port) = parted(text).ok_or_else(|| InvalidRule::Host(text.to_owned()))?;
        let mut rule = Self::new(who(host, text)?);
        if let Some(port) = port {
            let ports = ports(port).ok_or_else(|| InvalidRule::Port(text.to_owned()))?;
            (rule.first_port, rule.last_port) = ports;
        }
        Ok(rule)
    }
}

/// The host, and what follows the colon behind it.
fn parted(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, behind) = rest.split_once(']')?;
        let port = behind.strip_prefix(':');
        let is_address = host.contains(':') && (port.is_some() || behind.is_empty());
        return is_address.then_some((host, port));
    }
    match text.split_once(':') {
        // More than one: an address of IPv6, which needs brackets to have a port.
        Some((_, behind)) if behind.contains(':') => Some((text, None)),
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

fn who(host: &str, rule: &str) -> Result<Who, InvalidRule> {
    match &*host.to_ascii_lowercase() {
        "*" => return Ok(Who::Anywhere),
        PUBLIC => return Ok(Who::Public),
        PRIVATE => return Ok(Who::Private),
        _ => {}
    }
    if let Some(network) = Network::parse(host) {
        let rule = rule.to_owned();
        let network = network.map_err(|expected| InvalidRule::Network { rule, expected })?;
        return Ok(Who::Network(network));
    }
    let named = match host.strip_prefix("*.") {
        Some(parent) => name(parent).map(|parent| Who::Below(format!(".{parent}"))),
        // In other letters or with a dot at its end, a word of rules is not meant as a host.
        None => name(host)
            .filter(|name| ![PUBLIC, PRIVATE].contains(&&**name))
            .map(Who::Host),
    };
    named.ok_or_else(|| InvalidRule::Host(rule.to_owned()))
}

/// A name as URLs have it: lower case, in ASCII, without the dot that may end it. A number in disguise
/// is none.
fn name(text: &str) -> Option<String> {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/?#@:[]%*\\".contains(c);
    if text.contains(is_odd) {
        return None;
    }
    let url = Url::parse(&format!("http://{text}/")).ok()?;
    let name = url.domain()?;
    let name = name.strip_suffix('.').unwrap_or(name);
    // No host is called so: the rule would look as if it held, and never would.
    let has_gap = name.split('.').any(str::is_empty);
    (!has_gap).then(|| name.to_owned())
}

fn ports(text: &str) -> Option<(u16, u16)> {
    let port = |digits: &str| {
        let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse().ok())?
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some((first, last))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_port = self.ports() != (0..=u16::MAX);
        match &self.who {
            Who::Anywhere => f.write_str("*")?,
            Who::Public => f.write_str(PUBLIC)?,
            Who::Private => f.write_str(PRIVATE)?,
            Who::Network(network) => {
                let text = network.to_string();
                if has_port && text.contains(':') {
                    write!(f, "[{text}]")?;
                } else {
                    f.write_str(&text)?;
                }
            }
            Who::Host(name) => f.write_str(name)?,
            Who::Below(end) => write!(f, "*{end}")?,
        }
        match (has_port, self.first_port == self.last_port) {
            (false, _) => Ok(()),
            (true, true) => write!(f, ":{}", self.first_port),
            (true, false) => write!(f, ":{}-{}", self.first_port, self.last_port),
        }
    }
}
