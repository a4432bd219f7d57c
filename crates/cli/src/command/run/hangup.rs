//! A terminal that goes away stops a run as Ctrl-C does, unless its user asked for the opposite.

use std::io;

/// Hears that the terminal has gone.
#[cfg(target_os = "linux")]
pub(super) struct Hangup(Option<tokio::signal::unix::Signal>);

#[cfg(target_os = "linux")]
impl Hangup {
    /// Listens from now on. Who had it ignored (`nohup`) wants the run to go on.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        if is_ignored(&std::fs::read_to_string("/proc/self/status").unwrap_or_default()) {
            return Ok(Self(None));
        }
        signal(SignalKind::hangup()).map(|signal| Self(Some(signal)))
    }

    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Whether a process with this status ignores SIGHUP: the lowest bit of its mask.
#[cfg(target_os = "linux")]
fn is_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Elsewhere it cannot be told whether somebody had it ignored: it is left to the system.
#[cfg(not(target_os = "linux"))]
pub(super) struct Hangup;

#[cfg(not(target_os = "linux"))]
impl Hangup {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn who_ignores_hang_ups_is_known() {
        assert!(is_ignored("Name:\tduly\nSigIgn:\t0000000000001001\n"));
        assert!(!is_ignored("SigBlk:\t01\nSigIgn:\t0000000000001000\n"));
        assert!(!is_ignored(""));
    }
}
