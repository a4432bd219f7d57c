//! The body of a request: declared as JSON, of bounded size, and there in time. Few large ones are
//! held at once, however many connections there are.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use duly_api::{Code, Problem};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::bounds::{BODY_BYTES_MAX, BODY_WAIT_MAX, DISCARDED_BYTES_MAX, SMALL_BODY_BYTES_MAX};
use crate::refusal::Refusal;

/// The bytes of a body that says that it is JSON. A large one keeps its place for as long as this
/// lives.
pub(crate) struct JsonBytes {
    pub(crate) bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

impl FromRequest<App> for JsonBytes {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "expected the header `Content-Type: application/json`",
            )
            .into());
        }
        let asks_first = request.headers().contains_key(header::EXPECT);
        let body = request.into_body();
        if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
            discard(body, asks_first).await;
            return Err(too_large().into());
        }
        let bytes_max = body.size_hint().upper();
        let arriving = async {
            let place = place(app, bytes_max).await;
            let whole = Limited::new(body, BODY_BYTES_MAX).collect().await;
            whole.map(|whole| (whole.to_bytes(), place))
        };
        match tokio::time::timeout(BODY_WAIT_MAX, arriving).await {
            Ok(Ok((bytes, _place))) => Ok(Self { bytes, _place }),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                Err(too_large().into())
            }
            Ok(Err(_)) => Err(incomplete("the body broke off: send it again").into()),
            Err(_) => Err(incomplete("the body took longer than 30 s: send less at once").into()),
        }
    }
}

/// Reads what nobody keeps, unless the client asks before it sends, or there is very much of it.
async fn discard(mut body: Body, asks_first: bool) {
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

fn incomplete(detail: &str) -> Problem {
    Problem::new(Code::BodyIncomplete, detail)
}

/// `application/json`, or a type that ends in `+json`, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let Some(text) = value.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
