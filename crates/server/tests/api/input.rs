//! Bad input, as it comes over a socket: each is answered with a problem that names what is wrong, and
//! the next request is answered as if nothing had been.

use std::net::SocketAddr;

use duly_server::{App, router};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::listener::served;

const JSON: &str = "content-type: application/json";
const LINES: &str = "content-type: application/x-ndjson";
const ID: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

/// A request that is wrong, and what its answer says.
struct Case {
    head: String,
    headers: Vec<String>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    /// What the answer names, as its field or in its detail.
    names: &'static str,
}

fn case(head: impl Into<String>, status: u16, code: &'static str, names: &'static str) -> Case {
    Case {
        head: head.into(),
        headers: Vec::new(),
        body: Vec::new(),
        status,
        code,
        names,
    }
}

impl Case {
    fn header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} HTTP/1.1\r\nconnection: close\r\n", self.head).into_bytes();
        let is_host = |header: &String| header.to_ascii_lowercase().starts_with("host:");
        if !self.headers.iter().any(is_host) {
            bytes.extend(b"host: localhost\r\n");
        }
        for header in &self.headers {
            bytes.extend(header.bytes().chain(*b"\r\n"));
        }
        if !self.body.is_empty() {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }
}

/// A submit of this text.
fn submit(body: impl Into<Vec<u8>>, status: u16, code: &'static str, names: &'static str) -> Case {
    case("POST /v1/tasks", status, code, names)
        .header(JSON)
        .body(body)
}

/// A submit with this field that is wrong.
fn field(text: &str, names: &'static str) -> Case {
    let body = format!(r#"{{"kind": "a", {text}}}"#);
    submit(body, 422, "InvalidInput", names)
}

/// A request with a JSON body.
fn json(head: impl Into<String>, body: &str, names: &'static str) -> Case {
    case(head, 422, "InvalidInput", names)
        .header(JSON)
        .body(body)
}

fn get(path: &str, names: &'static str) -> Case {
    case(format!("GET {path}"), 422, "InvalidInput", names)
}

fn texts() -> Vec<Case> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_payload = format!(r#"{{"kind": "a", "payload": {deep}}}"#);
    vec![
        submit("", 400, "InvalidJson", "nothing"),
        submit("{", 400, "InvalidJson", "line 1"),
        submit(r#"{"kind": "a""#, 400, "InvalidJson", "line 1"),
        submit(r#"{"kind": "a"} {}"#, 400, "InvalidJson", "trailing"),
        submit("{kind: 'a'}", 400, "InvalidJson", "line 1"),
        submit(r#"{"kind": "a",}"#, 400, "InvalidJson", "line 1"),
        submit(r#"[{"kind": "a"}"#, 400, "InvalidJson", "line 1"),
        submit(
            b"{\"kind\": \"\xff\xfe\"}".to_vec(),
            400,
            "InvalidJson",
            "line 1",
        ),
        submit(
            b"\xef\xbb\xbf{\"kind\": \"a\"}".to_vec(),
            400,
            "InvalidJson",
            "line 1",
        ),
        submit(b"\0\0\0\0".to_vec(), 400, "InvalidJson", "line 1"),
        submit(deep.clone(), 422, "InvalidInput", "object"),
        submit(deep_payload, 422, "InvalidInput", "payload"),
        submit("7", 422, "InvalidInput", "object"),
        submit("null", 422, "InvalidInput", "object"),
        submit("\"task\"", 422, "InvalidInput", "object"),
        submit("[7]", 422, "InvalidInput", "object"),
        submit(r#"[["a"]]"#, 422, "InvalidInput", "object"),
        submit(r#"{"kind": "a\ud800"}"#, 400, "InvalidJson", "line 1"),
        submit(vec![b' '; 9 << 20], 413, "BodyTooLarge", "8388608"),
    ]
}

/// Lines, of which the one that is wrong is named.
fn lines() -> Vec<Case> {
    let lines = |text: &[u8], status, code, names| {
        let text = [b"{\"kind\": \"a\"}\n\n", text].concat();
        case("POST /v1/tasks", status, code, names)
            .header(LINES)
            .body(text)
    };
    let many = "{\"kind\": \"a\"}\n".repeat(10_000);
    vec![
        lines(b"{", 400, "InvalidJson", "line 3"),
        lines(b"{\"kind\": \"a\"} {}", 400, "InvalidJson", "line 3"),
        lines(b"{\"kind\": \"\xff\"}", 400, "InvalidJson", "line 3"),
        lines(b"{\"kind\":\n\"b\"}", 400, "InvalidJson", "line 3"),
        lines(b"[{\"kind\": \"b\"}]", 422, "InvalidInput", "line 3"),
        lines(b"{\"kinds\": 1}", 422, "InvalidInput", "kinds"),
        lines(
            b"{\"kind\": \"b\", \"kind\": 1}",
            422,
            "InvalidInput",
            "kind",
        ),
        lines(b"{\"kind\": \"\"}", 422, "InvalidInput", "kind"),
        lines(many.as_bytes(), 422, "InvalidInput", "tasks"),
    ]
}

fn fields() -> Vec<Case> {
    let long = "x".repeat(200);
    let huge = "x".repeat((1 << 20) + 1);
    let labels: Vec<_> = (0..33).map(|n| format!(r#""l{n}": """#)).collect();
    vec![
        submit("{}", 422, "InvalidInput", "kind"),
        submit(r#"{"kind": ""}"#, 422, "InvalidInput", "kind"),
        submit(r#"{"kind": 7}"#, 422, "InvalidInput", "kind"),
        submit(r#"{"kind": "a\u0000b"}"#, 422, "InvalidInput", "kind"),
        submit(
            format!(r#"{{"kind": "{long}"}}"#),
            422,
            "InvalidInput",
            "kind",
        ),
        submit(r#"{"kind": "a", "kind": "b"}"#, 422, "InvalidInput", "kind"),
        field(r#""prioritty": "high""#, "prioritty"),
        field(r#""priority": "urgent""#, "priority"),
        field(r#""priority": 1"#, "priority"),
        field(r#""id": "7""#, "id"),
        field(r#""id": 7"#, "id"),
        field(r#""queue": """#, "queue"),
        field(r#""queue": ["a"]"#, "queue"),
        field(r#""timeout_ms": 0"#, "timeout_ms"),
        field(r#""timeout_ms": 9223372036854775807"#, "timeout_ms"),
        field(r#""attempts_max": 0"#, "attempts_max"),
        field(r#""attempts_max": 4294967296"#, "attempts_max"),
        field(r#""lost_max": 0"#, "lost_max"),
        field(r#""retry": "fast""#, "retry"),
        field(r#""retry": ["fixed"]"#, "retry"),
        field(r#""retry": {"backoff": "cubic"}"#, "retry.backoff"),
        field(r#""retry": {"delay_ms": 1, "delay_ms": 2}"#, "delay_ms"),
        field(r#""payload": 1, "payload": 2"#, "payload"),
        field(
            r#""retry": {"jitter_permille": 65536}"#,
            "retry.jitter_permille",
        ),
        field(r#""unique_key": """#, "unique_key"),
        field(r#""tenant": """#, "tenant"),
        field(r#""labels": ["a"]"#, "labels"),
        field(r#""labels": {"a": 1}"#, "labels.a"),
        field(r#""labels": {"a": "1", "a": "2"}"#, "labels"),
        field(r#""labels": {"": "1"}"#, "labels"),
        field(r#""labels": {"duly.x": "1"}"#, "labels"),
        field(&format!(r#""labels": {{{}}}"#, labels.join(",")), "labels"),
        field(&format!(r#""payload": "{huge}""#), "payload"),
    ]
}

/// Numbers and instants of when a task is due, and by when.
fn times() -> Vec<Case> {
    vec![
        field(r#""delay_ms": -1"#, "delay_ms"),
        field(r#""delay_ms": 1.5"#, "delay_ms"),
        field(r#""delay_ms": "5s""#, "delay_ms"),
        field(r#""delay_ms": 18446744073709551615"#, "delay_ms"),
        field(r#""delay_ms": 18446744073709551616"#, "delay_ms"),
        field(r#""delay_ms": 99999999999999999999"#, "delay_ms"),
        field(r#""delay_ms": -0"#, "delay_ms"),
        field(r#""delay_ms": 1e3"#, "delay_ms"),
        field(r#""delay_ms": 1e400"#, "delay_ms"),
        field(r#""delay_ms": 1, "delay_ms": 1"#, "delay_ms"),
        field(r#""deadline_in_ms": -1"#, "deadline_in_ms"),
        field(r#""deadline_in_ms": 9223372036854775808"#, "deadline_in_ms"),
        field(r#""deadline": "0001-01-01T00:00:00Z""#, "deadline"),
        field(r#""finish_in_ms": 31622400001"#, "finish_in_ms"),
        field(r#""finish_by": "soon""#, "finish_by"),
        field(r#""alert_unstarted_ms": 0"#, "alert_unstarted_ms"),
        field(
            r#""alert_unfinished_ms": 31622400001"#,
            "alert_unfinished_ms",
        ),
        field(
            r#""delay_ms": 1, "run_at": "2026-01-01T00:00:00Z""#,
            "run_at",
        ),
        field(r#""run_at": "noon""#, "run_at"),
        field(r#""run_at": "2026-02-30T00:00:00Z""#, "run_at"),
        field(r#""run_at": "9999-01-01T00:00:00Z""#, "run_at"),
        field(r#""run_at": 1767225600"#, "run_at"),
        field(r#""run_at": "2026-01-01T24:00:01Z""#, "run_at"),
        field(r#""run_at": "2026-01-01T00:00:00+99:00""#, "run_at"),
        field(r#""run_at": "-9999-01-01T00:00:00Z""#, "run_at"),
        field(
            r#""deadline_in_ms": 1, "deadline": "2026-01-01T00:00:00Z""#,
            "deadline",
        ),
    ]
}

fn paths() -> Vec<Case> {
    let task = format!("/v1/tasks/{ID}");
    vec![
        get("/v1/tasks?state=done", "state"),
        get("/v1/tasks?limit=0", "limit"),
        get("/v1/tasks?limit=1001", "limit"),
        get("/v1/tasks?limit=-1", "limit"),
        get("/v1/tasks?limit=many", "limit"),
        get("/v1/tasks?cursor=zz", "cursor"),
        get("/v1/tasks?queue=a&queue=b", "queue"),
        get("/v1/tasks?due_before=soon", "due_before"),
        get("/v1/tasks?overdue=yes", "overdue"),
        get("/v1/tasks?label=a", "label"),
        get("/v1/tasks?sort=id", "sort"),
        get("/v1/tasks?queue=%ff", "queue"),
        get("/v1/tasks?queue=%zz", "queue"),
        get("/v1/tasks?queue=%4", "queue"),
        get(&format!("/v1/tasks?{}", "a&".repeat(101)), "query"),
        get("/v1/tasks/7", "id"),
        get("/v1/tasks/%ff", "id"),
        get(&format!("{task}?verbose=1"), "verbose"),
        get("/v1/queues/%ff", "name"),
        get("/v1/queues/%00", "name"),
        get("/v1/queues?limit=1", "limit"),
        get("/v1/workers/none", "incarnation"),
        get("/v1/failed?state=failed", "state"),
        get("/v1/events?after=7", "after"),
        get("/v1/events?kind=done", "kind"),
        get("/v1/stats?x=1", "x"),
        get("/health?x", "x"),
        get("/ready?x=1", "x"),
        get("/metrics?x=1", "x"),
        get("/v1/export?x=1", "x"),
        get("/v1/openapi.json?x=1", "x"),
        case("GET /v2/tasks", 404, "RouteNotFound", "/v2/tasks"),
        case("PUT /v1/tasks", 405, "MethodNotAllowed", "PUT"),
        case("GET /v1/tasks/bulk", 405, "MethodNotAllowed", "GET"),
        case("BREW /v1/tasks", 405, "MethodNotAllowed", "BREW"),
        case(format!("GET {task}"), 404, "TaskNotFound", ID),
        json(format!("PATCH {task}"), "{}", "priority"),
        json(
            format!("PATCH {task}"),
            r#"{"state": "completed"}"#,
            "state",
        ),
        json(format!("PATCH {task}"), "[]", "object"),
        json(format!("DELETE {task}"), r#"{"force": true}"#, "force"),
        json(
            format!("POST {task}/retry"),
            r#"{"payloads": 1}"#,
            "payloads",
        ),
        json("POST /v1/tasks?require_worker=1", "{}", "require_worker"),
        json("POST /v1/tasks?require=true", "{}", "require"),
        json("POST /v1/tasks/bulk", "{}", "action"),
        json("POST /v1/tasks/bulk", r#"{"action": "destroy"}"#, "action"),
        json("POST /v1/tasks/bulk", r#"{"action": "cancel"}"#, "filter"),
        json("POST /v1/failed/retry", r#"{"ids": ["7"]}"#, "ids"),
        json("PATCH /v1/queues/q", r#"{"bound": -5}"#, "bound"),
        json("PATCH /v1/queues/q", r#"{"bound": 1e30}"#, "bound"),
        json(
            "PATCH /v1/queues/q",
            r#"{"bound": 9223372036854775808}"#,
            "bound",
        ),
        json("POST /v1/queues/q/purge", r#"{"cursor": "-1"}"#, "cursor"),
    ]
}

fn headers() -> Vec<Case> {
    let task = r#"{"kind": "a"}"#;
    let post = |status, code, names| case("POST /v1/tasks", status, code, names).body(task);
    let twice = "host: localhost\r\nhost: localhost";
    vec![
        post(415, "UnsupportedMediaType", "Content-Type"),
        post(415, "UnsupportedMediaType", "Content-Type").header("content-type: text/plain"),
        post(415, "UnsupportedMediaType", "Content-Type").header("content-type: \u{e4}"),
        post(415, "UnsupportedMediaType", "Content-Type").header("content-type: json"),
        case(
            "POST /v1/tasks/bulk",
            415,
            "UnsupportedMediaType",
            "Content-Type",
        )
        .header(LINES)
        .body(task),
        case("GET /v1/tasks", 415, "UnsupportedMediaType", "Content-Type").body(task),
        post(421, "HostNotAllowed", "Host")
            .header(JSON)
            .header("host: evil.example"),
        post(421, "HostNotAllowed", "Host")
            .header(JSON)
            .header("host: \u{e4}"),
        post(421, "HostNotAllowed", "Host")
            .header(JSON)
            .header("host:"),
        post(421, "HostNotAllowed", "Host")
            .header(JSON)
            .header(twice),
        post(403, "OriginNotAllowed", "Origin")
            .header(JSON)
            .header("origin: https://evil.example"),
        post(403, "OriginNotAllowed", "Origin")
            .header(JSON)
            .header("origin: \u{e4}"),
        post(422, "InvalidInput", "Idempotency-Key")
            .header(JSON)
            .header("idempotency-key: \u{e4}"),
        case("GET /v1/events", 406, "NotAcceptable", "Accept").header("accept: image/png"),
        case("GET /v1/events", 422, "InvalidInput", "Last-Event-ID")
            .header("accept: text/event-stream")
            .header("last-event-id: 7"),
        case("GET /v1/events", 422, "InvalidInput", "Last-Event-ID").header("last-event-id: 7"),
        case("POST /v1/import", 422, "InvalidInput", "line 1")
            .header(LINES)
            .body("{}\n"),
        case("POST /v1/import", 422, "InvalidInput", "line 1")
            .header(LINES)
            .body(b"\xff\n".to_vec()),
    ]
}

/// Sends the bytes, and reads the answer until the server closes.
async fn ask(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may have refused, and closed, before all was sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn server() -> SocketAddr {
    let duly = duly::Duly::open("memory:").await.unwrap();
    served(router(App::new(duly))).await
}

/// What is wrong with the answer.
fn fault(case: &Case, answer: &str) -> Option<String> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = format!("HTTP/1.1 {} ", case.status);
    if !head.starts_with(&status) {
        return Some(format!("expected {status}"));
    }
    if !head.contains("content-type: application/problem+json") {
        return Some("expected problem JSON".to_owned());
    }
    let problem: Value = serde_json::from_str(body).ok()?;
    if problem["code"] != case.code {
        return Some(format!("expected the code {}", case.code));
    }
    let is_field = problem["field"] == case.names;
    let is_told = problem["detail"]
        .as_str()
        .is_some_and(|told| told.contains(case.names));
    (!is_field && !is_told).then(|| format!("expected it to name {}", case.names))
}

#[tokio::test]
async fn bad_input_is_named_and_the_server_goes_on() {
    let address = server().await;
    let cases = [texts(), lines(), fields(), times(), paths(), headers()]
        .into_iter()
        .flatten();
    let (mut count, mut faults) = (0, Vec::new());
    for case in cases {
        let bytes = case.bytes();
        let answer = ask(address, &bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        let wrong = fault(&case, &answer);
        if let Some(wrong) = wrong.or_else(|| answer.is_empty().then(|| "no answer".to_owned())) {
            faults.push(format!("{wrong}\n--- {shown}\n--- {answer}\n"));
        }
        let next = ask(address, &case_of_health().bytes()).await;
        assert!(next.starts_with("HTTP/1.1 200 "), "after {shown}: {next}");
        count += 1;
    }
    assert!(
        faults.is_empty(),
        "{} of {count}:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert!(count >= 140, "{count} cases");
    let tasks = ask(address, &case("GET /v1/tasks", 200, "", "").bytes()).await;
    assert!(
        tasks.ends_with(r#"{"tasks":[],"next":null}"#),
        "nothing was submitted: {tasks}"
    );
}

fn case_of_health() -> Case {
    case("GET /health", 200, "", "")
}

/// What is no HTTP is refused by the server's HTTP library, which knows no problem JSON.
#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let address = server().await;
    let head = |line: &str| format!("GET /health HTTP/1.1\r\nhost: localhost\r\n{line}\r\n\r\n");
    for (bytes, status) in [
        (b"\x16\x03\x01\x02\x00 TLS\r\n\r\n".to_vec(), "400"),
        (
            b"GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n".to_vec(),
            "400",
        ),
        (
            b"GET /he\x01alth HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec(),
            "400",
        ),
        (head("content-length: -1").into_bytes(), "400"),
        (
            head("content-length: 1\r\ncontent-length: 2").into_bytes(),
            "400",
        ),
        (head("no colon").into_bytes(), "400"),
        (
            head(&format!("x: {}", "a".repeat(64 << 10))).into_bytes(),
            "431",
        ),
        (head(&"x: a\r\n".repeat(100)).into_bytes(), "431"),
        (
            format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(70_000)).into_bytes(),
            "4",
        ),
    ] {
        let answer = ask(address, &bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{shown}: {answer}"
        );
        let next = ask(address, &case_of_health().bytes()).await;
        assert!(next.starts_with("HTTP/1.1 200 "), "after {shown}: {next}");
    }
}
