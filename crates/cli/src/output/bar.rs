//! How far something long is: a line on a terminal's stderr, and nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{is_plain, many};

/// A line that is overwritten until it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Of tasks, out of so many if that is known.
    pub(crate) fn tasks(expected: Option<u64>) -> Self {
        let style = match expected {
            Some(_) => "{bar:24} {msg} {percent} %, {eta} left",
            None => "{spinner} {msg}",
        };
        Self::with(expected, style)
    }

    /// Of bytes, out of so many if that is known.
    pub(crate) fn bytes(expected: Option<u64>) -> Self {
        let style = match expected {
            Some(_) => "{bar:24} {bytes} of {total_bytes}, {msg}, {eta} left",
            None => "{spinner} {bytes}, {msg}",
        };
        Self::with(expected, style)
    }

    fn with(expected: Option<u64>, style: &str) -> Self {
        let target = if is_plain() {
            ProgressDrawTarget::hidden()
        } else {
            // Hidden by itself where stderr is no terminal.
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(expected, target);
        let style = ProgressStyle::with_template(style).expect("the templates are right");
        bar.set_style(style);
        bar.set_message(many(0, "task"));
        Self(bar)
    }

    /// So many tasks are done.
    pub(crate) fn at(&self, tasks: u64) {
        self.0.set_position(tasks);
        self.0.set_message(many(tasks, "task"));
    }

    /// So many bytes have gone through, with so many tasks in them.
    pub(crate) fn at_bytes(&self, bytes: u64, tasks: u64) {
        self.0.set_position(bytes);
        self.0.set_message(many(tasks, "task"));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_understood() {
        for expected in [None, Some(7)] {
            Bar::tasks(expected).at(3);
            Bar::bytes(expected).at_bytes(3, 1);
        }
    }
}
