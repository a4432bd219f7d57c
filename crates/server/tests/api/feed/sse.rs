//! Reading server-sent events as a client does.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use duly_server::App;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::support::request;

/// Nothing that is waited for here takes this long.
const PATIENCE: Duration = Duration::from_secs(60);

/// One block of lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) comment: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) data: Value,
}

impl Message {
    fn read(block: &str) -> Self {
        let mut message = Self::default();
        for line in block.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let value = value.to_owned();
            match name {
                "" => message.comment = Some(value),
                "id" => message.id = Some(value),
                "event" => message.event = Some(value),
                "data" => message.data = serde_json::from_str(&value).unwrap(),
                "retry" => assert_eq!(value, "1000"),
                _ => panic!("{line:?} is no line of a message"),
            }
        }
        message
    }

    /// The event's kind and the queue of its task.
    pub(crate) fn told(&self) -> (&str, &str) {
        assert_eq!(self.data["cursor"].as_str(), self.id.as_deref());
        assert_eq!(self.data["kind"].as_str(), self.event.as_deref());
        let kind = self.event.as_deref().unwrap();
        (kind, self.data["queue"].as_str().unwrap())
    }
}

/// An open stream.
pub(crate) struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    /// Opens one, which says at once where it begins.
    pub(crate) async fn open(app: &App, path: &str, last: Option<&str>) -> (Self, Message) {
        let response = ask(app, path, last).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut stream = Self {
            body: response.into_body(),
            text: String::new(),
        };
        let opening = stream.next().await.unwrap();
        assert_eq!(opening.comment.as_deref(), Some("events follow"));
        (stream, opening)
    }

    /// The next message; `None`: the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let message = Message::read(block);
                self.text = rest.to_owned();
                return Some(message);
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame.expect("a stream says something in time")?;
            let bytes = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// Asks for a stream.
pub(crate) async fn ask(app: &App, path: &str, last: Option<&str>) -> Response {
    let mut request = request("GET", path).header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    duly_server::router(app.clone())
        .oneshot(request)
        .await
        .unwrap()
}
