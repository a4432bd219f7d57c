//! What happened, for people to read.

use std::fmt::Write;

use duly_core::Timestamp;

use crate::name::Who;

/// How much of a history is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Nothing: only how it ends.
    #[default]
    None,
    /// What people do, what goes wrong, and what changes.
    Changes,
    /// Every call.
    All,
}

#[derive(Debug)]
pub(crate) struct History {
    detail: Detail,
    start: Timestamp,
    text: String,
}

impl History {
    pub(crate) const fn new(detail: Detail, start: Timestamp) -> Self {
        Self {
            detail,
            start,
            text: String::new(),
        }
    }

    /// Something happens that matters.
    pub(crate) fn say(&mut self, now: Timestamp, who: Option<Who>, what: impl FnOnce() -> String) {
        if self.detail != Detail::None {
            self.write(now, who, &what());
        }
    }

    /// A call takes effect; what it says of itself if it changes something.
    pub(crate) fn call(
        &mut self,
        now: Timestamp,
        who: Who,
        changes: impl FnOnce() -> Option<String>,
        whole: impl FnOnce() -> String,
    ) {
        match self.detail {
            Detail::None => {}
            Detail::Changes => {
                if let Some(what) = changes() {
                    self.write(now, Some(who), &what);
                }
            }
            Detail::All => {
                let what = changes().unwrap_or_else(whole);
                self.write(now, Some(who), &what);
            }
        }
    }

    fn write(&mut self, now: Timestamp, who: Option<Who>, what: &str) {
        let seconds = now.since(self.start).as_secs_f64();
        let who = who.map_or_else(String::new, |who| who.to_string());
        let _ = writeln!(self.text, "{seconds:>11.6}  {who:<9}  {what}");
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}
