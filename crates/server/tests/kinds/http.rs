//! Where the kind `http` goes, and where not, with real connections.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use duly::store::BoxFuture;
use duly::{Duly, State, Task, TaskId, Timestamp, TraceContext};
use duly_server::kinds::http::{Client, Delivered, Names, Targets, deliver};
use duly_server::kinds::{self, Kinds};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TASK: TaskId = TaskId::from_bytes([7; 16]);
const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A server that answers every connection once, as it was told, and remembers what it was asked.
struct Server {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn at(address: &str, answer: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (heard, answer) = (asked.clone(), answer.to_owned());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = vec![0; 8192];
                let count = stream.read(&mut head).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&head[..count]).into_owned();
                heard.lock().unwrap().push(head);
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { at, asked }
    }

    /// One that says that all is well.
    async fn fine() -> Self {
        Self::at(
            "127.0.0.1:0",
            "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
        )
        .await
    }

    /// One that sends everybody on.
    async fn leading_to(location: &str) -> Self {
        let answer = format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        );
        Self::at("127.0.0.1:0", &answer).await
    }

    fn connections(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// Names that mean what a test says; each lookup takes the next answer, and the last one stays.
#[derive(Default)]
struct Book {
    pages: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Book {
    fn of(name: &'static str, answers: &[&[&str]]) -> Arc<Self> {
        let page = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        let pages = HashMap::from([(name, answers.iter().map(page).collect())]);
        Arc::new(Self {
            pages,
            lookups: AtomicUsize::new(0),
        })
    }
}

impl Names for Book {
    fn addresses(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let turn = self.lookups.fetch_add(1, SeqCst);
        let answer = self
            .pages
            .get(name)
            .and_then(|page| page.get(turn).or(page.last()));
        let none = || io::Error::other("there is no such name");
        Box::pin(ready(answer.cloned().ok_or_else(none)))
    }
}

async fn sent(client: &Client, payload: Value) -> Delivered {
    let trace = TraceContext::parse(HEADER, Some("a=1")).unwrap();
    let now = || Timestamp::from_micros(0);
    deliver(
        client,
        TASK,
        Some(&trace),
        payload.to_string().as_bytes(),
        now,
        pending(),
    )
    .await
}

async fn got(client: &Client, url: &str) -> Delivered {
    sent(client, json!({"url": url})).await
}

fn refusal(delivered: Delivered) -> String {
    match delivered {
        Delivered::Fail(error) => error,
        other => panic!("expected a refusal for good, got {other:?}"),
    }
}

fn is_done(delivered: &Delivered) -> bool {
    matches!(delivered, Delivered::Done(_))
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_connected_to_however_it_is_written() {
    let server = Server::fine().await;
    let port = server.at.port();
    let client = Client::new(Targets::public()).unwrap();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "example.org@127.0.0.1",
        "example.org:80@127.0.0.1",
        "０x7f.1",
    ] {
        let error = refusal(got(&client, &format!("http://{host}:{port}/?k=s3cret")).await);
        assert!(
            error.ends_with(
                "is not allowed: the target 127.0.0.1 is not public (loopback), and no rule allows \
                 that address"
            ),
            "{host}: {error}"
        );
        assert!(
            !error.contains("s3cret") && !error.contains("example.org"),
            "{error}"
        );
    }
    assert_eq!(server.connections(), 0);
    let client = Client::new(Targets::default()).unwrap();
    assert!(is_done(
        &got(&client, &format!("http://0177.0.0.1:{port}/")).await
    ));
}

#[tokio::test]
async fn localhost_of_the_system_is_no_way_around() {
    let server = Server::fine().await;
    let client = Client::new(Targets::public()).unwrap();
    let url = format!("http://localhost:{}/", server.at.port());
    let error = refusal(got(&client, &url).await);
    assert!(error.contains("the target localhost at "), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_that_means_a_denied_address_is_not_connected_to() {
    let server = Server::fine().await;
    let url = format!("http://hooks.test:{}/", server.at.port());
    let book = Book::of("hooks.test", &[&["127.0.0.1", "::1"]]);
    let targets = Targets::public().allow("hooks.test").unwrap();
    let client = Client::with_names(targets, book.clone()).unwrap();
    let error = refusal(got(&client, &url).await);
    assert!(
        error.contains("the target hooks.test at 127.0.0.1 is not public (loopback)"),
        "{error}"
    );

    let targets = Targets::default()
        .deny("127.0.0.0/8")
        .and_then(|all| all.deny("::1"))
        .unwrap();
    let client = Client::with_names(targets, book).unwrap();
    let error = refusal(got(&client, &url).await);
    assert!(
        error.ends_with("is denied by the rule \"127.0.0.0/8\""),
        "{error}"
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn of_several_addresses_the_allowed_ones_are_used() {
    let server = Server::fine().await;
    let book = Book::of("hooks.test", &[&["10.255.255.1", "127.0.0.1"]]);
    let targets = Targets::default().deny("10.0.0.0/8").unwrap();
    let client = Client::with_names(targets, book).unwrap();
    let url = format!("http://hooks.test:{}/", server.at.port());
    assert!(is_done(&got(&client, &url).await));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_name_that_changes_its_meaning_is_checked_each_time() {
    let server = Server::fine().await;
    let book = Book::of("hooks.test", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let targets = Targets::public().allow("127.0.0.1").unwrap();
    let client = Client::with_names(targets, book.clone()).unwrap();
    let url = format!("http://hooks.test:{}/", server.at.port());
    assert!(is_done(&got(&client, &url).await));
    assert_eq!(
        book.lookups.load(SeqCst),
        1,
        "what was checked is what was connected to"
    );
    let error = refusal(got(&client, &url).await);
    assert!(error.contains("hooks.test at 127.0.0.2"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_no_way_around() {
    let hidden = Server::at(
        "127.0.0.2:0",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let targets = || Targets::nowhere().allow("127.0.0.1").unwrap();

    // To another host, it is not followed at all.
    let server = Server::leading_to(&format!("http://{}/", hidden.at)).await;
    let client = Client::new(targets()).unwrap();
    let error = refusal(got(&client, &format!("http://{}/", server.at)).await);
    assert!(error.contains("answered 302"), "{error}");

    // To the same name, which means another address by then, it is checked again.
    let server = Server::leading_to("/again").await;
    let book = Book::of("hooks.test", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let client = Client::with_names(targets(), book).unwrap();
    let error = refusal(got(&client, &format!("http://hooks.test:{}/", server.at.port())).await);
    assert!(
        error.contains("the target hooks.test at 127.0.0.2 is not public"),
        "{error}"
    );
    assert_eq!((server.connections(), hidden.connections()), (1, 0));
}

#[tokio::test]
async fn rules_with_ports_hold_at_those_ports_by_address_and_by_name() {
    let (open, shut) = (Server::fine().await, Server::fine().await);
    let rule = format!("127.0.0.1:{}", open.at.port());
    let book = Book::of("hooks.test", &[&["127.0.0.1"]]);
    let targets = Targets::public().allow(&rule).unwrap();
    let client = Client::with_names(targets, book).unwrap();
    for host in ["127.0.0.1", "hooks.test"] {
        let url = |server: &Server| format!("http://{host}:{}/", server.at.port());
        assert!(is_done(&got(&client, &url(&open)).await), "{host}");
        let error = refusal(got(&client, &url(&shut)).await);
        assert!(
            error.contains("127.0.0.1 is not public (loopback)"),
            "{error}"
        );
    }
    assert_eq!((open.connections(), shut.connections()), (2, 0));
}

#[tokio::test]
async fn the_addresses_of_version_6_are_judged_too() {
    let ok = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    let server = Server::at("[::1]:0", ok).await;
    let port = server.at.port();
    let client = Client::new(Targets::public()).unwrap();
    for host in ["[::1]", "[0:0::0:1]", "user@[::1]"] {
        let error = refusal(got(&client, &format!("http://{host}:{port}/")).await);
        assert!(
            error.contains("the target ::1 is not public (loopback)"),
            "{error}"
        );
    }
    let book = Book::of("six.test", &[&["::1"]]);
    let denied = Targets::default().deny("::/64").unwrap();
    let client = Client::with_names(denied, book.clone()).unwrap();
    let error = refusal(got(&client, &format!("http://six.test:{port}/")).await);
    assert!(
        error.ends_with("six.test at ::1 is denied by the rule \"::/64\""),
        "{error}"
    );
    assert_eq!(server.connections(), 0);
    let allowed = Targets::nowhere().allow(&format!("[::1]:{port}")).unwrap();
    let client = Client::with_names(allowed, book).unwrap();
    assert!(is_done(
        &got(&client, &format!("http://six.test:{port}/")).await
    ));
}

#[tokio::test]
async fn a_denied_name_is_not_even_looked_up() {
    let book = Book::of("bad.test", &[&["127.0.0.1"]]);
    let targets = Targets::default().deny("*.test").unwrap();
    let client = Client::with_names(targets, book.clone()).unwrap();
    for host in [
        "bad.test",
        "BAD.TEST",
        "bad.test.",
        "a.bad.test",
        "me:pw@bad.test",
    ] {
        let error = refusal(got(&client, &format!("http://{host}/")).await);
        assert!(
            error.ends_with("is denied by the rule \"*.test\""),
            "{host}: {error}"
        );
        assert!(!error.contains("pw"), "{error}");
    }
    assert_eq!(book.lookups.load(SeqCst), 0);
}

#[tokio::test]
async fn another_name_in_the_header_is_no_way_around() {
    let server = Server::fine().await;
    let (url, port) = (format!("http://{}/", server.at), server.at.port());
    let asked = |host: &str| json!({"url": url, "headers": {"Host": host}});
    let client = Client::new(Targets::nowhere().allow("127.0.0.1").unwrap()).unwrap();
    for host in ["bad.test", "127.0.0.2", "127.0.0.1.bad.test", "a b"] {
        let error = refusal(sent(&client, asked(host)).await);
        assert!(error.contains("by the header Host"), "{host}: {error}");
    }
    assert_eq!(server.connections(), 0);
    let same = asked(&format!("127.0.0.1:{port}"));
    assert!(is_done(&sent(&client, same).await));
    let client = Client::new(Targets::default()).unwrap();
    assert!(is_done(&sent(&client, asked("any.test")).await));
}

#[tokio::test]
async fn a_name_that_means_nothing_is_worth_another_try() {
    let client = Client::with_names(Targets::public(), Book::of("a.test", &[])).unwrap();
    match got(&client, "http://hooks.test/").await {
        Delivered::Retry { error, .. } => assert!(error.contains("no such name"), "{error}"),
        other => panic!("expected another try, got {other:?}"),
    }
}

#[tokio::test]
async fn the_trace_goes_on_in_the_request_unless_the_task_says_another() {
    let server = Server::fine().await;
    let client = Client::new(Targets::default()).unwrap();
    let url = format!("http://{}/", server.at);
    assert!(is_done(&got(&client, &url).await));
    let own = json!({"url": url, "headers": {"Traceparent": "mine"}});
    assert!(is_done(&sent(&client, own).await));
    let asked = server.asked.lock().unwrap();
    assert!(
        asked[0].contains(&format!("traceparent: {HEADER}\r\n")),
        "{}",
        asked[0]
    );
    assert!(asked[0].contains("tracestate: a=1\r\n"), "{}", asked[0]);
    assert!(asked[1].contains("traceparent: mine\r\n"), "{}", asked[1]);
    assert!(
        !asked[1].contains("tracestate"),
        "it belongs to the other: {}",
        asked[1]
    );
}

#[tokio::test]
async fn a_worker_goes_where_it_may_and_its_requests_are_in_the_attempt_s_span() {
    let server = Server::fine().await;
    let duly = Duly::open("memory:").await.unwrap();
    let rule = format!("127.0.0.1:{}", server.at.port());
    let kinds = Kinds {
        targets: Targets::nowhere().allow(&rule).unwrap(),
        ..Kinds::default()
    };
    let _worker = kinds::worker(&duly, kinds).unwrap().start().unwrap();
    let run = async |url: String| {
        let task = Task::new("http", &json!({"url": url})).traceparent(HEADER);
        let id = duly.submit(task).await.unwrap().id;
        duly.wait(id).await.unwrap()
    };
    let task = run(format!("http://{}/", server.at)).await;
    assert_eq!((task.state, task.error), (State::Completed, None));
    let task = run("http://127.0.0.2/".to_owned()).await;
    assert_eq!(
        (task.state, task.attempt),
        (State::Failed, 1),
        "not tried again"
    );
    let asked = server.asked.lock().unwrap();
    assert!(
        asked[0].contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"),
        "{}",
        asked[0]
    );
    assert!(
        !asked[0].contains("00f067aa0ba902b7"),
        "a span of its own: {}",
        asked[0]
    );
}
