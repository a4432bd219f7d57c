//! The kinds, or the tenants, by name: their settings and the counts of their tasks.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use crate::{ListNames, Name};

/// All of one sort. Whoever is in it keeps the place.
#[derive(Debug)]
pub(super) struct Roll<S> {
    /// Looked up with every task, however many there are.
    places: HashMap<Name, usize>,
    /// The same, in the order of the names.
    by_name: BTreeMap<Name, usize>,
    members: Vec<Member<S>>,
    /// Places that were given since [`forget_unmade`](Self::forget_unmade).
    given: Vec<usize>,
    /// Places of which the names were forgotten: they are given to others.
    free: Vec<usize>,
}

/// A kind or a tenant.
#[derive(Debug)]
pub(super) struct Member<S> {
    pub(super) name: Name,
    pub(super) settings: S,
    pub(super) unfinished: u64,
    /// A task or a setting has made it; a submit that was refused has not.
    made: bool,
}

impl<S: Copy + Default + PartialEq> Roll<S> {
    pub(super) fn new() -> Self {
        Self {
            places: HashMap::new(),
            by_name: BTreeMap::new(),
            members: Vec::new(),
            given: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The place of a name, if it has one.
    pub(super) fn find(&self, name: &Name) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The place of a name; it gets one if it has none.
    pub(super) fn place(&mut self, name: &Name) -> usize {
        if let Some(place) = self.find(name) {
            return place;
        }
        let member = Member {
            name: name.clone(),
            settings: S::default(),
            unfinished: 0,
            made: false,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.members[place] = member;
                place
            }
            None => {
                self.members.push(member);
                self.members.len() - 1
            }
        };
        self.given.push(place);
        self.places.insert(name.clone(), place);
        self.by_name.insert(name.clone(), place);
        place
    }

    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn at(&self, place: usize) -> &Member<S> {
        &self.members[place]
    }

    /// What holds for a name: the defaults, if nobody has said anything of it.
    pub(super) fn settings(&self, name: &Name) -> S {
        self.find(name)
            .map(|place| self.members[place].settings)
            .unwrap_or_default()
    }

    /// Whether a name has no place, and there is no room for one more in `most`. Within an operation that began
    /// with [`forget_unmade`](Self::forget_unmade): then all places are of records, or of what the operation
    /// itself is about to make.
    pub(super) fn lacks_room(&self, name: &Name, most: usize) -> bool {
        self.places.len() >= most && self.find(name).is_none()
    }

    /// A task or a setting has come: from now on there is a record.
    pub(super) fn make(&mut self, place: usize) -> &mut Member<S> {
        let member = &mut self.members[place];
        member.made = true;
        member
    }

    /// Forgets the names that nothing has made: only what was refused had them. Between operations. Answers
    /// the places that they had, which are given to others.
    pub(super) fn forget_unmade(&mut self) -> Vec<usize> {
        let mut unmade = std::mem::take(&mut self.given);
        unmade.retain(|place| !self.members[*place].made);
        for place in &unmade {
            let name = &self.members[*place].name;
            self.places.remove(name);
            self.by_name.remove(name);
        }
        self.free.extend(&unmade);
        unmade
    }

    /// One of its tasks has come, or goes on after it had ended.
    pub(super) fn enters(&mut self, place: usize) {
        self.make(place).unfinished += 1;
    }

    /// One of its tasks has ended.
    pub(super) fn leaves(&mut self, place: usize) {
        self.members[place].unfinished -= 1;
    }

    /// Those whose settings are not the defaults, by name.
    #[cfg(feature = "archive")]
    pub(super) fn set(&self) -> impl Iterator<Item = (Name, S)> {
        let members = self.by_name.values().map(|place| &self.members[*place]);
        members
            .filter(|member| member.settings != S::default())
            .map(|member| (member.name.clone(), member.settings))
    }

    /// A page of those that there are records of, and what the next one comes after.
    pub(super) fn page<R>(
        &self,
        request: &ListNames,
        show: impl Fn(&Member<S>) -> R,
    ) -> (Vec<R>, Option<Name>) {
        let (only, after) = (request.only.as_ref(), request.after.as_ref());
        let from = match (only, after) {
            (Some(name), _) => Bound::Included(name),
            (None, Some(name)) => Bound::Excluded(name),
            (None, None) => Bound::Unbounded,
        };
        let places = self.by_name.range::<Name, _>((from, Bound::Unbounded));
        let members = places
            .take_while(|(name, _)| only.is_none_or(|only| *name == only))
            .filter(|(name, _)| after.is_none_or(|after| *name > after))
            .map(|(_, place)| self.at(*place));
        let limit = request.limit as usize;
        let mut found: Vec<&Member<S>> = members
            .filter(|member| member.made)
            .take(limit + 1)
            .collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.name.clone());
        (found.into_iter().map(show).collect(), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_makes_counts_before_it_is_made() {
        let mut roll = Roll::<bool>::new();
        let name = |n: u8| Name::from(format!("{n}"));
        let made = roll.place(&name(0));
        roll.make(made);
        roll.forget_unmade();
        for n in 1..3 {
            assert!(!roll.lacks_room(&name(n), 3));
            roll.place(&name(n));
            assert!(!roll.lacks_room(&name(n), 3), "it has its place");
        }
        assert!(roll.lacks_room(&name(3), 3));
        assert!(!roll.lacks_room(&name(3), 4));
        // It was refused: there is room again.
        assert_eq!(roll.forget_unmade().len(), 2);
        assert!(!roll.lacks_room(&name(3), 3));
        assert!(!roll.lacks_room(&name(0), 1));
        assert!(roll.lacks_room(&name(1), 1));
    }
}
