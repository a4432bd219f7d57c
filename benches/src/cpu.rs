//! Processor time, as the kernel accounts it: on a busy machine a better figure than time itself.

use std::fs::{read_dir, read_to_string};
use std::path::Path;
use std::time::Duration;

/// That of this process so far. Threads that have ended do not count.
pub(crate) fn of_process() -> anyhow::Result<Duration> {
    let mut all = Duration::ZERO;
    for task in read_dir("/proc/self/task")? {
        all += of(&task?.path())?;
    }
    Ok(all)
}

/// That of this thread so far.
pub(crate) fn of_thread() -> anyhow::Result<Duration> {
    of(Path::new("/proc/thread-self"))
}

/// Nanoseconds on a processor: the first field.
fn of(task: &Path) -> anyhow::Result<Duration> {
    let stat = read_to_string(task.join("schedstat"))?;
    let nanos = stat.split_whitespace().next().unwrap_or("0").parse()?;
    Ok(Duration::from_nanos(nanos))
}
