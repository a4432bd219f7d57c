//! What a path names.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use duly_api::Problem;
use duly_api::text::Word;
use duly_core::{Incarnation, TaskId};

use crate::App;
use crate::port::{Name, validate};
use crate::refusal::Refusal;

/// A task, as in `/v1/tasks/{id}`.
pub(crate) struct TaskPath(pub(crate) TaskId);

impl FromRequestParts<App> for TaskPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        word("id", &text("id", parts, app).await?).map(Self)
    }
}

/// A life of a worker, as in `/v1/workers/{incarnation}`.
pub(crate) struct WorkerPath(pub(crate) Incarnation);

impl FromRequestParts<App> for WorkerPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        word("incarnation", &text("incarnation", parts, app).await?).map(Self)
    }
}

/// A queue, a kind or a tenant, as in `/v1/queues/{name}`.
pub(crate) struct NamePath(pub(crate) Name);

impl FromRequestParts<App> for NamePath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let name = text("name", parts, app).await?;
        validate::name("name", &name)?;
        Ok(Self(name.into()))
    }
}

async fn text(field: &str, parts: &mut Parts, app: &App) -> Result<String, Refusal> {
    let read: Result<Path<String>, PathRejection> = Path::from_request_parts(parts, app).await;
    let Path(text) = read.map_err(|_| {
        let expected = "UTF-8, with % and two hexadecimal digits for what a URL cannot hold";
        let detail = format!("{field} cannot be decoded: expected {expected}");
        Problem::invalid(field, expected, detail)
    })?;
    Ok(text)
}

fn word<T: Word>(field: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| {
        let detail = format!("{field} is {text:?}: expected {}", T::EXPECTED);
        Problem::invalid(field, T::EXPECTED, detail).into()
    })
}
