//! `/v1/failed`: the dead letters.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use duly_api::{BulkDone, FailedDiscard, FailedPage, FailedRetry, Problem, Task};
use duly_core::TaskId;
use tokio::task::JoinSet;

use crate::body::Asked;
use crate::bounds::{FAILED_AT_ONCE, FAILED_BYTES_MAX, FAILED_IDS_MAX};
use crate::params::{NoParams, Params};
use crate::port::{self, Change, ChangeError, Filter, ListCursor, Store};
use crate::refusal::Refusal;
use crate::sweep::{self, Sweep};
use crate::{App, convert, history, query};

/// The states of a dead letter.
const STATES: [duly_core::State; 2] = [duly_core::State::Failed, duly_core::State::TimedOut];

/// `GET /v1/failed`: a page of them, with what went wrong each time.
#[utoipa::path(
    get, path = "/v1/failed", operation_id = "list_failed", tag = "failed",
    params(
        ("queue" = Option<String>, Query, description = "In this queue"),
        ("kind" = Option<String>, Query, description = "Of this kind"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
        ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{1,16}$", description = "What the page before gave as `next`"),
    ),
    responses((status = 200, description = "A page of dead letters, each with its attempts", body = FailedPage)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<FailedPage>, Refusal> {
    let page = app.store().list(query::failed(&pairs)?).await?;
    let mut tasks = Vec::new();
    let mut bytes = 0;
    for record in page.tasks {
        let sequence = record.sequence;
        let events = history::last_events(&app, record.id).await?;
        let attempts: Vec<_> = port::attempts(&events);
        let errors = attempts.iter().filter_map(|attempt| attempt.error.as_ref());
        bytes += errors.map(String::len).sum::<usize>();
        tasks.push(Task {
            attempts: Some(attempts.into_iter().map(convert::attempt).collect()),
            ..convert::task(record)
        });
        if bytes > FAILED_BYTES_MAX {
            let next = Some(query::cursor_text(ListCursor::after(sequence)));
            return Ok(Json(FailedPage { tasks, next }));
        }
    }
    let next = page.next.map(query::cursor_text);
    Ok(Json(FailedPage { tasks, next }))
}

/// `POST /v1/failed/retry`: back in line, with the payload they had or another.
#[utoipa::path(
    post, path = "/v1/failed/retry", operation_id = "retry_failed", tag = "failed",
    request_body(content = FailedRetry, example = json!({"filter": {"kind": "email.send"}})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn retry(
    State(app): State<App>,
    _: NoParams,
    Asked(asked): Asked<FailedRetry>,
) -> Result<Json<BulkDone>, Refusal> {
    let payload = asked.payload.map(convert::payload).transpose()?;
    let which = Which {
        ids: asked.ids,
        filter: asked.filter,
        all: asked.all,
        dry_run: asked.dry_run,
        cursor: asked.cursor,
    };
    which
        .change(&app, Change::Retry { payload })
        .await
        .map(Json)
}

/// `POST /v1/failed/discard`: removed, with their events.
#[utoipa::path(
    post, path = "/v1/failed/discard", operation_id = "discard_failed", tag = "failed",
    request_body(content = FailedDiscard, example = json!({"all": true, "dry_run": true})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn discard(
    State(app): State<App>,
    _: NoParams,
    Asked(asked): Asked<FailedDiscard>,
) -> Result<Json<BulkDone>, Refusal> {
    let which = Which {
        ids: asked.ids,
        filter: asked.filter,
        all: asked.all,
        dry_run: asked.dry_run,
        cursor: asked.cursor,
    };
    which.change(&app, Change::Discard).await.map(Json)
}

/// Which of the dead letters.
struct Which {
    ids: Option<Vec<TaskId>>,
    filter: Option<duly_api::Filter>,
    all: bool,
    dry_run: bool,
    cursor: Option<String>,
}

impl Which {
    async fn change(self, app: &App, change: Change) -> Result<BulkDone, Refusal> {
        let Some(ids) = self.ids else {
            return self.sweep(change)?.run(app).await;
        };
        let unwanted = [
            ("filter", self.filter.is_some()),
            ("all", self.all),
            ("cursor", self.cursor.is_some()),
        ];
        if let Some((field, _)) = unwanted.into_iter().find(|(_, is_given)| *is_given) {
            let detail = format!("ids and {field} are both given: expected one of them");
            return Err(Problem::invalid(field, "none beside ids", detail).into());
        }
        if ids.is_empty() || ids.len() > FAILED_IDS_MAX {
            let expected = format!("1 to {FAILED_IDS_MAX} ids");
            let detail = format!("there are {} ids: expected {expected}", ids.len());
            return Err(Problem::invalid("ids", expected, detail).into());
        }
        each(app, ids, change, self.dry_run).await
    }

    fn sweep(self, change: Change) -> Result<Sweep, Refusal> {
        let asked = self.filter.unwrap_or_default();
        sweep::meant(&asked, self.all)?;
        let mut filter = convert::filter(&asked)?;
        if filter.states.is_empty() {
            filter.states = STATES.to_vec();
        } else if let Some(other) = filter.states.iter().find(|state| !STATES.contains(state)) {
            let expected = "failed or timed_out: the states of dead letters";
            let detail = format!("filter.state is {other}: expected {expected}");
            return Err(Problem::invalid("filter.state", expected, detail).into());
        }
        Ok(Sweep {
            filter,
            change,
            after: sweep::cursor(self.cursor.as_deref())?,
            dry_run: self.dry_run,
        })
    }
}

/// Changes those that are dead letters, some at once; of the others nothing matched.
async fn each(
    app: &App,
    ids: Vec<TaskId>,
    change: Change,
    dry_run: bool,
) -> Result<BulkDone, Refusal> {
    let mut done = BulkDone {
        dry_run,
        ..BulkDone::default()
    };
    // An id that is given twice is one task.
    let mut ids: BTreeSet<_> = ids.into_iter().collect();
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < FAILED_AT_ONCE
            && let Some(id) = ids.pop_first()
        {
            let (store, change) = (app.store().clone(), change.clone());
            under_way.spawn(async move { one(&*store, id, change, dry_run).await });
        }
        let Some(one) = under_way.join_next().await else {
            return Ok(done);
        };
        let (matched, changed) = one.expect("a change neither panics nor is called off")?;
        done.matched += u64::from(matched);
        done.changed += u64::from(changed);
    }
}

/// Whether it is a dead letter, and whether it was changed, or would be.
async fn one(
    store: &dyn Store,
    id: TaskId,
    change: Change,
    dry_run: bool,
) -> Result<(bool, bool), Refusal> {
    let found = store.task(id).await?;
    if !found.is_some_and(|task| STATES.contains(&task.state)) {
        return Ok((false, false));
    }
    if dry_run {
        return Ok((true, true));
    }
    match store.change(id, change).await {
        Ok(_) => Ok((true, true)),
        // Somebody else was faster, or its unique key has another owner: as in a sweep.
        Err(ChangeError::TaskNotFound(_)) => Ok((false, false)),
        Err(ChangeError::InvalidTransition(_) | ChangeError::TaskExists { .. }) => {
            Ok((true, false))
        }
        Err(error) => Err(error.into()),
    }
}

/// The filter of `GET /v1/failed`.
pub(crate) fn filter() -> Filter {
    Filter {
        states: STATES.to_vec(),
        ..Filter::default()
    }
}
