//! The description of the API, as OpenAPI 3.1. What an operation takes and gives is declared beside its
//! route; what holds for all of them, and how refusals look, is added here.

use std::sync::LazyLock;

use axum::body::Bytes;
use duly_api::{FeedEvent, NewTask, Problem, Purge, Resync, Submitted, SubmittedBatch, schema};
use utoipa::{OpenApi, ToSchema};

use crate::routes;

use refusals::Refusals;
use rules::Rules;
use subjects::Subjects;

mod refusals;
mod rules;
mod subjects;

const ABOUT: &str = "Submit tasks, see what becomes of them, and change it. Instants are RFC 3339 \
                     in UTC; durations are whole milliseconds, in fields that end in `_ms`. Unknown \
                     fields and parameters are refused. What is refused is answered as \
                     `application/problem+json` with a `code` that does not change. A server that \
                     has tokens wants one of them; one for its own machine alone has none.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Duly", description = ABOUT),
    paths(
        routes::tasks::list,
        routes::tasks::submit::submit,
        routes::tasks::bulk::change,
        routes::tasks::show,
        routes::explain::task,
        routes::tasks::change::change,
        routes::tasks::change::cancel,
        routes::tasks::change::retry,
        routes::tasks::change::discard,
        routes::failed::list,
        routes::failed::retry,
        routes::failed::discard,
        routes::queues::list,
        routes::queues::show,
        routes::explain::queue,
        routes::queues::change,
        routes::kinds::list,
        routes::kinds::show,
        routes::kinds::change,
        routes::tenants::list,
        routes::tenants::show,
        routes::tenants::change,
        routes::schedules::list,
        routes::schedules::show,
        routes::schedules::put,
        routes::schedules::add,
        routes::schedules::remove,
        routes::schedules::next,
        routes::schedules::pause,
        routes::schedules::resume,
        routes::schedules::trigger,
        routes::schedules::backfill,
        routes::limits::list,
        routes::limits::show,
        routes::limits::define,
        routes::limits::remove,
        routes::limits::attached,
        routes::limits::attach,
        routes::limits::detach,
        routes::workers::list,
        routes::workers::show,
        routes::explain::worker,
        routes::events::list,
        routes::stats::show,
        routes::archive::export,
        routes::archive::import,
        routes::health::alive,
        routes::health::ready,
        routes::metrics::show,
        routes::openapi::show,
    ),
    components(schemas(
        Problem,
        Purge,
        FeedEvent,
        Resync,
        schema::EventKind,
        schema::Incarnation,
        schema::Instant,
        schema::Name,
        schema::State,
        schema::TaskId,
    )),
    security((), ("token" = [])),
    tags(
        (name = "tasks", description = "Tasks, one by one and many at once"),
        (name = "failed", description = "The dead letters: tasks that failed for good or timed out"),
        (name = "queues", description = "Queues and their settings"),
        (name = "kinds", description = "Kinds and their settings"),
        (name = "tenants", description = "Tenants and their settings"),
        (name = "schedules", description = "Schedules: what creates tasks by itself, at the instants of a rule"),
        (name = "limits", description = "How much may run at once, or begin per period"),
        (name = "workers", description = "Workers, and what they run"),
        (name = "events", description = "What happens to tasks, past and live"),
        (name = "archives", description = "Everything that a store holds: out of one, and into another"),
        (name = "service", description = "How the server is"),
    ),
    modifiers(&Subjects, &Refusals, &Rules, &Token),
)]
struct Document;

/// The token that a server may want.
struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.description = Some("One of the server's tokens, if it has any".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// What a submit takes as JSON.
#[derive(ToSchema)]
#[schema(title = "Tasks")]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes a body, and is never made")]
pub(crate) enum Tasks {
    /// One task.
    One(Box<NewTask>),
    /// Some.
    Many(Vec<NewTask>),
}

/// What a submit answers.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "it describes an answer, and is never made")]
pub(crate) enum SubmittedTasks {
    /// To one task.
    One(Submitted),
    /// To some, or to lines.
    Many(SubmittedBatch),
}

/// The document, written once.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut text = Document::openapi()
        .to_pretty_json()
        .expect("text and numbers become JSON");
    text.push('\n');
    text.into()
});

/// The description of the API as OpenAPI 3.1, in JSON: what `GET /v1/openapi.json` answers.
#[must_use]
pub fn openapi() -> Bytes {
    TEXT.clone()
}
