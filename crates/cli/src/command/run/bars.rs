//! Progress as bars: one per group, with what runs.

use console::{Term, truncate_str};
use duly_run::{Board, Notice, Track};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::lines;
use crate::output;

/// Groups that have a bar of their own; of more, all share one.
const BARS_MAX: usize = 20;
/// Rows of the terminal that bars leave to what is said above them.
const ROWS_LEFT: usize = 4;
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
        let (rows, columns) = size();
        let is_one_each = groups.len() <= BARS_MAX.min(rows.saturating_sub(ROWS_LEFT));
        let named: Vec<_> = match is_one_each {
            true => groups
                .iter()
                .map(|one| (cut(&one.name), one.total))
                .collect(),
            false => vec![("all".to_owned(), board.counts().0)],
        };
        let longest = named.iter().map(|(name, _)| name.chars().count()).max();
        let style = style(longest.unwrap_or_default(), columns);
        let bar = |(name, total): (String, usize)| {
            let bar = all.add(ProgressBar::new(total as u64));
            bar.set_style(style.clone());
            bar.set_prefix(name);
            bar
        };
        let bars = named.into_iter().map(bar).collect();
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
            say(&self.all, &line);
        }
        if let Notice::Task { task, .. } = notice {
            self.show(board, task.group);
        }
    }

    fn show(&self, board: &Board, group: usize) {
        if let [bar] = &self.bars[..] {
            let groups = board.groups();
            bar.set_position(board.counts().1 as u64);
            let running = groups.iter().flat_map(|one| board.running(one)).collect();
            bar.set_message(message(running, groups.iter().map(|one| one.failed).sum()));
            return;
        }
        let (bar, standing) = (&self.bars[group], &board.groups()[group]);
        bar.set_position(standing.ended() as u64);
        let running = board.running(standing).collect();
        bar.set_message(message(running, standing.failed));
    }

    /// Takes the bars away: the summary says it all.
    pub(super) fn close(&self) {
        for bar in &self.bars {
            bar.finish_and_clear();
        }
    }
}

/// Says a line above the bars, cut to one row.
pub(super) fn say(bars: &MultiProgress, line: &str) {
    let (_, columns) = size();
    // It fails only if stderr is closed: then nobody looks.
    let _ = bars.println(truncate_str(&output::printable(line), columns, "…"));
}

/// Rows and columns of the terminal that stderr is.
fn size() -> (usize, usize) {
    let (rows, columns) = Term::stderr().size();
    (usize::from(rows), usize::from(columns))
}

/// In a narrow terminal the bar gives way to names and numbers.
fn style(name: usize, columns: usize) -> ProgressStyle {
    let bar = match columns {
        0..50 => String::new(),
        50..70 => "[{bar:10}] ".to_owned(),
        _ => "[{bar:24}] ".to_owned(),
    };
    let template = format!("{{prefix:{name}}} {bar}{{pos}}/{{len}} {{wide_msg}}");
    let style = ProgressStyle::with_template(&template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

fn message(running: Vec<&Track>, failed: usize) -> String {
    let mut parts: Vec<_> = running
        .iter()
        .take(NAMES_MAX)
        .map(|task| name(task))
        .collect();
    if running.len() > NAMES_MAX {
        parts.push(format!("{} more", running.len() - NAMES_MAX));
    }
    let running = parts.join(", ");
    match (failed, running.is_empty()) {
        (0, _) => running,
        (failed, true) => format!("{failed} failed"),
        (failed, false) => format!("{failed} failed; {running}"),
    }
}

fn name(task: &Track) -> String {
    task.item
        .as_deref()
        .map_or_else(|| "running".to_owned(), cut)
}

fn cut(name: &str) -> String {
    truncate_str(&output::printable(name), NAME_CHARS_MAX, "…").into_owned()
}
