//! Opening a file: a thread for each connection, which says whether it could.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::connection::{self, Role};
use crate::error::OpenError;
use crate::file::{self, Kind};
use crate::home::Home;
use crate::options::Options;
use crate::pens::Pens;
use crate::writer::Writer;
use crate::{migration, reader};

/// SQLite before this version may damage a database that several connections write.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

pub(crate) type Opened<T> = oneshot::Receiver<Result<T, OpenError>>;

/// Starts a thread that says whether it could open its connection.
pub(crate) fn start<T: Send + 'static>(
    name: &str,
    path: &Path,
    body: impl FnOnce(oneshot::Sender<Result<T, OpenError>>) + Send + 'static,
) -> Result<Opened<T>, OpenError> {
    let (sender, opened) = oneshot::channel();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || body(sender))
        .map_err(|error| OpenError::Io {
            path: path.into(),
            reason: error.to_string(),
        })?;
    Ok(opened)
}

pub(crate) async fn wait<T>(path: &Path, opened: Opened<T>) -> Result<T, OpenError> {
    opened.await.unwrap_or_else(|_| {
        Err(OpenError::Io {
            path: path.into(),
            reason: "its thread ended".into(),
        })
    })
}

/// The life of the writer's thread.
pub(crate) fn write(
    path: &Path,
    options: &Options,
    writer: Writer,
    opened: oneshot::Sender<Result<Arc<Home>, OpenError>>,
) {
    let (connection, home) = match prepare(path, options) {
        Ok(prepared) => prepared,
        Err(error) => return drop(opened.send(Err(error))),
    };
    let stopped = match Pens::new(&connection) {
        Ok(_) if opened.is_closed() => return,
        Ok(pens) => {
            let ready = || drop(opened.send(Ok(Arc::clone(&home))));
            writer.run(&connection, pens, Arc::clone(&home), ready)
        }
        Err(error) => return drop(opened.send(Err(OpenError::of(path, &error)))),
    };
    drop(connection);
    drop(stopped);
}

/// Looks at the file, opens it, and brings it up to date.
fn prepare(path: &Path, options: &Options) -> Result<(Connection, Arc<Home>), OpenError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::OldSqlite {
            found: rusqlite::version(),
        });
    }
    let kind = file::inspect(path, options.share_file)?;
    let mut connection = connection::open(path, options, Role::Writer)?;
    migration::apply(
        &mut connection,
        path,
        options.clock.as_ref(),
        kind == Kind::Fresh,
    )?;
    let home = Home::of(path).map_err(|error| OpenError::Io {
        path: path.into(),
        reason: error.to_string(),
    })?;
    Ok((connection, Arc::new(home)))
}

/// The life of a reader's thread.
pub(crate) fn read(
    path: &Path,
    options: &Options,
    inbox: &reader::Inbox,
    opened: oneshot::Sender<Result<(), OpenError>>,
) {
    match connection::open(path, options, Role::Reader) {
        Ok(connection) => {
            if opened.send(Ok(())).is_ok() {
                let stopped = reader::run(&connection, inbox, options.clock.as_ref());
                drop(connection);
                drop(stopped);
            }
        }
        Err(error) => drop(opened.send(Err(error))),
    }
}
