//! `duly stats --watch`.

use std::time::Duration;

use console::Term;

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
        let room = Term::stdout()
            .size_checked()
            .map(|(rows, _)| usize::from(rows));
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

/// As many lines as there is room for: others could not be drawn over.
fn fitting(text: &str, rows: Option<usize>) -> String {
    let room = rows.map_or(usize::MAX, |rows| rows.saturating_sub(2));
    let count = text.lines().count();
    if count <= room {
        return text.to_owned();
    }
    let kept: Vec<_> = text.lines().take(room).collect();
    format!("{}\n… {} more lines", kept.join("\n"), count - kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted() {
        assert_eq!(fitting("a\nb\nc", Some(5)), "a\nb\nc");
        assert_eq!(fitting("a\nb\nc", Some(4)), "a\nb\n… 1 more lines");
        assert_eq!(fitting("a\nb\nc", None), "a\nb\nc");
    }
}
