//! What a server is told besides its store: under which names it is reached, and who may call.

mod token;

use std::net::IpAddr;

use axum::http::uri::Authority;

pub(crate) use self::token::Tokens;
use self::token::{TOKEN_CHARS_MIN, Token};

/// An option was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOption {
    /// The host is none.
    #[error(
        "host is {0:?}: expected a name or an address without scheme and port, such as \
         duly.example.org or 10.0.0.7"
    )]
    Host(String),
    /// The token could be guessed, or cannot be sent. It is not repeated here.
    #[error(
        "token is of {0} characters, or has some that a header cannot carry: expected at least \
         {TOKEN_CHARS_MIN} letters, digits and signs of ASCII without spaces, drawn at random; \
         `openssl rand -hex 32` makes one"
    )]
    Token(usize),
}

/// What a server is told besides its store. The default is a server for this machine alone: it answers
/// to loopback names, and to whoever can reach them.
///
/// ```
/// use duly_server::Options;
///
/// let options = Options::default()
///     .host("duly.example.org")?
///     .token("6f1d0c5e7a9b4832b1c0d9e8f7a6b5c4")?;
/// assert!(options.wants_token());
/// assert!(Options::default().token("secret").is_err());
/// # Ok::<(), duly_server::InvalidOption>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    hosts: Vec<String>,
    tokens: Tokens,
}

impl Options {
    /// The server is also reached under this name or address, on any port. Requests that name
    /// another in `Host` are refused.
    ///
    /// # Errors
    /// [`InvalidOption::Host`]: it has a scheme, a port or a path, or is empty.
    pub fn host(mut self, host: &str) -> Result<Self, InvalidOption> {
        self.hosts
            .push(plain(host).ok_or_else(|| InvalidOption::Host(host.to_owned()))?);
        Ok(self)
    }

    /// Callers need this token, or another that is given: `Authorization: Bearer TOKEN`. `GET
    /// /health` alone is answered without.
    ///
    /// # Errors
    /// [`InvalidOption::Token`]: it is shorter than 32 characters, or has some that a header cannot
    /// carry.
    pub fn token(mut self, token: &str) -> Result<Self, InvalidOption> {
        let count = token.chars().count();
        let token = Token::new(token).ok_or(InvalidOption::Token(count))?;
        self.tokens.push(token);
        Ok(self)
    }

    /// Callers need a token.
    #[must_use]
    pub fn wants_token(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The names besides those of the loopback addresses.
    pub fn hosts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    pub(crate) const fn tokens(&self) -> &Tokens {
        &self.tokens
    }
}

/// A host as it is compared: names in lower case, addresses without brackets.
fn plain(host: &str) -> Option<String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    let authority: Authority = host.parse().ok()?;
    let is_bare = authority.host() == host && !host.is_empty();
    is_bare.then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_and_nothing_else() {
        for (host, kept) in [
            ("Duly.Example.org", "duly.example.org"),
            ("10.0.0.7", "10.0.0.7"),
            ("::1", "::1"),
            ("[2001:DB8::1]", "2001:db8::1"),
        ] {
            let options = Options::default().host(host).unwrap();
            assert_eq!(options.hosts().collect::<Vec<_>>(), [kept]);
        }
        for host in [
            "",
            "a:80",
            "http://a",
            "a/b",
            "a b",
            "u@a",
            "[::1]:80",
            "*.example.org/",
        ] {
            let error = Options::default().host(host).unwrap_err();
            assert!(error.to_string().contains("duly.example.org"), "{host}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = "0123456789abcdef0123456789abcdef";
        let options = Options::default().token(token).unwrap();
        assert!(!format!("{options:?}").contains("0123"));
        let error = Options::default().token("hunter2").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(error.to_string().contains("at least 32"), "{error}");
        assert!(Options::default().token(&"ä".repeat(40)).is_err());
        assert!(Options::default().token(&"a b".repeat(20)).is_err());
    }
}
