//! What is known of a task when it is submitted.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::cell::OnceCell;

use super::arguments;

/// Labels that begin so are the layers' own: no rule sees them.
pub(super) const RESERVED: &str = "duly.";

/// What is known of the arguments of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arguments<'a> {
    /// Nothing: the payload is no JSON.
    #[default]
    Unknown,
    /// There are so many.
    Count(u64),
    /// They are the elements of this JSON array, or the members of this object. Counted when a rule asks.
    Json(&'a [u8]),
}

/// What is known of a task when it is submitted: what rules are about.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub(super) kind: &'a str,
    pub(super) queue: &'a str,
    pub(super) labels: Option<&'a BTreeMap<String, String>>,
    pub(super) payload_bytes: u64,
    pub(super) is_given: bool,
    arguments: Arguments<'a>,
    counted: OnceCell<Option<u64>>,
}

impl<'a> Facts<'a> {
    /// A task of this kind in this queue, without labels and payload, whose submitter left the priority
    /// open.
    #[must_use]
    pub const fn new(kind: &'a str, queue: &'a str) -> Self {
        Self {
            kind,
            queue,
            labels: None,
            payload_bytes: 0,
            is_given: false,
            arguments: Arguments::Unknown,
            counted: OnceCell::new(),
        }
    }

    /// Its labels. Those that begin with `duly.` are not seen.
    #[must_use]
    pub const fn labels(mut self, labels: &'a BTreeMap<String, String>) -> Self {
        self.labels = Some(labels);
        self
    }

    /// How large its payload is.
    #[must_use]
    pub const fn payload_bytes(mut self, bytes: u64) -> Self {
        self.payload_bytes = bytes;
        self
    }

    /// What its arguments are.
    #[must_use]
    pub const fn arguments(mut self, arguments: Arguments<'a>) -> Self {
        self.arguments = arguments;
        self.counted = OnceCell::new();
        self
    }

    /// Its submitter has said how urgent it is: only rules that override that can match.
    #[must_use]
    pub const fn priority_given(mut self, is_given: bool) -> Self {
        self.is_given = is_given;
        self
    }

    /// The number of its arguments, counted at most once.
    pub(super) fn count(&self) -> Option<u64> {
        match self.arguments {
            Arguments::Unknown => None,
            Arguments::Count(count) => Some(count),
            Arguments::Json(text) => *self.counted.get_or_init(|| arguments::count(text)),
        }
    }

    /// The value of a label that rules may see.
    pub(super) fn label(&self, name: &str) -> Option<&'a str> {
        if name.starts_with(RESERVED) {
            return None;
        }
        self.labels?.get(name).map(String::as_str)
    }
}
