//! Redirects: followed here, step by step, so that each can be checked.

use reqwest::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, LOCATION, PROXY_AUTHORIZATION,
};
use reqwest::{Method, StatusCode, Url};

/// What describes a body, and goes with it.
const OF_THE_BODY: [HeaderName; 5] = [
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
];
/// What was meant for one port of a host.
const OF_THE_DOOR: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

/// A request as it is sent, to where it was meant to go or to where it was sent on to.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
}

impl Step {
    /// The next step, if the answer sends the request on and it follows.
    pub(super) fn next(&self, status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        let keeps_method = match status.as_u16() {
            301 | 302 => self.method != Method::POST,
            303 => self.method == Method::HEAD,
            307 | 308 => true,
            _ => return None,
        };
        let location = headers.get(LOCATION)?.to_str().ok()?;
        let url = self.url.join(location).ok()?;
        if !is_same_house(&self.url, &url) {
            return None;
        }
        let mut next = Self {
            url,
            ..self.clone()
        };
        if !keeps_method {
            next.method = Method::GET;
            next.body = None;
            next.drop_headers(&OF_THE_BODY);
        }
        if self.url.port_or_known_default() != next.url.port_or_known_default() {
            next.drop_headers(&OF_THE_DOOR);
        } else if next.url.username().is_empty() && next.url.password().is_none() {
            // Refused only for URLs that cannot have credentials.
            let _ = next.url.set_username(self.url.username());
            let _ = next.url.set_password(self.url.password());
        }
        Some(next)
    }

    fn drop_headers(&mut self, names: &[HeaderName]) {
        for name in names {
            self.headers.remove(name);
        }
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
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    fn step(method: Method, url: &str) -> Step {
        let headers = [
            (AUTHORIZATION, HeaderValue::from_static("Bearer t")),
            (CONTENT_TYPE, HeaderValue::from_static("text/plain")),
            (
                HeaderName::from_static("x-own"),
                HeaderValue::from_static("1"),
            ),
        ];
        Step {
            method,
            url: Url::parse(url).unwrap(),
            headers: headers.into_iter().collect(),
            body: Some("body".to_owned()),
        }
    }

    fn next(method: Method, url: &str, status: u16, location: &'static str) -> Option<Step> {
        let headers = [(LOCATION, HeaderValue::from_static(location))];
        let status = StatusCode::from_u16(status).unwrap();
        step(method, url).next(status, &headers.into_iter().collect())
    }

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

    #[test]
    fn a_status_says_what_becomes_of_method_and_body() {
        for (method, status, then) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::POST, 303, Method::GET),
            (Method::PUT, 303, Method::GET),
            (Method::PUT, 302, Method::PUT),
            (Method::HEAD, 303, Method::HEAD),
            (Method::POST, 307, Method::POST),
            (Method::POST, 308, Method::POST),
        ] {
            let next = next(method.clone(), "http://a/", status, "/there").unwrap();
            assert_eq!(
                (&next.method, next.url.as_str()),
                (&then, "http://a/there"),
                "{status}"
            );
            let is_kept = then == method;
            assert_eq!(next.body.is_some(), is_kept, "{method} {status}");
            assert_eq!(next.headers.contains_key(CONTENT_TYPE), is_kept);
            assert!(next.headers.contains_key(AUTHORIZATION) && next.headers.contains_key("x-own"));
        }
    }

    #[test]
    fn credentials_stay_at_their_door() {
        let same = next(Method::GET, "http://me:pw@a/x", 302, "y").unwrap();
        assert_eq!(same.url.as_str(), "http://me:pw@a/y");
        let up = next(Method::GET, "http://me:pw@a/x", 302, "https://a/y").unwrap();
        assert_eq!(up.url.as_str(), "https://a/y");
        assert!(!up.headers.contains_key(AUTHORIZATION) && up.headers.contains_key("x-own"));
    }

    #[test]
    fn what_leads_elsewhere_or_nowhere_is_the_answer() {
        for (status, location) in [
            (302, "http://b/"),
            (302, "//b/"),
            (302, "http://a:81/"),
            (302, "ftp://a/"),
            (302, "http://"),
            (304, "/there"),
            (300, "/there"),
            (200, "/there"),
        ] {
            assert!(
                next(Method::GET, "http://a/", status, location).is_none(),
                "{status} {location}"
            );
        }
    }

    proptest! {
        #[test]
        fn wherever_it_is_sent_on_to_it_stays_in_the_house(
            status in 300..309_u16,
            location in "[ -~]{0,30}|(https?:)?//(a|b|a@b|b@a|A|a:80|a:443|[.]a)?(/[ -~]{0,8})?|[/\\\\@]{1,4}b",
            scheme in "https?",
        ) {
            let from = format!("{scheme}://me:pw@a/x");
            let headers = [(LOCATION, HeaderValue::from_str(&location).unwrap())];
            let status = StatusCode::from_u16(status).unwrap();
            let next = step(Method::PUT, &from).next(status, &headers.into_iter().collect());
            if let Some(next) = next {
                prop_assert_eq!(next.url.host_str(), Some("a"));
                prop_assert!(next.url.scheme() == scheme || next.url.scheme() == "https");
                let is_same_door = next.url.scheme() == scheme;
                prop_assert_eq!(next.headers.contains_key(AUTHORIZATION), is_same_door);
                prop_assert!(next.url.password() != Some("pw") || is_same_door);
            }
        }
    }
}
