//! The body of a request: declared as JSON, of bounded size, and there in time.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use duly_api::{Code, Problem};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::bounds::{BODY_BYTES_MAX, BODY_WAIT_MAX};
use crate::refusal::Refusal;

/// The bytes of a body that says that it is JSON.
pub(crate) struct JsonBytes(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBytes {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "expected the header `Content-Type: application/json`",
            )
            .into());
        }
        let body = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
        match tokio::time::timeout(BODY_WAIT_MAX, body).await {
            Ok(Ok(body)) => Ok(Self(body.to_bytes())),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
                Err(too_large().into())
            }
            Ok(Err(_)) => Err(incomplete("the body broke off: send it again").into()),
            Err(_) => Err(incomplete("the body took longer than 30 s: send less at once").into()),
        }
    }
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
