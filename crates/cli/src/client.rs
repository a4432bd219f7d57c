//! Talking to a server, or to a store through the server's own routes. A file per noun has what can be
//! asked.

mod answer;
mod archive;
mod event;
mod explain;
mod limit;
mod queue;
mod schedule;
mod stats;
mod subject;
mod task;
mod transport;

pub(crate) use subject::{Subject, Switch};

use axum::body::Bytes;
use axum::http::{HeaderName, Method, Request, header};
use duly::rules::PriorityRules;
use duly::store::bounds::NAME_BYTES_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::target::Target;

pub(crate) use answer::Answer;
use transport::Transport;

/// The media type of a request's body.
const JSON: &str = "application/json";

/// A parameter of a query.
pub(crate) type Parameter = (&'static str, String);

/// Where tasks are asked for.
#[derive(Clone)]
pub(crate) struct Client {
    transport: Transport,
}

/// A request in the making.
struct Asked<'a> {
    method: Method,
    /// The parts of the path, as they are, whatever characters they hold.
    path: &'a [&'a str],
    query: &'a [Parameter],
    headers: &'a [(HeaderName, &'a str)],
    body: Bytes,
}

impl<'a> Asked<'a> {
    fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self {
            method,
            path,
            query: &[],
            headers: &[],
            body: Bytes::new(),
        }
    }
}

impl Client {
    /// Opens what is named. A store that is not there is an error, unless the command may make it.
    /// What is submitted to a store that is opened here goes by the rules.
    pub(crate) async fn open(
        target: Target,
        may_make: bool,
        rules: PriorityRules,
    ) -> Result<Self, Failure> {
        let transport = Transport::open(target, may_make, rules).await?;
        Ok(Self { transport })
    }

    /// Lets go of a store in good order. What went wrong before comes first.
    pub(crate) async fn close(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        self.transport.close(outcome).await
    }

    /// Asks to see something.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[Parameter],
    ) -> Result<T, Failure> {
        let asked = Asked {
            query,
            ..Asked::new(Method::GET, path)
        };
        self.send(asked).await?.json().await
    }

    /// Asks for something to be done, with a body of JSON.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: &(impl Serialize + ?Sized),
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(anyhow::Error::new)?;
        let asked = Asked {
            headers: &[(header::CONTENT_TYPE, JSON)],
            body: body.into(),
            ..Asked::new(method, path)
        };
        self.send(asked).await?.json().await
    }

    /// Asks for something to be done that needs no body.
    async fn tell<T: DeserializeOwned>(&self, method: Method, path: &[&str]) -> Result<T, Failure> {
        self.send(Asked::new(method, path)).await?.json().await
    }

    async fn send(&self, asked: Asked<'_>) -> Result<Answer, Failure> {
        if let Some(name) = asked.path.iter().find(|part| is_unnamable(part)) {
            return Err(Failure::Usage(format!(
                "name is {name:?}: expected 1 to {NAME_BYTES_MAX} bytes of text, but neither . nor .., which no URL can hold"
            )));
        }
        let mut url = self.transport.base();
        let parts = url.path_segments_mut();
        parts
            .expect("a URL with a host has a path")
            .pop_if_empty()
            .extend(asked.path);
        if !asked.query.is_empty() {
            url.query_pairs_mut().extend_pairs(asked.query);
        }
        let mut request = Request::builder().method(asked.method).uri(url.as_str());
        for (name, value) in asked.headers {
            request = request.header(name, *value);
        }
        if let Transport::Store { .. } = self.transport {
            request = request.header(header::HOST, "localhost");
        }
        let request = request.body(asked.body).map_err(anyhow::Error::new)?;
        let response = self.transport.send(request).await?;
        Answer::new(&self.transport, response).accepted().await
    }
}

/// Whether it has no place in the path of a URL: it would lead elsewhere.
fn is_unnamable(name: &str) -> bool {
    matches!(name, "" | "." | "..")
}
