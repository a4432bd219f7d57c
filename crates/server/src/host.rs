//! Requests must name this machine, so that a web page of elsewhere cannot reach the API by a name
//! that it makes point here (DNS rebinding).

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use duly_api::{Code, Problem};

use crate::refusal::Refusal;

/// Passes on requests to `localhost` or a loopback address; refuses others.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(header::HOST).iter();
    // Two names are none: who reads the other one would be fooled.
    let only = named.next().filter(|_| named.next().is_none());
    let host = only.and_then(|value| value.to_str().ok());
    let target = request.uri().authority().map(Authority::as_str);
    if host.is_some_and(is_loopback) && target.is_none_or(is_loopback) {
        return next.run(request).await;
    }
    let problem = Problem {
        field: Some("Host".to_owned()),
        ..Problem::new(
            Code::HostNotAllowed,
            "expected one header `Host`, which names localhost or a loopback address",
        )
    };
    Refusal::from(problem).into_response()
}

fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:7788",
            "127.0.0.1:1",
            "127.8.9.1",
            "[::1]:7788",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "example.org",
            "localhost.example.org",
            "10.0.0.1",
            "0.0.0.0:7788",
            "127.0.0.1.example.org",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
