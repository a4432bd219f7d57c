//! Events: the history by pages, and live.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, Method, header};
use duly_api::sse::{Message, Parser};
use duly_api::{EventPage, FeedEvent};

use super::{Answer, Asked, Client, Parameter};
use crate::bounds::{AWAY_MAX, PAUSE_FIRST, PAUSE_MAX};
use crate::failure::Failure;

const STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The message that says that events were left out: the history has them.
const RESYNC: &str = "resync";

impl Client {
    /// A page of the history.
    pub(crate) async fn events(&self, query: &[Parameter]) -> Result<EventPage, Failure> {
        self.get(&["v1", "events"], query).await
    }

    /// Follows events from a place on; `None`: from now.
    pub(crate) async fn follow(
        &self,
        query: Vec<Parameter>,
        after: Option<String>,
    ) -> Result<Follow<'_>, Failure> {
        let mut follow = Follow {
            client: self,
            query,
            place: after,
            stream: None,
        };
        follow.stream = Some(follow.open().await?);
        Ok(follow)
    }
}

/// Events as they happen, each once: from the history, what was missed while no server answered, or
/// because this reader was too slow.
pub(crate) struct Follow<'a> {
    client: &'a Client,
    query: Vec<Parameter>,
    /// Where to go on.
    place: Option<String>,
    stream: Option<Stream>,
}

impl Follow<'_> {
    /// The next event.
    pub(crate) async fn next(&mut self) -> Result<FeedEvent, Failure> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.stream = Some(self.reopen().await?);
                continue;
            };
            match stream.next().await {
                Ok(Some(message)) => {
                    if let Some(event) = self.take(message)? {
                        return Ok(event);
                    }
                }
                Ok(None) => self.stream = None,
                Err(failure) if failure.is_passing() => {
                    tracing::debug!(%failure, "the stream of events broke off");
                    self.stream = None;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn take(&mut self, message: Message) -> Result<Option<FeedEvent>, Failure> {
        let is_resync = message.event == RESYNC;
        self.place = message.id.or(self.place.take());
        if is_resync {
            // The next stream begins in the history, where the events are that were left out.
            self.stream = None;
            return Ok(None);
        }
        if message.data.is_empty() {
            return Ok(None);
        }
        let event = serde_json::from_str(&message.data);
        event.map(Some).map_err(|error| {
            anyhow::anyhow!("the server sent an event that is none: {error}").into()
        })
    }

    async fn open(&self) -> Result<Stream, Failure> {
        let mut headers = vec![(header::ACCEPT, STREAM)];
        if let Some(place) = &self.place {
            headers.push((LAST_EVENT_ID, place));
        }
        let asked = Asked {
            query: &self.query,
            headers: &headers,
            ..Asked::new(Method::GET, &["v1", "events"])
        };
        let answer = self.client.send(asked).await?.of_type(STREAM)?;
        Ok(Stream {
            answer,
            piece: Bytes::new(),
            parser: Parser::default(),
        })
    }

    /// Tries until there is a server again, or it has been away for too long.
    async fn reopen(&self) -> Result<Stream, Failure> {
        let mut pause = PAUSE_FIRST;
        let mut waited = Duration::ZERO;
        loop {
            tokio::time::sleep(pause).await;
            waited += pause;
            match self.open().await {
                Err(failure) if failure.is_passing() && waited < AWAY_MAX => {
                    if pause == PAUSE_FIRST {
                        tracing::warn!(%failure, "events cannot be followed now; trying again");
                    }
                }
                answer => return answer,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}

/// One connection.
struct Stream {
    answer: Answer,
    /// What arrived and is not read yet.
    piece: Bytes,
    parser: Parser,
}

impl Stream {
    /// The next message; `None`: the server has ended the stream.
    async fn next(&mut self) -> Result<Option<Message>, Failure> {
        loop {
            let mut rest = &self.piece[..];
            let message = self.parser.next(&mut rest).map_err(anyhow::Error::new)?;
            self.piece = self.piece.slice_ref(rest);
            if message.is_some() {
                return Ok(message);
            }
            let Some(piece) = self.answer.piece().await? else {
                return Ok(None);
            };
            self.piece = piece;
        }
    }
}
