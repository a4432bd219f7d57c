//! What `/v1/queues`, `/v1/kinds` and `/v1/tenants` have in common: one of them is paused, drained and purged as
//! a whole. The description has these operations in `openapi/subjects.rs`.

use axum::Json;
use axum::extract::State;
use axum::routing::{MethodRouter, post};
use duly_api::{BulkDone, Code, Kind, Problem, Purge, Queue, Tenant};
use serde::Serialize;

use crate::body::{Maybe, Nothing};
use crate::params::NoParams;
use crate::path::NamePath;
use crate::port::{Control, Duly, ListNames, Name};
use crate::refusal::Refusal;
use crate::routes::purge::{place, run};
use crate::{App, convert};

/// A queue, a kind or a tenant, as it is shown.
pub(crate) trait Subject: Serialize + Send + Sized + 'static {
    /// What it is called.
    const WHAT: &'static str;
    /// There is none of that name.
    const NOT_FOUND: Code;

    /// What steers the one of this name.
    fn control(duly: &Duly, name: Name) -> Control;

    /// The one of this name, if there is one.
    fn read(app: &App, name: &Name) -> impl Future<Output = Result<Option<Self>, Refusal>> + Send;
}

impl Subject for Queue {
    const WHAT: &'static str = "queue";
    const NOT_FOUND: Code = Code::QueueNotFound;

    fn control(duly: &Duly, name: Name) -> Control {
        duly.queue(name)
    }

    async fn read(app: &App, name: &Name) -> Result<Option<Self>, Refusal> {
        let records = app.store().queues().await?;
        let record = records.iter().find(|record| record.name == *name);
        Ok(record.map(|record| convert::queue(record, app.clock().now())))
    }
}

impl Subject for Kind {
    const WHAT: &'static str = "kind";
    const NOT_FOUND: Code = Code::KindNotFound;

    fn control(duly: &Duly, name: Name) -> Control {
        duly.kind(name)
    }

    async fn read(app: &App, name: &Name) -> Result<Option<Self>, Refusal> {
        let page = app.store().kinds(ListNames::only(name.clone())).await?;
        Ok(page.kinds.first().map(convert::kind))
    }
}

impl Subject for Tenant {
    const WHAT: &'static str = "tenant";
    const NOT_FOUND: Code = Code::TenantNotFound;

    fn control(duly: &Duly, name: Name) -> Control {
        duly.tenant(name)
    }

    async fn read(app: &App, name: &Name) -> Result<Option<Self>, Refusal> {
        let page = app.store().tenants(ListNames::only(name.clone())).await?;
        Ok(page.tenants.first().map(convert::tenant))
    }
}

/// What one is put to.
#[derive(Clone, Copy)]
pub(super) enum Switch {
    Pause,
    Resume,
    Drain,
    Undrain,
}

/// `POST …/pause`, `resume`, `drain` and `undrain`.
pub(super) fn switch<S: Subject>(to: Switch) -> MethodRouter<App> {
    let put = async move |State(app): State<App>,
                          NamePath(name): NamePath,
                          _: NoParams,
                          _: Maybe<Nothing>| put::<S>(&app, name, to).await;
    post(put)
}

/// Whoever pauses or drains one means one that is there.
async fn put<S: Subject>(app: &App, name: Name, to: Switch) -> Result<Json<S>, Refusal> {
    find::<S>(app, &name).await?;
    let control = S::control(app.duly(), name.clone());
    match to {
        Switch::Pause => control.pause().await,
        Switch::Resume => control.resume().await,
        Switch::Drain => control.drain().await,
        Switch::Undrain => control.undrain().await,
    }?;
    find(app, &name).await.map(Json)
}

/// `POST …/purge`.
pub(super) async fn purge<S: Subject>(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Maybe(asked): Maybe<Purge>,
) -> Result<Json<BulkDone>, Refusal> {
    let place = place(&asked)?;
    find::<S>(&app, &name).await?;
    let control = S::control(app.duly(), name);
    let done = run(&app, control.subject(), place, asked.dry_run);
    done.await.map(Json)
}

/// The one of this name.
pub(super) async fn find<S: Subject>(app: &App, name: &Name) -> Result<S, Refusal> {
    let found = S::read(app, name).await?;
    let found = found.ok_or_else(|| {
        let what = S::WHAT;
        let detail = format!(
            "there is no {what} {:?}: a {what} is made by its first task, or when something is set for it",
            &**name
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(S::NOT_FOUND, detail)
        }
    })?;
    Ok(found)
}

/// A change that changes nothing is a mistake.
pub(super) fn nothing_to_change(expected: &str) -> Refusal {
    let detail = format!("nothing is to change: expected {expected}");
    Problem::invalid("paused", expected, detail).into()
}
