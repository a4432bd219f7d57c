//! `GET /metrics`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::App;
use crate::accept::Accept;
use crate::bounds::SCRAPE_WAIT_MAX;
use crate::metrics::{Found, plain};
use crate::params::NoParams;

const OPEN: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// All metrics, for a scrape, which never fails.
#[utoipa::path(
    get, path = "/metrics", operation_id = "show_metrics", tag = "service",
    responses((status = 200, description = "The metrics, for Prometheus: OpenMetrics where `Accept` names it", content(
        (String = "text/plain"), (String = "application/openmetrics-text"),
    ))),
    extensions(("x-codes" = json!([])))
)]
pub(crate) async fn show(State(app): State<App>, _: NoParams, headers: HeaderMap) -> Response {
    let found = look(&app).await;
    let text = app.metrics().text(app.feed(), &found, app.clock().now());
    let (form, text) = if is_open(&Accept::of(&headers)) {
        (OPEN, text)
    } else {
        (PLAIN, plain(&text))
    };
    ([(header::CONTENT_TYPE, form)], text).into_response()
}

/// What the store says, if it does in time.
async fn look(app: &App) -> Found {
    let asked = async { tokio::try_join!(app.store().queues(), app.store().workers()) };
    match tokio::time::timeout(SCRAPE_WAIT_MAX, asked).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the store does not answer a scrape");
            None
        }
        Err(_) => None,
    }
}

/// Only who names the newer format gets it.
fn is_open(accept: &Accept) -> bool {
    let open = accept.quality(&["application/openmetrics-text"]);
    open > 0.0 && open >= accept.quality(&["text/plain", "text/*"])
}
