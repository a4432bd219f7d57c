//! `GET /v1/events`.

mod accept;
mod asked;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use duly_api::EventPage;
use duly_api::schema;

use self::accept::Form;
use self::asked::Asked;
use crate::bounds::{EVENT_SCAN_PAGES_MAX, PAGE_DEFAULT};
use crate::feed::{self, Messages};
use crate::params::Params;
use crate::port::EventCursor;
use crate::port::bounds::PAGE_MAX;
use crate::refusal::Refusal;
use crate::{App, convert, query};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// A page of the history, or, where `Accept` names `text/event-stream`, a live stream.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "list_events", tag = "events",
    params(
        ("after" = Option<String>, Query, pattern = "^[0-9a-fA-F]{32}$", description = "The `cursor` of an event, or what the page before gave as `next`"),
        ("task" = Option<schema::TaskId>, Query, description = "Of this task"),
        ("queue" = Option<String>, Query, description = "Of tasks in this queue"),
        ("kind" = Option<Vec<schema::EventKind>>, Query, description = "Of these kinds; may be repeated, or a list with commas"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
        ("Last-Event-ID" = Option<String>, Header, pattern = "^([0-9a-fA-F]{32})?$", description = "Where a live stream broke off, empty if there was no event yet; counts for more than `after`"),
    ),
    responses((status = 200, description = "A page of the history; or, where `Accept` names `text/event-stream`, what \
        happens from then on: messages with the `cursor` as `id`, the kind as `event`, and a FeedEvent as `data`. \
        A message `resync` with a Resync as `data` tells a reader that was too slow what it missed",
        content((EventPage = "application/json"), (String = "text/event-stream")))),
    extensions(("x-codes" = json!(["TaskNotFound", "NotAcceptable", "TooManyStreams", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    Params(pairs): Params,
) -> Result<Response, Refusal> {
    let form = accept::form(&headers)?;
    let asked = asked::read(&pairs)?.resumed(&headers)?;
    match form {
        Form::Page => Ok(Json(page(&app, asked).await?).into_response()),
        Form::Stream => stream(&app, asked).await,
    }
}

async fn stream(app: &App, asked: Asked) -> Result<Response, Refusal> {
    if let Some(limit) = asked.limit {
        return Err(query::refused(
            "limit",
            &limit.to_string(),
            "none: a live stream has no end",
        ));
    }
    let subscription = app.feed().subscribe(asked.after, asked.filter).await?;
    let body = Body::from_stream(Messages::new(subscription));
    Ok(([(header::CONTENT_TYPE, EVENT_STREAM)], body).into_response())
}

/// Looks through the history until there are enough, or it was enough work.
async fn page(app: &App, asked: Asked) -> Result<EventPage, Refusal> {
    let wanted = asked.limit.unwrap_or(PAGE_DEFAULT);
    let limit = wanted as usize;
    let read = if asked.filter.is_narrow() {
        PAGE_MAX
    } else {
        wanted
    };
    let mut after = asked.after.unwrap_or(EventCursor::START);
    let mut events = Vec::new();
    for _ in 0..EVENT_SCAN_PAGES_MAX {
        let found = feed::history(&**app.store(), &asked.filter, after, read).await?;
        let is_last = found.events.len() < read as usize;
        for event in found.events {
            if events.len() == limit {
                return Ok(answer(events, Some(after)));
            }
            after = event.cursor;
            if asked.filter.wants(&event) {
                events.push(convert::feed_event(&event));
            }
        }
        if is_last {
            return Ok(answer(events, None));
        }
        if events.len() == limit {
            break;
        }
    }
    Ok(answer(events, Some(after)))
}

fn answer(events: Vec<duly_api::FeedEvent>, next: Option<EventCursor>) -> EventPage {
    EventPage {
        events,
        next: next.map(|next| next.to_string()),
    }
}
