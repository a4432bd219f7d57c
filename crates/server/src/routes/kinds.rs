//! `/v1/kinds`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{BulkDone, Code, Kind, KindChange, Kinds, Problem, Purge};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::{self, ListNames, Name, Subject};
use crate::refusal::Refusal;
use crate::routes::purge;
use crate::{App, convert, query};

/// `GET /v1/kinds`: a page of them, by name.
#[utoipa::path(
    get, path = "/v1/kinds", operation_id = "list_kinds", tag = "kinds",
    params(
        ("after" = Option<schema::Name>, Query, description = "Only those whose names come after this one: what the page before gave as `next`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "A page of kinds, by name", body = Kinds)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<Kinds>, Refusal> {
    let page = app.store().kinds(query::names(&pairs)?).await?;
    Ok(Json(Kinds {
        kinds: page.kinds.iter().map(convert::kind).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// `GET /v1/kinds/{name}`: one.
#[utoipa::path(
    get, path = "/v1/kinds/{name}", operation_id = "show_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    responses((status = 200, description = "The kind", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<Kind>, Refusal> {
    find(&app, &name).await.map(Json)
}

/// `PATCH /v1/kinds/{name}`: other settings; the kind is made if there is none of that name.
#[utoipa::path(
    patch, path = "/v1/kinds/{name}", operation_id = "change_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    request_body(content = KindChange, example = json!({"paused": true})),
    responses((status = 200, description = "The kind as it is then", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn change(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<KindChange>,
) -> Result<Json<Kind>, Refusal> {
    if asked == KindChange::default() {
        let expected = "at least one of paused and draining";
        let detail = format!("nothing is to change: expected {expected}");
        return Err(Problem::invalid("paused", expected, detail).into());
    }
    configure(&app, name, convert::kind_change(asked)).await
}

/// `POST /v1/kinds/{name}/pause`: nothing of it starts any more.
#[utoipa::path(
    post, path = "/v1/kinds/{name}/pause", operation_id = "pause_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    responses((status = 200, description = "The kind, paused", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn pause(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Kind>, Refusal> {
    let change = port::KindChange {
        paused: Some(true),
        ..port::KindChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/kinds/{name}/resume`: what is due may start again.
#[utoipa::path(
    post, path = "/v1/kinds/{name}/resume", operation_id = "resume_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    responses((status = 200, description = "The kind, resumed", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn resume(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Kind>, Refusal> {
    let change = port::KindChange {
        paused: Some(false),
        ..port::KindChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/kinds/{name}/drain`: it takes in no new tasks any more; those that are there are worked off.
#[utoipa::path(
    post, path = "/v1/kinds/{name}/drain", operation_id = "drain_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    responses((status = 200, description = "The kind, draining: empty once `unfinished` is 0", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn drain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Kind>, Refusal> {
    let change = port::KindChange {
        draining: Some(true),
        ..port::KindChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/kinds/{name}/undrain`: it takes in new tasks again.
#[utoipa::path(
    post, path = "/v1/kinds/{name}/undrain", operation_id = "undrain_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    responses((status = 200, description = "The kind, open", body = Kind)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn undrain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Kind>, Refusal> {
    let change = port::KindChange {
        draining: Some(false),
        ..port::KindChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/kinds/{name}/purge`: everything of it that waits is called off; what runs goes on.
#[utoipa::path(
    post, path = "/v1/kinds/{name}/purge", operation_id = "purge_kind", tag = "kinds",
    params(("name" = schema::Name, Path, description = "The kind")),
    request_body(content = Purge, example = json!({"dry_run": true})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["KindNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn purge(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Maybe(asked): Maybe<Purge>,
) -> Result<Json<BulkDone>, Refusal> {
    let place = purge::place(&asked)?;
    find(&app, &name).await?;
    purge::run(&app, &Subject::Kind(name), place, asked.dry_run)
        .await
        .map(Json)
}

/// Whoever pauses or drains one means one that is there.
async fn change_known(
    app: &App,
    name: Name,
    change: port::KindChange,
) -> Result<Json<Kind>, Refusal> {
    find(app, &name).await?;
    configure(app, name, change).await
}

async fn configure(app: &App, name: Name, change: port::KindChange) -> Result<Json<Kind>, Refusal> {
    app.store().configure_kind(name.clone(), change).await?;
    find(app, &name).await.map(Json)
}

async fn find(app: &App, name: &Name) -> Result<Kind, Refusal> {
    let page = app.store().kinds(ListNames::only(name.clone())).await?;
    let record = page.kinds.first().ok_or_else(|| {
        let detail = format!(
            "there is no kind {:?}: a kind is made by its first task, or by PATCH",
            &**name
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::KindNotFound, detail)
        }
    })?;
    Ok(convert::kind(record))
}
