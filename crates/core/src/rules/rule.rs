//! One rule: its conditions, and what it decides.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::range::Range;
use super::{Facts, Mismatch, Pattern};
use crate::Priority;

/// A rule: tasks for which all its conditions hold are this urgent. Without any condition it holds for
/// every task, which makes sense of the last rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a rule does nothing until it is among the rules"]
pub struct PriorityRule {
    pub(super) name: String,
    pub(super) priority: Priority,
    pub(super) overrides_given: bool,
    pub(super) kinds: Vec<Pattern>,
    pub(super) queues: Vec<Pattern>,
    pub(super) labels: Vec<(Box<str>, Pattern)>,
    pub(super) payload_bytes: Range,
    pub(super) arguments: Range,
}

impl PriorityRule {
    /// A rule without conditions. The name is kept with each task that it decides: 1 to 128 bytes
    /// without control characters.
    pub fn new(name: impl Into<String>, priority: Priority) -> Self {
        Self {
            name: name.into(),
            priority,
            overrides_given: false,
            kinds: Vec::new(),
            queues: Vec::new(),
            labels: Vec::new(),
            payload_bytes: Range::default(),
            arguments: Range::default(),
        }
    }

    /// The kind is like this [`Pattern`], or like another that is given so.
    pub fn kind(mut self, pattern: impl Into<Box<str>>) -> Self {
        self.kinds.push(Pattern::new(pattern));
        self
    }

    /// The queue is like this [`Pattern`], or like another that is given so.
    pub fn queue(mut self, pattern: impl Into<Box<str>>) -> Self {
        self.queues.push(Pattern::new(pattern));
        self
    }

    /// There is a label of this name, and its value is like this [`Pattern`]; `*` is any value. Of
    /// several labels that are given so, all.
    pub fn label(mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.labels.push((name.into(), Pattern::new(value)));
        self
    }

    /// The payload has at least so many bytes.
    pub const fn payload_bytes_at_least(mut self, bytes: u64) -> Self {
        self.payload_bytes.least = Some(bytes);
        self
    }

    /// The payload has at most so many bytes.
    pub const fn payload_bytes_at_most(mut self, bytes: u64) -> Self {
        self.payload_bytes.most = Some(bytes);
        self
    }

    /// The payload is a JSON array of at least so many elements, or a JSON object of at least so many
    /// members.
    pub const fn arguments_at_least(mut self, count: u64) -> Self {
        self.arguments.least = Some(count);
        self
    }

    /// The same with at most so many.
    pub const fn arguments_at_most(mut self, count: u64) -> Self {
        self.arguments.most = Some(count);
        self
    }

    /// It also holds for tasks whose submitter says how urgent they are. Default: only for those whose
    /// submitter leaves it open.
    pub const fn overrides_given(mut self) -> Self {
        self.overrides_given = true;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How urgent tasks are that it decides.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// All its conditions hold.
    pub(super) fn matches(&self, facts: &Facts<'_>) -> bool {
        self.mismatches(facts).next().is_none()
    }

    /// Every condition that does not hold; what costs most is looked at last.
    pub fn mismatches<'a>(&'a self, facts: &'a Facts<'a>) -> impl Iterator<Item = Mismatch<'a>> {
        let given = (facts.is_given && !self.overrides_given).then_some(Mismatch::Given);
        let kind = (!one_of(&self.kinds, facts.kind)).then_some(Mismatch::Kind {
            kind: facts.kind,
            expected: &self.kinds,
        });
        let queue = (!one_of(&self.queues, facts.queue)).then_some(Mismatch::Queue {
            queue: facts.queue,
            expected: &self.queues,
        });
        let labels = self.labels.iter().filter_map(|(name, expected)| {
            let value = facts.label(name);
            let is_like = value.is_some_and(|value| expected.matches(value));
            (!is_like).then_some(Mismatch::Label {
                name,
                value,
                expected,
            })
        });
        let arguments = core::iter::once_with(|| self.arguments_mismatch(facts)).flatten();
        let small = [
            given,
            kind,
            queue,
            self.payload_mismatch(facts.payload_bytes),
        ];
        small.into_iter().flatten().chain(labels).chain(arguments)
    }

    fn payload_mismatch(&self, bytes: u64) -> Option<Mismatch<'static>> {
        match self.payload_bytes {
            Range {
                least: Some(least), ..
            } if bytes < least => Some(Mismatch::PayloadBelow { bytes, least }),
            Range {
                most: Some(most), ..
            } if bytes > most => Some(Mismatch::PayloadAbove { bytes, most }),
            _ => None,
        }
    }

    fn arguments_mismatch(&self, facts: &Facts<'_>) -> Option<Mismatch<'static>> {
        if self.arguments == Range::default() {
            return None;
        }
        match (facts.count(), self.arguments) {
            (None, _) => Some(Mismatch::ArgumentsUnknown),
            (
                Some(count),
                Range {
                    least: Some(least), ..
                },
            ) if count < least => Some(Mismatch::ArgumentsBelow { count, least }),
            (
                Some(count),
                Range {
                    most: Some(most), ..
                },
            ) if count > most => Some(Mismatch::ArgumentsAbove { count, most }),
            _ => None,
        }
    }

    /// Whenever the other one's conditions hold, so do these. `false` does not mean that they may not.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let labels = |(name, pattern): &(Box<str>, Pattern)| {
            let mut asked = other.labels.iter();
            asked.any(|(known, narrower)| known == name && pattern.covers(narrower))
        };
        (self.overrides_given || !other.overrides_given)
            && cover(&self.kinds, &other.kinds)
            && cover(&self.queues, &other.queues)
            && self.labels.iter().all(labels)
            && self.payload_bytes.covers(other.payload_bytes)
            && self.arguments.covers(other.arguments)
    }
}

/// No pattern asks for nothing.
fn one_of(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(text))
}

/// Whatever is like one of the narrower is like one of the wider.
fn cover(wider: &[Pattern], narrower: &[Pattern]) -> bool {
    let is_covered = |pattern: &Pattern| wider.iter().any(|one| one.covers(pattern));
    wider.is_empty() || (!narrower.is_empty() && narrower.iter().all(is_covered))
}
