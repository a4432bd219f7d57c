//! Talking to a server.

use std::time::Duration;

use duly_api::{NewTask, Problem, Stats, Submitted, SubmittedBatch, Task, TaskPage};
use duly_core::TaskId;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// How long one answer may take.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long connecting may take.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);

/// A server, as its client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    pub(crate) fn new(server: &str) -> Result<Self, Failure> {
        let base = Url::parse(server).ok();
        let base = base.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let base = base.ok_or_else(|| {
            Failure::Usage(format!(
                "--server is {server:?}: expected a URL such as http://127.0.0.1:7788"
            ))
        })?;
        // A server on this machine is never behind a proxy.
        let http = duly_server::tls::client(|builder| {
            let builder = builder.timeout(ANSWER_WAIT_MAX).no_proxy();
            let builder = builder.connect_timeout(CONNECT_WAIT_MAX);
            match base.scheme() {
                // Reading the system's certificates for nothing costs more than the request.
                "http" => builder.tls_certs_only([]),
                _ => builder,
            }
        })
        .map_err(anyhow::Error::new)?;
        Ok(Self { http, base })
    }

    /// Submits one task, once.
    pub(crate) async fn submit(&self, task: &NewTask) -> Result<Submitted, Failure> {
        let request = self.request(Method::POST, "/v1/tasks").json(task);
        read(self.send(request).await?).await
    }

    /// Submits several, all or none, once.
    pub(crate) async fn submit_batch(&self, tasks: &[NewTask]) -> Result<SubmittedBatch, Failure> {
        let request = self.request(Method::POST, "/v1/tasks").json(tasks);
        read(self.send(request).await?).await
    }

    pub(crate) async fn task(&self, id: TaskId) -> Result<Task, Failure> {
        let request = self.request(Method::GET, &format!("/v1/tasks/{id}"));
        read(self.send(request).await?).await
    }

    pub(crate) async fn cancel(&self, id: TaskId) -> Result<Task, Failure> {
        let request = self.request(Method::DELETE, &format!("/v1/tasks/{id}"));
        read(self.send(request).await?).await
    }

    pub(crate) async fn tasks(&self, query: &[(&str, String)]) -> Result<TaskPage, Failure> {
        let mut request = self
            .request(Method::GET, "/v1/tasks")
            .build()
            .map_err(anyhow::Error::new)?;
        request.url_mut().query_pairs_mut().extend_pairs(query);
        let request = RequestBuilder::from_parts(self.http.clone(), request);
        read(self.send(request).await?).await
    }

    pub(crate) async fn stats(&self) -> Result<Stats, Failure> {
        let request = self.request(Method::GET, "/v1/stats");
        read(self.send(request).await?).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base.clone();
        let whole = format!("{}{path}", self.base.path().trim_end_matches('/'));
        url.set_path(&whole);
        self.http.request(method, url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| {
            let cause = root(&error);
            Failure::Unreachable(format!(
                "no answer from {}: {cause}; start a server with `duly serve`, or name another \
                 with --server",
                self.base
            ))
        })
    }
}

/// The innermost cause says most.
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The answer, or the problem that was answered.
async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failure> {
    let status = response.status();
    let url = response.url().clone();
    let body = response.bytes().await.map_err(|error| {
        Failure::Unreachable(format!("the answer broke off: {}; try again", root(&error)))
    })?;
    if status.is_success() {
        return serde_json::from_slice(&body).map_err(|error| {
            anyhow::anyhow!("{url} answered what no Duly server answers: {error}").into()
        });
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(foreign(status, &url)),
    }
}

fn foreign(status: StatusCode, url: &Url) -> Failure {
    anyhow::anyhow!("{url} answered {status}, but not as a Duly server does: check --server").into()
}
