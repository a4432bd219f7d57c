//! Serving a listener until told to stop.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::bounds::{
    CONNECTIONS_MAX, FIRST_BYTE_WAIT_MAX, HEAD_BYTES_MAX, HEAD_WAIT_MAX, HEADERS_MAX,
};
use crate::patience::Patient;

/// How long to wait after the system refused to accept, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` ends; then accepts nothing more, and gives what is being answered `patience`
/// to end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send,
    patience: Duration,
) {
    let open = Open {
        router,
        watched: GracefulShutdown::new(),
        stop: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    // However this ends, no connection outlives it.
    let _cut = open.cut.clone().drop_guard();
    tokio::select! {
        () = open.accept(&listener) => {}
        () = stop => {}
    }
    drop(listener);
    open.stop.cancel();
    if tokio::time::timeout(patience, open.watched.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still being answered; their connections are closed");
    }
}

/// The connections that are open.
struct Open {
    router: Router,
    watched: GracefulShutdown,
    /// Tripped when the server stops.
    stop: CancellationToken,
    /// Tripped when it waits no longer.
    cut: CancellationToken,
}

impl Open {
    async fn accept(&self, listener: &TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, _)) => self.spawn(stream, place),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections now");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn spawn(&self, stream: TcpStream, place: OwnedSemaphorePermit) {
        // Answers are small and whole: waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended early");
        }
        let (router, watcher) = (self.router.clone(), self.watched.watcher());
        let (stop, cut) = (self.stop.clone(), self.cut.clone());
        tokio::spawn(async move {
            let answered = async {
                if speaks(&stream, &stop).await {
                    answer(Patient::new(stream, stop), router, watcher).await;
                }
            };
            tokio::select! {
                () = answered => {}
                () = cut.cancelled() => {}
            }
            drop(place);
        });
    }
}

/// Whether the other end begins to say something in time. Who connects and is silent takes a place
/// from others for this long only.
async fn speaks(stream: &TcpStream, stop: &CancellationToken) -> bool {
    let mut byte = [0];
    // That a socket is readable may be a false alarm; a byte is none.
    let first = tokio::time::timeout(FIRST_BYTE_WAIT_MAX, stream.peek(&mut byte));
    tokio::select! {
        first = first => matches!(first, Ok(Ok(1..))),
        () = stop.cancelled() => false,
    }
}

async fn answer(stream: Patient<TcpStream>, router: Router, watcher: Watcher) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
