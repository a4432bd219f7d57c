//! Labels, of which there are never many.

use std::collections::HashSet;
use std::fmt::{Error, Write};
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

use crate::bounds::METRIC_LABELS_MAX;
use crate::port::Name;

/// What names beyond the bound are counted as.
const OTHER: &str = "other";

/// The names that have labels of their own: the first that were seen, for good, so that a series
/// never changes what it counts.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashSet<Name>>);

impl Names {
    pub(super) fn label(&self, name: &Name) -> Text {
        self.look(name).0
    }

    /// The label, and whether it was seen for the first time.
    pub(super) fn look(&self, name: &Name) -> (Text, bool) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.contains(name) {
            return (Text(name.clone()), false);
        }
        let other = Name::from(OTHER);
        let label = if names.len() < METRIC_LABELS_MAX {
            name.clone()
        } else {
            other
        };
        // Once there is no room, `other` is kept beside the names that have.
        (Text(label.clone()), names.insert(label))
    }
}

/// A name as the value of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text(Name);

impl EncodeLabelValue for Text {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), Error> {
        encoder.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Kind {
    pub(super) kind: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Queue {
    pub(super) queue: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct QueueState {
    pub(super) queue: Text,
    pub(super) state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct QueueEvent {
    pub(super) queue: Text,
    pub(super) event: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Version {
    version: &'static str,
}

impl Version {
    pub(super) const fn of(version: &'static str) -> Self {
        Self { version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded_and_stay_what_they_are() {
        let names = Names::default();
        let label = |n: usize| names.label(&format!("n{n}").as_str().into());
        for n in 0..METRIC_LABELS_MAX {
            assert_eq!(label(n).0.as_str(), format!("n{n}"));
        }
        assert_eq!(label(METRIC_LABELS_MAX).0.as_str(), OTHER);
        assert_eq!(label(0).0.as_str(), "n0");
    }
}
