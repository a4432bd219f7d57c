//! Whole requests against the API over a store in memory: whatever is sent, the answer is never a
//! failure of the server's.
//!
//! The first line of the input is the method, the path and the query; then come headers, a line
//! each, an empty line, and the body.
#![no_main]

use std::cell::OnceCell;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use duly::Duly;
use duly_server::{App, router};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// Requests that one store gets before a fresh one takes its place, so that it stays small.
const REQUESTS_MAX: u32 = 2_000;
/// Frames that are read of an answer that may have no end.
const FRAMES_MAX: usize = 3;

struct World {
    runtime: Runtime,
    router: axum::Router,
    requests: u32,
}

impl World {
    fn new() -> Self {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().build().expect("a runtime");
        let duly = runtime
            .block_on(Duly::open("memory:"))
            .expect("a store in memory");
        let router = runtime.block_on(async { router(App::new(duly)) });
        Self {
            runtime,
            router,
            requests: 0,
        }
    }
}

thread_local! {
    static WORLD: OnceCell<std::cell::RefCell<World>> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let Some(request) = request(input) else {
        return;
    };
    WORLD.with(|world| {
        let mut world = world.get_or_init(|| World::new().into()).borrow_mut();
        world.requests += 1;
        if world.requests > REQUESTS_MAX {
            *world = World::new();
        }
        let router = world.router.clone();
        world.runtime.block_on(async {
            let response = router.oneshot(request).await.expect("a router never fails");
            let status = response.status();
            assert!(!status.is_server_error(), "{status}");
            let mut body = response.into_body();
            let ends = !status.is_success();
            let mut whole = Vec::new();
            for _ in 0..FRAMES_MAX {
                match body.frame().await {
                    Some(Ok(frame)) => whole.extend(frame.into_data().unwrap_or_default()),
                    _ => break,
                }
            }
            if ends && !whole.is_empty() {
                serde_json::from_slice::<duly_api::Problem>(&whole).expect("a problem");
            }
        });
    });
});

fn request(input: &[u8]) -> Option<Request<Body>> {
    let line_end = input.iter().position(|&byte| byte == b'\n')?;
    let (line, mut rest) = (&input[..line_end], &input[line_end + 1..]);
    let mut words = line.splitn(2, |&byte| byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let uri = Uri::try_from(words.next()?).ok()?;
    let mut request = Request::builder().method(method).uri(uri);
    request = request.header(header::HOST, "localhost");
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let header = &rest[..end];
        rest = &rest[end + 1..];
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&header[..colon]).ok()?;
        let value = HeaderValue::from_bytes(header[colon + 1..].trim_ascii()).ok()?;
        request = request.header(name, value);
    }
    // A stream of events would wait for one.
    let request = request.body(Body::from(rest.to_vec())).ok()?;
    let asks = request.headers().get_all(header::ACCEPT).iter();
    let streams = asks.into_iter().any(|value| {
        value
            .as_bytes()
            .windows(5)
            .any(|w| w.eq_ignore_ascii_case(b"event"))
    });
    (!streams).then_some(request)
}
