//! The body of a request: declared as JSON, of bounded size, and there in time. Few large ones are
//! held at once, however many connections there are.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use duly_api::{Code, Problem, parse_object};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::bounds::{BODY_BYTES_MAX, BODY_WAIT_MAX, DISCARDED_BYTES_MAX, SMALL_BODY_BYTES_MAX};
use crate::refusal::Refusal;

/// What a body declares to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON value: `application/json`, or a type that ends in `+json`.
    Json,
    /// A JSON value per line: `application/x-ndjson`.
    Lines,
}

impl Form {
    /// What the header `Content-Type` says, whatever its parameters. A page of elsewhere can make a
    /// browser send other types without asking, but not these.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut given = headers.get_all(header::CONTENT_TYPE).iter();
        let only = given.next().filter(|_| given.next().is_none());
        let text = only.and_then(|value| value.to_str().ok());
        let essence = text.and_then(|text| text.split(';').next());
        let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
        let is_json = essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"));
        match essence.as_str() {
            _ if is_json => Ok(Self::Json),
            "application/x-ndjson" => Ok(Self::Lines),
            _ => Err(unsupported("application/json")),
        }
    }
}

/// The body is declared to be something else.
pub(crate) fn unsupported(expected: &str) -> Refusal {
    let detail = format!("expected the header `Content-Type: {expected}`");
    Problem {
        field: Some("Content-Type".to_owned()),
        expected: Some(expected.to_owned()),
        ..Problem::new(Code::UnsupportedMediaType, detail)
    }
    .into()
}

/// A body, whole. A large one keeps its place for as long as this lives.
pub(crate) struct Arrived {
    pub(crate) form: Form,
    pub(crate) bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

impl FromRequest<App> for Arrived {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let form = Form::of(request.headers())?;
        let asks_first = request.headers().contains_key(header::EXPECT);
        let body = request.into_body();
        if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
            discard(body, asks_first).await;
            return Err(too_large().into());
        }
        let (bytes, _place) = arrive(body, app).await?;
        Ok(Self {
            form,
            bytes,
            _place,
        })
    }
}

/// A JSON object.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        let arrived = Arrived::from_request(request, app).await?;
        match arrived.form {
            Form::Json => Ok(Self(parse_object(&arrived.bytes)?)),
            Form::Lines => Err(unsupported("application/json")),
        }
    }
}

/// A JSON object, or no body at all, which says as little as an empty object.
pub(crate) struct Maybe<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for Maybe<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let Asked(asked) = Asked::from_request(request, app).await?;
        Ok(Self(asked))
    }
}

/// What a request may say that is done by its path alone: no body, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The whole body, and the place that it takes.
async fn arrive(body: Body, app: &App) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refusal> {
    let bytes_max = body.size_hint().upper();
    let arriving = async {
        let place = place(app, bytes_max).await;
        let whole = Limited::new(body, BODY_BYTES_MAX).collect().await;
        whole.map(|whole| (whole.to_bytes(), place))
    };
    match tokio::time::timeout(BODY_WAIT_MAX, arriving).await {
        Ok(Ok(arrived)) => Ok(arrived),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(too_large().into())
        }
        Ok(Err(_)) => Err(incomplete("the body broke off: send it again").into()),
        Err(_) => Err(incomplete("the body took longer than 30 s: send less at once").into()),
    }
}

/// Reads what nobody keeps, unless the client asks before it sends, or there is very much of it.
pub(crate) async fn discard(mut body: Body, asks_first: bool) {
    if asks_first || body.size_hint().lower() > DISCARDED_BYTES_MAX as u64 {
        return;
    }
    let arriving = async { while let Some(Ok(_)) = body.frame().await {} };
    // Too slow is refused no less.
    let _ = tokio::time::timeout(BODY_WAIT_MAX, arriving).await;
}

/// A place, if the body needs one.
async fn place(app: &App, bytes_max: Option<u64>) -> Option<OwnedSemaphorePermit> {
    if bytes_max.is_some_and(|bytes| bytes <= SMALL_BODY_BYTES_MAX as u64) {
        return None;
    }
    let places = Arc::clone(app.large_bodies());
    let place = places.acquire_owned().await;
    Some(place.expect("the places are never closed"))
}

fn too_large() -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("the body is larger than {BODY_BYTES_MAX} bytes: send fewer tasks at once"),
    )
}

pub(crate) fn incomplete(detail: &str) -> Problem {
    Problem::new(Code::BodyIncomplete, detail)
}
