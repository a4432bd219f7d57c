//! Browsers say which page a request comes from: only this server's own pages may ask, whatever a
//! page of elsewhere tricks its visitor's browser into.

use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use duly_api::{Code, Problem};

use super::host::is_plain;
use crate::refusal::Refusal;

/// How the page that asks relates to this server, as browsers tell.
const FETCH_SITE: &str = "sec-fetch-site";
/// What the request is for, as browsers tell.
const FETCH_MODE: &str = "sec-fetch-mode";

/// Refuses what the page of another origin asks. Following a link to here is no such thing.
pub(super) fn check(method: &Method, headers: &HeaderMap, host: &Authority) -> Result<(), Refusal> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if origins.any(|origin| !is_own(origin, host)) {
        return Err(refused("Origin"));
    }
    let is = |name: &str, values: &[&str]| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| values.iter().any(|one| value.eq_ignore_ascii_case(one)))
    };
    let is_link =
        is(FETCH_MODE, &["navigate"]) && (method == Method::GET || method == Method::HEAD);
    if is(FETCH_SITE, &["cross-site", "same-site"]) && !is_link {
        return Err(refused("Sec-Fetch-Site"));
    }
    Ok(())
}

/// The origin is the host that the request names, by http or https.
fn is_own(origin: &HeaderValue, host: &Authority) -> bool {
    let Some(origin) = origin
        .to_str()
        .ok()
        .and_then(|text| text.parse::<Uri>().ok())
    else {
        return false;
    };
    let (Some(scheme), Some(authority)) = (origin.scheme(), origin.authority()) else {
        return false;
    };
    let default = if *scheme == Scheme::HTTPS {
        443
    } else if *scheme == Scheme::HTTP {
        80
    } else {
        return false;
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default);
    is_plain(authority)
        && authority.host().eq_ignore_ascii_case(host.host())
        && port(authority) == port(host)
}

fn refused(field: &str) -> Refusal {
    let detail = format!(
        "`{field}` tells that a web page of elsewhere asks: expected none, or this server's own"
    );
    Problem {
        field: Some(field.to_owned()),
        expected: Some("this server's own origin, or none".to_owned()),
        ..Problem::new(Code::OriginNotAllowed, detail)
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(method: Method, host: &str, given: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.append(*name, value.parse().unwrap());
        }
        check(&method, &headers, &host.parse().unwrap()).is_ok()
    }

    #[test]
    fn only_the_servers_own_pages_may_ask() {
        for (host, origin) in [
            ("localhost:7788", "http://localhost:7788"),
            ("localhost:7788", "http://LOCALHOST:7788"),
            ("duly.example.org", "https://duly.example.org"),
            ("duly.example.org:443", "https://duly.example.org"),
            ("duly.example.org", "http://duly.example.org:80"),
        ] {
            assert!(
                passes(Method::POST, host, &[("origin", origin)]),
                "{origin}"
            );
        }
        for origin in [
            "http://localhost",
            "http://localhost:7789",
            "http://127.0.0.1:7788",
            "https://evil.example",
            "null",
            "",
            "localhost:7788",
            "file://localhost:7788",
            "http://evil.example@localhost:7788",
        ] {
            let asked = passes(Method::POST, "localhost:7788", &[("origin", origin)]);
            assert!(!asked, "{origin}");
        }
        for origin in ["http://[::1]d:80", "http://[::1].evil.example"] {
            let asked = passes(Method::POST, "[::1]", &[("origin", origin)]);
            assert!(!asked, "{origin}");
        }
        let two = [("origin", "http://a"), ("origin", "http://b")];
        assert!(!passes(Method::POST, "a", &two));
    }

    #[test]
    fn what_browsers_tell_of_the_page_counts() {
        let post = |site| passes(Method::POST, "a", &[(FETCH_SITE, site)]);
        assert!(post("same-origin") && post("none"));
        assert!(!post("cross-site") && !post("same-site") && !post("Cross-Site"));
        let link = [(FETCH_SITE, "cross-site"), (FETCH_MODE, "navigate")];
        assert!(passes(Method::GET, "a", &link));
        assert!(!passes(Method::POST, "a", &link), "a form that is sent");
        assert!(!passes(Method::GET, "a", &[(FETCH_SITE, "cross-site")]));
    }
}
