//! What every request passes before its route: it names this server, comes from no foreign page,
//! brings a token where one is wanted, and declares its body. What holds for every answer is seen to
//! here as well: a panic is a problem like others, and nothing is kept by caches.

mod caught;
mod host;
mod origin;
mod token;

use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use duly_api::{Code, Problem};

use crate::body::Form;
use crate::refusal::Refusal;
use crate::{App, Options};

/// Checks, answers, marks the answer, counts it, and tells of it.
pub(crate) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = app.clock().now();
    let mut response = match check(&request, app.options()) {
        Ok(()) => answer(request, next, &method, &path).await,
        Err(refusal) => refusal.into_response(),
    };
    let took = app.clock().now().since(start);
    let route = route.as_ref().map(MatchedPath::as_str);
    app.metrics()
        .answered(&method, route, response.status(), took);
    tracing::debug!(%method, path, status = response.status().as_u16(), "request");
    mark(response.headers_mut());
    response
}

fn check(request: &Request, options: &Options) -> Result<(), Refusal> {
    let host = host::check(request, options)?;
    origin::check(request.method(), request.headers(), &host)?;
    if request.uri().path() != "/health" {
        token::check(request.headers(), options.tokens())?;
    }
    // A form that is empty is still one that a page of elsewhere could send.
    let declares = request.headers().contains_key(header::CONTENT_TYPE);
    if !request.body().is_end_stream() || (declares && !request.method().is_safe()) {
        Form::of(request.headers())?;
    }
    Ok(())
}

async fn answer(request: Request, next: Next, method: &Method, path: &str) -> Response {
    if let Ok(response) = caught::caught(next.run(request)).await {
        return response;
    }
    tracing::error!(%method, path, "answering panicked: this is a bug of Duly");
    let detail = "the server made a mistake, which its log describes: please report it";
    Refusal::from(Problem::new(Code::Internal, detail)).into_response()
}

/// The answer is not kept, and not taken for something else.
fn mark(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
}
