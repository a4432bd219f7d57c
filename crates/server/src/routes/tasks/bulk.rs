//! `POST /v1/tasks/bulk`.

use axum::Json;
use axum::extract::State;
use duly_api::{Action, Bulk, BulkDone, Problem};

use crate::body::Asked;
use crate::params::NoParams;
use crate::port::Change;
use crate::refusal::Refusal;
use crate::sweep::{self, Sweep};
use crate::{App, convert};

/// `POST /v1/tasks/bulk`: one change to all tasks that a filter means, a bounded part of it at a time.
#[utoipa::path(
    post, path = "/v1/tasks/bulk", operation_id = "change_tasks", tag = "tasks",
    request_body(content = Bulk, example = json!({"action": "cancel", "filter": {"queue": "mail"}, "dry_run": true})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn change(
    State(app): State<App>,
    _: NoParams,
    Asked(asked): Asked<Bulk>,
) -> Result<Json<BulkDone>, Refusal> {
    sweep::meant(&asked.filter, asked.all)?;
    let sweep = Sweep {
        filter: convert::filter(&asked.filter)?,
        after: sweep::cursor(asked.cursor.as_deref())?,
        dry_run: asked.dry_run,
        change: what(asked)?,
    };
    Ok(Json(sweep.run(&app).await?))
}

/// The change, with what it needs and nothing else.
fn what(asked: Bulk) -> Result<Change, Refusal> {
    let due = convert::due(asked.delay_ms, asked.run_at)?;
    let action = asked.action;
    let unwanted = [
        ("priority", asked.priority.is_some(), Action::Reprioritise),
        ("run_at", asked.run_at.is_some(), Action::Reschedule),
        ("delay_ms", asked.delay_ms.is_some(), Action::Reschedule),
        ("payload", asked.payload.is_some(), Action::Retry),
    ];
    for (field, is_given, of) in unwanted {
        if is_given && action != of {
            return Err(foreign(field, action, of));
        }
    }
    let change = match action {
        Action::Cancel => Some(Change::Cancel),
        Action::Discard => Some(Change::Discard),
        Action::Retry => Some(Change::Retry {
            payload: asked.payload.map(convert::payload).transpose()?,
        }),
        Action::Reprioritise => asked.priority.map(Change::Reprioritise),
        Action::Reschedule => due.map(Change::Reschedule),
    };
    change.ok_or_else(|| missing(action))
}

fn foreign(field: &str, action: Action, of: Action) -> Refusal {
    let (action, of) = (action.name(), of.name());
    let detail =
        format!("{field} is given, but the action is {action}: expected it with {of} only");
    Problem::invalid(field, format!("none, unless the action is {of}"), detail).into()
}

fn missing(action: Action) -> Refusal {
    let (field, expected) = match action {
        Action::Reprioritise => ("priority", "the new priority"),
        _ => ("run_at", "run_at or delay_ms"),
    };
    let detail = format!("the action is {}: expected {expected}", action.name());
    Problem::invalid(field, expected, detail).into()
}
