//! Heads of requests. Headers: what passes the guard names this server, comes from its own pages, and brings
//! its token, by rules that are written down here once more. Queries: written in any of the ways that
//! mean the same, they are answered the same, and what is refused is told by its name.
//!
//! The first line of the input is the query, not encoded; then come headers, a line each.
#![no_main]

use std::cell::{OnceCell, RefCell};
use std::fmt::Write;
use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use duly::Duly;
use duly_api::Problem;
use duly_server::{App, Options, router};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

const HOST: &str = "duly.example.org";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// What has parameters.
const LISTS: [&str; 4] = ["/v1/tasks", "/v1/failed", "/v1/events", "/v1/export"];

struct World {
    runtime: Runtime,
    open: Router,
    guarded: Router,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime");
        let duly = runtime
            .block_on(Duly::open("memory:"))
            .expect("a store in memory");
        let options = Options::default().host(HOST).expect("a host");
        let options = options.token(TOKEN).expect("a token");
        let _inside = runtime.enter();
        let open = router(App::new(duly.clone()));
        let guarded = router(App::with_options(duly, options));
        drop(_inside);
        Self {
            runtime,
            open,
            guarded,
        }
    }
}

thread_local! {
    static WORLD: OnceCell<RefCell<World>> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|&byte| byte == b'\n');
    let query = lines.next().unwrap_or_default();
    let headers: Option<HeaderMap> = lines.filter(|line| !line.is_empty()).map(read).collect();
    WORLD.with(|world| {
        let world = world.get_or_init(|| World::new().into()).borrow();
        world.runtime.block_on(async {
            if let Ok(query) = std::str::from_utf8(query) {
                ask(&world.open, query).await;
            }
            if let Some(headers) = headers {
                guard(&world.guarded, &headers).await;
            }
        });
    });
});

fn read(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

async fn ask(router: &Router, query: &str) {
    for path in LISTS {
        let plain = answer(router, path, &encoded(query, false)).await;
        let odd = answer(router, path, &encoded(query, true)).await;
        assert_eq!(plain, odd, "{path}");
        let (status, body) = plain;
        let is_of_no_task = status == StatusCode::NOT_FOUND && path == "/v1/events";
        if status != StatusCode::OK && !is_of_no_task {
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            let problem: Problem = serde_json::from_slice(&body).expect("a problem");
            let field = problem.field.expect("it names a parameter");
            let is_named = query.split('&').any(|pair| {
                let name = pair.split('=').next().unwrap_or_default();
                name == field
            });
            assert!(is_named || field == "query", "{field}");
            assert!(
                problem
                    .expected
                    .is_some_and(|expected| !expected.is_empty())
            );
        }
    }
}

/// Every byte that could mean something is written with a `%`; or almost every byte is.
fn encoded(query: &str, all: bool) -> String {
    let mut text = String::new();
    for &byte in query.as_bytes() {
        let done = match byte {
            b'&' | b'=' => write!(text, "{}", char::from(byte)),
            b' ' if !all => write!(text, "+"),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if !all => write!(text, "{}", char::from(byte)),
            _ if all => write!(text, "%{byte:02x}"),
            _ => write!(text, "%{byte:02X}"),
        };
        done.expect("text takes it");
    }
    text
}

async fn answer(router: &Router, path: &str, query: &str) -> (StatusCode, Vec<u8>) {
    let request = Request::get(format!("{path}?{query}")).header(header::HOST, "localhost");
    let request = request.body(Body::empty()).expect("a request");
    let response = router
        .clone()
        .oneshot(request)
        .await
        .expect("a router never fails");
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body that ends")
        .to_bytes();
    // An archive tells when it was made.
    let tells_time = path == "/v1/export" && status == StatusCode::OK;
    (status, if tells_time { Vec::new() } else { body.into() })
}

async fn guard(router: &Router, headers: &HeaderMap) {
    for method in [Method::GET, Method::POST] {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method.clone();
        *request.uri_mut() = "/v1/queues".parse().expect("a path");
        *request.headers_mut() = headers.clone();
        let response = router
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails");
        let is_refused = matches!(
            response.status(),
            StatusCode::MISDIRECTED_REQUEST | StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED
        );
        assert!(
            !response.status().is_server_error(),
            "{}",
            response.status()
        );
        assert_eq!(
            is_refused,
            !may_pass(&method, headers),
            "{}",
            response.status()
        );
    }
}

/// What the guard is meant to let through.
fn may_pass(method: &Method, headers: &HeaderMap) -> bool {
    let texts = |name: &str| -> Vec<Option<&str>> {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().ok())
            .collect()
    };
    let [Some(host)] = texts("host")[..] else {
        return false;
    };
    let Some((name, port)) = parted(host) else {
        return false;
    };
    let is_own = match name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
    {
        Ok(address) => address.is_loopback(),
        Err(_) => ["localhost", HOST].contains(&&*name.to_ascii_lowercase()),
    };
    let is_same = |origin: &Option<&str>| origin.is_some_and(|origin| is_at(origin, name, port));
    let site = texts("sec-fetch-site").first().copied().flatten();
    let mode = texts("sec-fetch-mode").first().copied().flatten();
    let is = |value: Option<&str>, word: &str| value.is_some_and(|v| v.eq_ignore_ascii_case(word));
    let is_foreign = is(site, "cross-site") || is(site, "same-site");
    let is_link = is(mode, "navigate") && method == Method::GET;
    let bearer = match texts("authorization")[..] {
        [Some(text)] => text.split_once(' '),
        _ => None,
    };
    let has_token = bearer.is_some_and(|(scheme, token)| {
        scheme.eq_ignore_ascii_case("bearer") && token.trim() == TOKEN
    });
    is_own && texts("origin").iter().all(is_same) && (!is_foreign || is_link) && has_token
}

/// The name and the port of an authority that has nothing else.
fn parted(authority: &str) -> Option<(&str, Option<u16>)> {
    format!("http://{authority}/").parse::<Uri>().ok()?;
    let end = match authority.starts_with('[') {
        true => authority.find(']')? + 1,
        false => authority.find(':').unwrap_or(authority.len()),
    };
    let (name, behind) = authority.split_at(end);
    let is_name = !name.is_empty() && !authority.contains(['@', '/', '?', '#']);
    let port = match behind {
        "" | ":" => None,
        _ => Some(
            behind
                .strip_prefix(':')
                .filter(|port| !port.starts_with('+'))?
                .parse()
                .ok()?,
        ),
    };
    is_name.then_some((name, port))
}

/// Whether an origin is that host, by http or https.
fn is_at(origin: &str, name: &str, port: Option<u16>) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else {
        return false;
    };
    let default = match &*scheme.to_ascii_lowercase() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    origin.parse::<Uri>().is_ok()
        && parted(authority).is_some_and(|(own, own_port)| {
            own.eq_ignore_ascii_case(name) && own_port.unwrap_or(default) == port.unwrap_or(default)
        })
}
