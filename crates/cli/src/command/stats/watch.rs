//! `duly stats --watch`.

use std::time::Duration;

use console::{Term, truncate_str};

use crate::client::Client;
use crate::failure::Failure;
use crate::output;

/// How long between two looks.
const TICK: Duration = Duration::from_secs(1);

/// Looks every second. Once there was an answer, a server that is away is waited for.
pub(super) async fn run(client: &Client, json: bool) -> Result<(), Failure> {
    let mut screen = Screen::default();
    let mut had_answer = false;
    loop {
        match client.stats().await {
            Ok(stats) => {
                had_answer = true;
                if json {
                    output::stream_json(&stats)?;
                } else {
                    screen.show(&super::text(&stats))?;
                }
            }
            Err(failure) if had_answer && failure.is_passing() => {
                tracing::debug!(%failure, "no figures now");
                screen.note("no answer now; trying again")?;
            }
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(TICK).await;
    }
}

/// What was drawn last, so that the next takes its place; in a pipe one follows the other.
#[derive(Default)]
struct Screen {
    lines: usize,
}

impl Screen {
    fn show(&mut self, text: &str) -> Result<(), Failure> {
        if !output::is_terminal() {
            return output::stream(text);
        }
        self.clear()?;
        let room = Term::stdout().size_checked();
        let room = room.map(|(rows, columns)| (usize::from(rows), usize::from(columns)));
        let text = fitting(text, room);
        self.lines = text.lines().count();
        output::stream(&text)
    }

    /// Beside what was drawn last.
    fn note(&mut self, text: &str) -> Result<(), Failure> {
        if output::is_terminal() {
            return self.show(text);
        }
        Ok(())
    }

    fn clear(&self) -> Result<(), Failure> {
        let cleared = Term::stdout().clear_last_lines(self.lines);
        cleared.map_err(|error| anyhow::Error::new(error).into())
    }
}

/// As many lines as there is room for, each as long as there is: others could not be drawn over.
fn fitting(text: &str, room: Option<(usize, usize)>) -> String {
    let Some((rows, columns)) = room else {
        return text.to_owned();
    };
    let room = rows.saturating_sub(2);
    let lines = text.lines().map(|line| truncate_str(line, columns, "…"));
    let lines: Vec<_> = lines.collect();
    let left = lines.len().saturating_sub(room);
    let kept = lines[..lines.len() - left].join("\n");
    if left == 0 {
        return kept;
    }
    format!("{kept}\n… {}", output::many(left as u64, "more line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted() {
        assert_eq!(fitting("a\nb\nc", Some((5, 80))), "a\nb\nc");
        assert_eq!(fitting("a\nb\nc", Some((4, 80))), "a\nb\n… 1 more line");
        assert_eq!(fitting("a\nb\nc", Some((3, 80))), "a\n… 2 more lines");
        assert_eq!(fitting("a\nb\nc", Some((1, 80))), "\n… 3 more lines");
        assert_eq!(fitting("a\nb\nc", None), "a\nb\nc");
    }

    /// A line that goes on in the next row of the terminal would not be drawn over.
    #[test]
    fn a_line_takes_one_row() {
        assert_eq!(fitting("abcdef\nab", Some((9, 4))), "abc…\nab");
    }
}
