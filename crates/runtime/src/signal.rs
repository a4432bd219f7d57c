//! A graceful stop on SIGTERM and SIGINT (Ctrl-C): the first asks for it, the second insists.

use std::io;

/// Hears the signals that ask a process to end.
///
/// ```no_run
/// use std::time::Duration;
/// use duly_runtime::{Worker, signal::Signals};
///
/// async fn serve(worker: Worker) -> std::io::Result<()> {
///     let mut signals = Signals::listen()?;
///     signals.next().await;
///     tokio::select! {
///         _ = worker.shutdown(Duration::from_secs(30)) => {}
///         () = signals.next() => { worker.shutdown_now().await; }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; the signals do not end the process by themselves any more.
    ///
    /// # Errors
    /// If the system does not let it.
    ///
    /// # Panics
    /// Outside a Tokio runtime with its I/O on.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Ends at the next of the signals. Safe to drop and call anew.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens for Ctrl-C, the only such signal here.
    ///
    /// # Errors
    /// None on this system.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Ends at the next Ctrl-C.
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
