//! Reading an answer: whole, or piece by piece.

use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode};
use duly_api::Problem;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::transport::{Transport, root};
use crate::bounds::{ANSWER_BYTES_MAX, ANSWER_WAIT_MAX, SILENCE_MAX};
use crate::failure::Failure;

/// An answer of which the head is there.
pub(crate) struct Answer {
    status: StatusCode,
    body: Body,
    /// Who answers, for people.
    from: String,
}

impl Answer {
    pub(super) fn new(transport: &Transport, response: Response<Body>) -> Self {
        Self {
            status: response.status(),
            body: response.into_body(),
            from: transport.name(),
        }
    }

    /// The answer, or the problem that was answered.
    pub(super) async fn accepted(mut self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let body = self.whole().await?;
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.into()),
            Err(_) => Err(anyhow::anyhow!(
                "{} answered {}, but not as a Duly server does: check --server",
                self.from,
                self.status
            )
            .into()),
        }
    }

    /// All of it, as JSON.
    pub(super) async fn json<T: DeserializeOwned>(mut self) -> Result<T, Failure> {
        let body = self.whole().await?;
        serde_json::from_slice(&body).map_err(|error| {
            anyhow::anyhow!(
                "{} answered what no Duly server answers: {error}",
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
