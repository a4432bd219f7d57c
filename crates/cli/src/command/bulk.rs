//! Changes to all tasks that a filter means: counted first where somebody looks, then done in steps.

use std::io::{IsTerminal, Write};

use duly_api::BulkDone;
use duly_core::TaskId;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::filter::Filter;
use crate::bounds::UNASKED_MAX;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{self, Bar};

/// Which tasks, and how.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Bulk {
    #[command(flatten)]
    pub(super) filter: Filter,
    #[command(flatten)]
    pub(super) how: How,
}

/// How a change to many is made.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Which tasks")]
pub(super) struct How {
    /// Every task: needed where no other option says which
    #[arg(long)]
    pub(super) all: bool,
    /// Only count them
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask, however many they are
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
}

/// The options that a list of tasks excludes.
pub(super) const OPTIONS: [&str; 2] = ["all", "dry_run"];

/// What is done, in words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// As in `cancel 7 tasks?`
    pub(super) what: &'static str,
    /// As in `7 tasks cancelled`.
    pub(super) done: &'static str,
}

/// One step: whether it only counts, and where it begins.
pub(super) struct Step {
    pub(super) dry_run: bool,
    pub(super) cursor: Option<String>,
}

impl Bulk {
    /// The filter. Without a condition it means everything, which must be said.
    pub(super) fn wire(&self) -> Result<duly_api::Filter, Failure> {
        let filter = self.filter.wire();
        if filter == duly_api::Filter::default() && !self.how.all {
            return Err(Failure::Usage(
                "which tasks? Expected their ids, options such as --queue or --state, or --all for \
                 every task"
                    .to_owned(),
            ));
        }
        Ok(filter)
    }

    /// The tasks by their ids, or by the filter.
    pub(super) fn which(
        &self,
        ids: &[TaskId],
    ) -> Result<(Option<Vec<TaskId>>, Option<duly_api::Filter>), Failure> {
        if ids.is_empty() {
            return Ok((None, Some(self.wire()?)));
        }
        Ok((Some(ids.to_vec()), None))
    }
}

impl How {
    /// Does all steps, or counts what they would do.
    pub(super) async fn run(
        &self,
        words: Words,
        json: bool,
        step: impl AsyncFn(Step) -> Result<BulkDone, Failure>,
    ) -> Result<(), Failure> {
        let counted = if self.dry_run || self.asks() {
            Some(steps(&step, true, None).await?)
        } else {
            None
        };
        if let (true, Some(counted)) = (self.dry_run, &counted) {
            return told(counted, words, json);
        }
        let changed = counted.as_ref().map(|counted| counted.changed);
        if let Some(changed) = changed
            && changed > UNASKED_MAX
            && !agreed(words, changed).await?
        {
            return Err(anyhow::anyhow!("nothing was changed").into());
        }
        let done = steps(&step, false, changed).await?;
        told(&done, words, json)
    }

    /// Somebody is there to be asked.
    fn asks(&self) -> bool {
        !self.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }
}

/// All steps, added up.
async fn steps(
    step: &impl AsyncFn(Step) -> Result<BulkDone, Failure>,
    dry_run: bool,
    expected: Option<u64>,
) -> Result<BulkDone, Failure> {
    let progress = Bar::tasks(expected);
    let mut sum = BulkDone {
        dry_run,
        ..BulkDone::default()
    };
    let mut cursor = None;
    loop {
        let done = step(Step { dry_run, cursor }).await;
        let done = done.map_err(|failure| halfway(failure, &sum))?;
        sum.matched += done.matched;
        sum.changed += done.changed;
        progress.at(sum.changed);
        cursor = done.next;
        if cursor.is_none() {
            return Ok(sum);
        }
    }
}

/// What is done already stays done, and is not done twice.
fn halfway(failure: Failure, sum: &BulkDone) -> Failure {
    if sum.dry_run || sum.changed == 0 {
        return failure;
    }
    let changed = output::count(sum.changed);
    failure.followed_by(format!(
        "changed so far: {changed}; to go on, run the same command again"
    ))
}

fn told(done: &BulkDone, words: Words, json: bool) -> Result<(), Failure> {
    if json {
        return output::print_json(done);
    }
    let others = done.matched.saturating_sub(done.changed);
    let others = match others {
        0 => String::new(),
        others => format!(
            "; {} more matched, but their state does not allow it",
            output::count(others)
        ),
    };
    let would = if done.dry_run { "would be " } else { "" };
    output::print(&format!(
        "{} {would}{}{others}",
        output::many(done.changed, "task"),
        words.done
    ))
}

/// Asks on the terminal; only a plain yes is one.
async fn agreed(words: Words, count: u64) -> Result<bool, Failure> {
    let question = format!("{} {}? [y/N] ", words.what, output::many(count, "task"));
    {
        let mut stderr = std::io::stderr().lock();
        // Where the question cannot be seen, the answer is hardly a yes.
        let _ = write!(stderr, "{question}");
        let _ = stderr.flush();
    }
    let mut answer = String::new();
    let mut stdin = BufReader::new(tokio::io::stdin());
    let read = stdin.read_line(&mut answer).await;
    read.map_err(anyhow::Error::new)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The steps of a request as `POST /v1/tasks/bulk` takes it.
pub(super) fn steps_of(
    client: &Client,
    bulk: &duly_api::Bulk,
) -> impl AsyncFn(Step) -> Result<BulkDone, Failure> {
    async |step: Step| {
        let bulk = duly_api::Bulk {
            dry_run: step.dry_run,
            cursor: step.cursor,
            ..bulk.clone()
        };
        client.bulk(&bulk).await
    }
}
