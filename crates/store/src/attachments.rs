//! What is attached to what, as a store knows it by heart.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use duly_core::Name;

use crate::bounds::ATTACHED_SHOWN_MAX;
use crate::{AttachmentPage, LimitUse, ListAttachments, Subject};

/// Which limits are attached to which queues, kinds and tenants: found by subject, and by limit.
///
/// ```
/// use duly_store::{Attachments, LimitUse, Subject};
///
/// let mut attached = Attachments::default();
/// let acme = Subject::Tenant("acme".into());
/// attached.set(acme.clone(), vec![LimitUse::heavy("mailer", 2)]);
/// assert_eq!(attached.of(&acme), [LimitUse::heavy("mailer", 2)]);
/// assert_eq!(attached.shown(&"mailer".into()), (vec![(acme, 2)], 1));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// Those to which something is attached.
    subjects: BTreeMap<Subject, Vec<LimitUse>>,
    /// What each limit is attached to, with the weight of each task there.
    limits: HashMap<Name, BTreeMap<Subject, u32>>,
}

impl Attachments {
    /// Nothing is attached to anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// What is attached to a subject.
    #[must_use]
    pub fn of(&self, subject: &Subject) -> &[LimitUse] {
        self.subjects.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Exactly these limits are attached to a subject, and no others.
    pub fn set(&mut self, subject: Subject, uses: Vec<LimitUse>) {
        for gone in self.subjects.remove(&subject).into_iter().flatten() {
            if let Some(subjects) = self.limits.get_mut(&gone.name) {
                subjects.remove(&subject);
                if subjects.is_empty() {
                    self.limits.remove(&gone.name);
                }
            }
        }
        for one in &uses {
            let subjects = self.limits.entry(one.name.clone()).or_default();
            subjects.insert(subject.clone(), one.weight);
        }
        if !uses.is_empty() {
            self.subjects.insert(subject, uses);
        }
    }

    /// All of it, by subject.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &[LimitUse])> {
        let all = self.subjects.iter();
        all.map(|(subject, uses)| (subject, uses.as_slice()))
    }

    /// What a record of a limit shows: the first [`ATTACHED_SHOWN_MAX`] that it is attached to, and how many
    /// there are.
    #[must_use]
    pub fn shown(&self, limit: &Name) -> (Vec<(Subject, u32)>, u64) {
        let Some(subjects) = self.limits.get(limit) else {
            return (Vec::new(), 0);
        };
        let first = subjects.iter().take(ATTACHED_SHOWN_MAX);
        let first = first.map(|(subject, weight)| (subject.clone(), *weight));
        (first.collect(), subjects.len() as u64)
    }

    /// A page of it, by subject.
    #[must_use]
    pub fn page(&self, request: &ListAttachments) -> AttachmentPage {
        let after = request.after.as_ref();
        let from = match (&request.only, after) {
            (Some(only), _) => Bound::Included(only),
            (None, Some(after)) => Bound::Excluded(after),
            (None, None) => Bound::Unbounded,
        };
        let range = (from, Bound::Unbounded);
        let limit = request.limit as usize;
        let mut attachments: Vec<_> = match &request.of {
            None => first(self.subjects.range(range), request)
                .map(|(subject, uses)| (subject.clone(), uses.clone()))
                .collect(),
            Some(name) => {
                let subjects = self.limits.get(name).into_iter();
                first(subjects.flat_map(|subjects| subjects.range(range)), request)
                    .map(|(subject, weight)| {
                        (
                            subject.clone(),
                            vec![LimitUse::heavy(name.clone(), *weight)],
                        )
                    })
                    .collect()
            }
        };
        let more = attachments.len() > limit;
        attachments.truncate(limit);
        let last = attachments.last().filter(|_| more);
        let next = last.map(|(subject, _)| subject.clone());
        AttachmentPage { attachments, next }
    }
}

/// Those of a page, and one more if there are more.
fn first<'a, T>(
    from: impl Iterator<Item = (&'a Subject, T)>,
    request: &ListAttachments,
) -> impl Iterator<Item = (&'a Subject, T)> {
    let (only, after) = (request.only.as_ref(), request.after.as_ref());
    from.take_while(move |(subject, _)| only.is_none_or(|only| only == *subject))
        .filter(move |(subject, _)| after.is_none_or(|after| *subject > after))
        .take(request.limit as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_knows_what_it_is_attached_to_whatever_changes() {
        let mut attached = Attachments::default();
        let tenant = |n: u64| Subject::Tenant(format!("{n:05}").into());
        let most = ATTACHED_SHOWN_MAX as u64;
        for n in 0..3 * most {
            let both = vec![LimitUse::heavy("a", 2), LimitUse::one("b")];
            attached.set(tenant(n), both);
        }
        let (shown, count) = attached.shown(&"a".into());
        let first: Vec<_> = (0..most).map(|n| (tenant(n), 2)).collect();
        assert_eq!((shown, count), (first, 3 * most));
        for n in 0..3 * most - 1 {
            attached.set(tenant(n), vec![LimitUse::heavy("b", 3)]);
        }
        let last = tenant(3 * most - 1);
        assert_eq!(attached.shown(&"a".into()), (vec![(last.clone(), 2)], 1));
        assert_eq!(attached.shown(&"b".into()).0[0], (tenant(0), 3));
        attached.set(last, Vec::new());
        assert_eq!(attached.shown(&"a".into()), (Vec::new(), 0));
        assert_eq!(attached.shown(&"b".into()).1, 3 * most - 1);
        for n in 0..3 * most {
            attached.set(tenant(n), Vec::new());
        }
        assert!(attached.is_empty() && attached.limits.is_empty());
    }
}
