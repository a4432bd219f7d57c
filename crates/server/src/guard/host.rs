//! Requests must name this server, so that a web page of elsewhere cannot reach the API by a name
//! that it makes point here (DNS rebinding).

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;
use axum::http::uri::Authority;
use duly_api::{Code, Problem};

use crate::Options;
use crate::refusal::Refusal;

/// The one `Host`, if it and the target of the request name this server.
pub(super) fn check(request: &Request, options: &Options) -> Result<Authority, Refusal> {
    let mut named = request.headers().get_all(header::HOST).iter();
    // Two names are none: who reads the other one would be fooled.
    let only = named.next().filter(|_| named.next().is_none());
    let host = only.and_then(|value| value.to_str().ok()?.parse().ok());
    let target = request.uri().authority();
    match host {
        Some(host) if is_own(&host, options) && target.is_none_or(|t| is_own(t, options)) => {
            Ok(host)
        }
        _ => Err(Problem {
            field: Some("Host".to_owned()),
            expected: Some("localhost, a loopback address, or a configured host".to_owned()),
            ..Problem::new(
                Code::HostNotAllowed,
                "expected one header `Host`, which names localhost, a loopback address, or a host \
                 that the server is configured to be reached under",
            )
        }
        .into()),
    }
}

/// It is a name or an address, perhaps with a port, and nothing else: what stands before an `@` or behind a
/// `]` would be passed over by who asks for its host.
pub(super) fn is_plain(authority: &Authority) -> bool {
    let is_port =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok();
    match authority.as_str().strip_prefix(authority.host()) {
        Some("" | ":") => true,
        Some(behind) => behind.strip_prefix(':').is_some_and(is_port),
        None => false,
    }
}

fn is_own(authority: &Authority, options: &Options) -> bool {
    if !is_plain(authority) {
        return false;
    }
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>() {
        let is_configured = || options.hosts().any(|own| own.parse() == Ok(address));
        return address.is_loopback() || is_configured();
    }
    host.eq_ignore_ascii_case("localhost")
        || options.hosts().any(|own| own.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_own_text(text: &str, options: &Options) -> bool {
        text.parse().is_ok_and(|host| is_own(&host, options))
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        let options = Options::default();
        for host in [
            "localhost",
            "LOCALHOST:7788",
            "localhost:",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]:7788",
        ] {
            assert!(is_own_text(host, &options), "{host}");
        }
        for host in [
            "example.org",
            "localhost.example.org",
            "10.0.0.1",
            "0.0.0.0:7788",
            "127.0.0.1.example.org",
            "example.org@localhost",
            "[::1].example.org",
            "[::1]example.org:80",
            "localhost:65536",
            "localhost:+80",
            "",
        ] {
            assert!(!is_own_text(host, &options), "{host}");
        }
    }

    #[test]
    fn configured_hosts_are_this_server_too() {
        let options = Options::default().host("duly.example.org").unwrap();
        let options = options.host("2001:db8::1").unwrap();
        for host in ["duly.example.org:80", "DULY.example.org", "[2001:db8::1]:1"] {
            assert!(is_own_text(host, &options), "{host}");
        }
        for host in ["example.org", "a.duly.example.org", "[2001:db8::2]"] {
            assert!(!is_own_text(host, &options), "{host}");
        }
    }
}
