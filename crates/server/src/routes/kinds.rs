//! `/v1/kinds`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Kind, KindChange, Kinds};

use crate::body::Asked;
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::{self, Name};
use crate::refusal::Refusal;
use crate::routes::subjects::{find, nothing_to_change};
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
        return Err(nothing_to_change(expected));
    }
    configure(&app, name, convert::kind_change(asked)).await
}

async fn configure(app: &App, name: Name, change: port::KindChange) -> Result<Json<Kind>, Refusal> {
    app.store().configure_kind(name.clone(), change).await?;
    find(app, &name).await.map(Json)
}
