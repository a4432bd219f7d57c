//! Reading an answer: whole, or piece by piece.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode, header};
use duly_api::Problem;
use http_body_util::BodyExt;
use reqwest::Url;
use serde::de::DeserializeOwned;

use super::transport::{Transport, plain, root};
use crate::bounds::{ANSWER_BYTES_MAX, ANSWER_WAIT_MAX, SILENCE_MAX};
use crate::failure::Failure;

/// An answer of which the head is there.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    /// Who answers, for people.
    from: String,
}

impl Answer {
    pub(super) fn new(transport: &Transport, response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
            from: transport.name(),
        }
    }

    /// The answer, or the problem that was answered.
    pub(super) async fn accepted(mut self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body = self.whole().await?;
        Err(match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => problem.into(),
            Err(_) => self.strange(),
        })
    }

    /// What no Duly server answers, of which the status says what it may be.
    fn strange(&self) -> Failure {
        let answered = format!("{} answered {}", self.from, self.status);
        match (self.status, self.place()) {
            (
                StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT,
                _,
            ) => Failure::Unreachable(format!(
                "{answered}: it stands before the server, and does not reach it; try again"
            )),
            (status, Some(place)) if status.is_redirection() => anyhow::anyhow!(
                "{answered}, which points to {place}: name the Duly server there with --server"
            )
            .into(),
            _ => {
                anyhow::anyhow!("{answered}, but not as a Duly server does: check --server").into()
            }
        }
    }

    /// Where it points, as it may be shown.
    fn place(&self) -> Option<String> {
        let place = self.headers.get(header::LOCATION)?.to_str().ok()?;
        // What is relative leads elsewhere on the same server: there is nothing to name.
        Some(plain(&Url::parse(place).ok()?))
    }

    /// The answer if it is of this media type.
    pub(super) fn of_type(self, expected: &str) -> Result<Self, Failure> {
        let said = self.headers.get(header::CONTENT_TYPE);
        let said = said.and_then(|said| said.to_str().ok()).unwrap_or("none");
        if said.split(';').next().unwrap_or_default().trim() == expected {
            return Ok(self);
        }
        Err(anyhow::anyhow!(
            "{} answered with the media type {said}, as no Duly server does: expected {expected}; check \
             --server",
            self.from
        )
        .into())
    }

    /// All of it, as JSON.
    pub(super) async fn json<T: DeserializeOwned>(mut self) -> Result<T, Failure> {
        let body = self.whole().await?;
        serde_json::from_slice(&body).map_err(|error| {
            anyhow::anyhow!(
                "{} answered what no Duly server answers ({error}): check --server",
                self.from
            )
            .into()
        })
    }

    /// The next piece of it; `None` at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        match tokio::time::timeout(SILENCE_MAX, self.frame()).await {
            Ok(piece) => piece,
            Err(_) => Err(Failure::Unreachable(format!(
                "{} has been silent for {} s; try again",
                self.from,
                SILENCE_MAX.as_secs()
            ))),
        }
    }

    async fn whole(&mut self) -> Result<Vec<u8>, Failure> {
        let reading = async {
            let mut whole = Vec::new();
            while let Some(piece) = self.frame().await? {
                whole.extend_from_slice(&piece);
                if whole.len() > ANSWER_BYTES_MAX {
                    return Err(Failure::from(anyhow::anyhow!(
                        "the answer is longer than {ANSWER_BYTES_MAX} bytes: ask for less at once, \
                         with --limit"
                    )));
                }
            }
            Ok(whole)
        };
        match tokio::time::timeout(ANSWER_WAIT_MAX, reading).await {
            Ok(whole) => whole,
            Err(_) => Err(Failure::Unreachable(
                "the answer did not end in time; try again".to_owned(),
            )),
        }
    }

    /// The next bytes, however long they take.
    async fn frame(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                Failure::Unreachable(format!("the answer broke off: {}; try again", root(&error)))
            })?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}
