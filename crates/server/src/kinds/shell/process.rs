//! A process with its group, from start to end.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::signal::unix::{self, SignalKind};
use tokio::task::JoinSet;

use super::launch::Launch;
use super::output::{Output, Written};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// A process that leads a group of its own. Dropped before it was reaped, it is killed with its group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Pid,
    deaths: unix::Signal,
    ended: bool,
    pipes: JoinSet<()>,
    stdout: Arc<Mutex<Output>>,
    stderr: Arc<Mutex<Output>>,
    /// Until then the process keeps its id, if only as a zombie, so that no other group can have it.
    reaped: bool,
}

impl Process {
    /// Starts it.
    pub(super) fn start(launch: &mut Launch) -> io::Result<Self> {
        // Listened for first, so that no death is missed.
        let deaths = unix::signal(SignalKind::child())?;
        let stdin = launch.stdin.take();
        let mut child = command(launch, stdin.is_some()).spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let group = group.ok_or_else(|| io::Error::other("the process has no id"))?;
        let output = || Arc::new(Mutex::new(Output::new(launch.output_bytes_max)));
        let (stdout, stderr) = (output(), output());
        let mut pipes = JoinSet::new();
        if let (Some(pipe), Some(text)) = (child.stdin.take(), stdin) {
            pipes.spawn(feed(pipe, text));
        }
        if let Some(pipe) = child.stdout.take() {
            pipes.spawn(drain(pipe, Arc::clone(&stdout)));
        }
        if let Some(pipe) = child.stderr.take() {
            pipes.spawn(drain(pipe, Arc::clone(&stderr)));
        }
        Ok(Self {
            child,
            group,
            deaths,
            ended: false,
            pipes,
            stdout,
            stderr,
            reaped: false,
        })
    }

    /// Ends when the process itself has, which is not reaped yet.
    pub(super) async fn ended(&mut self) {
        while !self.ended {
            self.ended = self.has_ended();
            if !self.ended && self.deaths.recv().await.is_none() {
                return;
            }
        }
    }

    /// Ends when the process has, and nobody holds its output open any more.
    pub(super) async fn over(&mut self) {
        self.ended().await;
        while self.pipes.join_next().await.is_some() {}
    }

    fn has_ended(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // An error: somebody else has reaped it.
        !matches!(waitid(WaitId::Pid(self.group), look), Ok(None))
    }

    /// Asks the whole group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the whole group, and the process even if it has left the group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
        if !self.reaped {
            let _ = kill_process(self.group, Signal::KILL);
        }
    }

    fn signal(&self, signal: Signal) {
        if !self.reaped {
            // Refused only if there is nobody left.
            let _ = kill_process_group(self.group, signal);
        }
    }

    /// Ends when the process has been reaped.
    pub(super) async fn reap(&mut self) -> io::Result<ExitStatus> {
        self.ended().await;
        self.reaped = true;
        self.child.wait().await
    }

    /// What it wrote to its standard output.
    pub(super) fn stdout(&self) -> Written {
        locked(&self.stdout).written()
    }

    /// What it wrote to its standard error.
    pub(super) fn stderr(&self) -> Written {
        locked(&self.stderr).written()
    }
}

/// Whoever gives up the process leaves nothing of it running. Tokio reaps it.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn command(launch: &Launch, has_input: bool) -> Command {
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.args)
        .env_clear()
        .envs(&launch.env)
        .process_group(0)
        .stdin(if has_input {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(dir) = &launch.dir {
        command.current_dir(dir);
    }
    command
}

/// Writes all of its input. A program that does not want to read it need not.
async fn feed(mut pipe: ChildStdin, text: String) {
    let _ = pipe.write_all(text.as_bytes()).await;
}

/// Reads until the end, so that nobody who writes is ever held up.
async fn drain(mut pipe: impl AsyncRead + Unpin, output: Arc<Mutex<Output>>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(count @ 1..) = pipe.read(&mut chunk).await {
        locked(&output).push(&chunk[..count]);
    }
}

fn locked(output: &Mutex<Output>) -> MutexGuard<'_, Output> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}
