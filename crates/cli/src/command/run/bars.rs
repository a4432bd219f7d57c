//! Progress as bars: one per group, with what runs.

use duly_run::{Board, Notice, Standing, Track};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::lines;
use crate::output;

/// Groups that have a bar of their own; of more, all share one.
const BARS_MAX: usize = 20;
/// Tasks that a bar names.
const NAMES_MAX: usize = 3;
/// Characters of a name that a bar shows.
const NAME_CHARS_MAX: usize = 24;

/// A bar per group, or one for all.
pub(super) struct Bars {
    all: MultiProgress,
    bars: Vec<ProgressBar>,
}

impl Bars {
    pub(super) fn new(board: &Board) -> Self {
        let all = MultiProgress::new();
        let groups = board.groups();
        let longest = groups.iter().map(|group| group.name.chars().count()).max();
        let width = longest.unwrap_or_default().min(NAME_CHARS_MAX);
        let one = |name: &str, total: usize| {
            let bar = all.add(ProgressBar::new(total as u64));
            bar.set_style(style(width));
            bar.set_prefix(cut(name));
            bar
        };
        let bars: Vec<_> = match groups.len() {
            0..=BARS_MAX => groups
                .iter()
                .map(|group| one(&group.name, group.total))
                .collect(),
            _ => vec![one("all", board.counts().0)],
        };
        let this = Self { all, bars };
        for group in 0..this.bars.len() {
            this.show(board, group);
        }
        this
    }

    pub(super) fn all(&self) -> MultiProgress {
        self.all.clone()
    }

    pub(super) fn tell(&self, board: &Board, notice: Notice<'_>) {
        if let Some(line) = lines::line(board, notice) {
            // It fails only if stderr is closed: then nobody looks.
            let _ = self.all.println(output::printable(&line));
        }
        if let Notice::Task { task, .. } = notice {
            self.show(board, task.group);
        }
    }

    fn show(&self, board: &Board, group: usize) {
        if self.bars.len() < board.groups().len() {
            let (_, over) = board.counts();
            self.bars[0].set_position(over as u64);
            return;
        }
        let standing = &board.groups()[group];
        let bar = &self.bars[group];
        bar.set_position(standing.ended() as u64);
        bar.set_message(message(board, standing));
    }

    /// Leaves the bars as they stand.
    pub(super) fn close(&self) {
        for bar in &self.bars {
            bar.abandon();
        }
    }
}

fn style(width: usize) -> ProgressStyle {
    let template = format!("{{prefix:{width}}} [{{bar:24}}] {{pos}}/{{len}} {{msg}}");
    let style = ProgressStyle::with_template(&template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

fn message(board: &Board, group: &Standing) -> String {
    let running: Vec<_> = board.running(group).collect();
    let mut parts: Vec<_> = running
        .iter()
        .take(NAMES_MAX)
        .map(|task| name(task))
        .collect();
    if running.len() > NAMES_MAX {
        parts.push(format!("{} more", running.len() - NAMES_MAX));
    }
    let mut message = parts.join(", ");
    if group.failed > 0 {
        let comma = if message.is_empty() { "" } else { "; " };
        message = format!("{message}{comma}{} failed", group.failed);
    }
    message
}

fn name(task: &Track) -> String {
    task.item
        .as_deref()
        .map_or_else(|| "running".to_owned(), cut)
}

fn cut(name: &str) -> String {
    let name = output::printable(name);
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.into_owned();
    }
    let start: String = name.chars().take(NAME_CHARS_MAX - 1).collect();
    format!("{start}…")
}
