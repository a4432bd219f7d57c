//! `/v1/export` and `/v1/import`: everything that the store holds, a JSON value per line.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Json};
use duly_api::{Code, Imported, Problem};
use futures_core::Stream;
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use crate::App;
use crate::body::{Form, discard, incomplete, unsupported};
use crate::bounds::{ARCHIVES_MAX, BODY_WAIT_MAX, IMPORT_BYTES_MAX};
use crate::params::NoParams;
use crate::port::archive::{ArchiveError, Export, Import, ImportError};
use crate::port::{BoxFuture, StoreError};
use crate::refusal::Refusal;

const LINES: &str = "application/x-ndjson";

/// `GET /v1/export`: an archive of everything. Where the store fails on the way the answer breaks off, and
/// lacks the last line, which counts.
#[utoipa::path(
    get, path = "/v1/export", operation_id = "export_archive", tag = "archives",
    responses((status = 200, description = "An archive: a JSON value per line. The first names the format, the last counts the others",
        content((String = "application/x-ndjson")))),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn export(State(app): State<App>, _: NoParams) -> Result<Response, Refusal> {
    let place = place(&app)?;
    let mut export = Export::new(Arc::clone(app.store()));
    // A store that does not answer at all is still told by the status.
    let first = export.piece().await?;
    let body = Body::from_stream(Pieces {
        first,
        next: Some(next(export)),
        _place: place,
    });
    let lines = HeaderValue::from_static(LINES);
    Ok(([(header::CONTENT_TYPE, lines)], body).into_response())
}

/// `POST /v1/import`: puts an archive into the store, as it arrives. What stands before a line that is
/// refused may be in the store; importing the whole again doubles nothing.
#[utoipa::path(
    post, path = "/v1/import", operation_id = "import_archive", tag = "archives",
    request_body(
        description = "An archive, whole: what an export answered",
        content((String = "application/x-ndjson", example = "{\"archive\":{\"format\":\"duly\",\"version\":1,\"at_us\":1767225600000000}}\n{\"end\":{\"queues\":0,\"tasks\":0,\"events\":0}}\n")),
    ),
    responses((status = 200, description = "What became of it", body = Imported)),
    extensions(("x-codes" = json!(["TaskExists", "QueueFull", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn import(
    State(app): State<App>,
    _: NoParams,
    request: Request,
) -> Result<Json<Imported>, Refusal> {
    if !matches!(Form::of(request.headers()), Ok(Form::Lines)) {
        return Err(unsupported(LINES));
    }
    let _place = place(&app)?;
    let asks_first = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    let import = Import::new(Arc::clone(app.store()));
    match fed(import, &mut body).await {
        Ok(imported) => Ok(Json(imported)),
        Err(refusal) => {
            discard(body, asks_first).await;
            Err(refusal)
        }
    }
}

async fn fed(mut import: Import, body: &mut Body) -> Result<Imported, Refusal> {
    let mut arrived = 0;
    while !body.is_end_stream() {
        let frame = match tokio::time::timeout(BODY_WAIT_MAX, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(incomplete("the archive broke off: send it again").into());
            }
            Err(_) => {
                return Err(incomplete("nothing arrived for 30 s: send the archive again").into());
            }
        };
        if let Ok(bytes) = frame.into_data() {
            arrived += bytes.len() as u64;
            if arrived > IMPORT_BYTES_MAX {
                return Err(too_large());
            }
            import.feed(&bytes).await?;
        }
    }
    let imported = import.finish().await?;
    Ok(Imported {
        restored: imported.restored,
        existed: imported.existed,
        queues: imported.queues,
        schedules: imported.schedules,
    })
}

fn too_large() -> Refusal {
    let detail = format!(
        "the archive is larger than {IMPORT_BYTES_MAX} bytes: import it by `duly import --store`"
    );
    Problem::new(Code::BodyTooLarge, detail).into()
}

/// Archives hold pages of the store in memory: there are few at once.
fn place(app: &App) -> Result<OwnedSemaphorePermit, Refusal> {
    let place = Arc::clone(app.archives()).try_acquire_owned();
    place.map_err(|_| {
        let detail = format!(
            "{ARCHIVES_MAX} archives are exported or imported now, and no more at once: try again \
             when one is done"
        );
        Problem::new(Code::Unavailable, detail).into()
    })
}

/// A piece, and what has the next.
type Piece = (Result<Option<Vec<u8>>, StoreError>, Export);

fn next(mut export: Export) -> BoxFuture<'static, Piece> {
    Box::pin(async move { (export.piece().await, export) })
}

/// An archive as a body: the next piece is read when there is room for it.
struct Pieces {
    first: Option<Vec<u8>>,
    next: Option<BoxFuture<'static, Piece>>,
    _place: OwnedSemaphorePermit,
}

impl Stream for Pieces {
    type Item = Result<Vec<u8>, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(reading) = &mut self.next else {
            return Poll::Ready(None);
        };
        let (piece, export) = ready!(reading.as_mut().poll(context));
        self.next = matches!(piece, Ok(Some(_))).then(|| next(export));
        Poll::Ready(match piece {
            Ok(piece) => piece.map(Ok),
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                Some(Err(error.into()))
            }
        })
    }
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Archive(error) => archive(&error).into(),
            ImportError::Refused { line, source } => Self::from(source).at_line(line),
            ImportError::Settings { source, .. } => source.into(),
            ImportError::Setting { line, source } => Self::from(source).at_line(line),
            ImportError::Schedule { line, source } => Self::from(source).at_line(line),
            ImportError::Store(error) => error.into(),
            other => Problem::new(Code::Internal, other.to_string()).into(),
        }
    }
}

fn archive(error: &ArchiveError) -> Problem {
    let mut problem = Problem::new(Code::InvalidInput, error.to_string());
    let line = match error {
        ArchiveError::Line {
            line,
            column,
            field,
            ..
        } => {
            problem.column = Some(*column);
            problem.field = Some(field.clone()).filter(|field| !field.is_empty());
            *line
        }
        ArchiveError::Order { line, .. }
        | ArchiveError::Truncated { line, .. }
        | ArchiveError::Counts { line, .. } => *line,
        _ => return problem,
    };
    problem.line = usize::try_from(line).ok();
    problem
}
