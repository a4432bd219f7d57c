//! Reading a layer into the settings, with everything that is wrong with it.

use std::collections::BTreeMap;

use crate::bounds::{NAME_BYTES_MAX, NAMES_MAX};
use crate::fault::Fault;
use crate::form::{Wrong, is_name};
use crate::group::{About, Group, Named, Setting, Visitor};
use crate::near::nearest;
use crate::node::{Content, Entry, Node, quoted};
use crate::origin::Origin;
use crate::yaml;

/// Where values come from, by the path of the setting.
pub(crate) type Origins = BTreeMap<String, Origin>;

/// Reads one layer after the other.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) origins: Origins,
    pub(crate) faults: Vec<Fault>,
    path: Vec<String>,
    levels: Vec<Level>,
}

/// What a group was given, and what it knows.
struct Level {
    entries: Vec<Entry>,
    known: Vec<&'static str>,
}

impl Reader {
    /// Reads a layer over what was read before.
    pub(crate) fn read(&mut self, layer: &Node, into: &mut dyn Group) {
        self.group_from(layer, into);
    }

    fn group_from(&mut self, node: &Node, group: &mut dyn Group) {
        let Some(entries) = self.entries(node) else {
            return;
        };
        let known = Vec::new();
        self.levels.push(Level { entries, known });
        group.walk(self);
        let level = self.levels.pop();
        if let Some(Level { entries, known }) = level {
            for entry in entries {
                if !known.contains(&entry.name.as_str()) {
                    self.complain_of_name(&entry, &known);
                }
            }
        }
    }

    /// The entries of a map; a complaint if it is none.
    fn entries(&mut self, node: &Node) -> Option<Vec<Entry>> {
        match &node.content {
            Content::Nothing => Some(Vec::new()),
            Content::Map(entries) => Some(entries.clone()),
            Content::Line(text) if text.trim_start().starts_with('{') => {
                match yaml::line(text, &node.origin) {
                    Ok(map) => self.entries(&map),
                    Err(fault) => {
                        self.faults.push(fault);
                        None
                    }
                }
            }
            Content::Text(_) | Content::Line(_) | Content::List(_) => {
                let expected = match self.path.as_slice() {
                    [] => "names with their values, such as store: sqlite:duly.db",
                    _ => "a map: names with their values beneath it",
                };
                // The text is not quoted: nobody knows what it was meant to be.
                let what = match node.content {
                    Content::List(_) => "a list",
                    _ => "a single value",
                };
                let subject = self.subject();
                let message = format!("{subject} is {what}: expected {expected}");
                self.faults
                    .push(Fault::about_anything(node.origin.clone(), message));
                None
            }
        }
    }

    fn subject(&self) -> String {
        match self.path.as_slice() {
            [] => "the configuration".to_owned(),
            path => path.join("."),
        }
    }

    /// What the current group was given under a name.
    fn given(&mut self, name: &'static str) -> Option<Node> {
        let level = self.levels.last_mut()?;
        level.known.push(name);
        let entry = level.entries.iter().find(|entry| entry.name == name)?;
        Some(entry.node.clone())
    }

    fn complain_of_name(&mut self, entry: &Entry, known: &[&'static str]) {
        let path = [&self.path[..], &[quoted(&entry.name)]].concat().join(".");
        let meant = nearest(&entry.name, known.iter().copied());
        let variable = |name: &str| {
            let path = self.path.iter().map(String::as_str).chain([name]);
            format!(
                "DULY__{}",
                path.collect::<Vec<_>>().join("__").to_uppercase()
            )
        };
        let advice = match (meant, &entry.origin) {
            (Some(name), Origin::Variable(_)) => format!("did you mean {}?", variable(name)),
            (Some(name), _) => format!("did you mean {name}?"),
            (None, _) => format!("expected {}", alternatives(known)),
        };
        let message = format!("there is no setting {path}: {advice}");
        self.faults
            .push(Fault::about_name(entry.origin.clone(), message));
    }

    fn complain(&mut self, path: &str, wrongs: Vec<Wrong>) {
        for wrong in wrongs {
            let Wrong {
                origin,
                part,
                value,
                expected,
            } = wrong;
            let message = format!("{path}{part} is {value}: expected {expected}");
            self.faults.push(Fault::about(origin, path, message));
        }
    }
}

/// `a, b or c`.
fn alternatives(known: &[&str]) -> String {
    match known {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

impl Visitor for Reader {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let Some(node) = self.given(about.name) else {
            return;
        };
        self.path.push(about.name.to_owned());
        let path = self.path.join(".");
        match setting.read(&node) {
            Ok(()) => drop(self.origins.insert(path, node.origin)),
            Err(wrongs) => self.complain(&path, wrongs),
        }
        self.path.pop();
    }

    fn group(&mut self, name: &'static str, _: &'static str, group: &mut dyn Group) {
        let Some(node) = self.given(name) else {
            return;
        };
        self.path.push(name.to_owned());
        self.group_from(&node, group);
        self.path.pop();
    }

    fn named(&mut self, name: &'static str, _: &'static str, groups: &mut dyn Named) {
        let Some(node) = self.given(name) else {
            return;
        };
        self.path.push(name.to_owned());
        let entries = self.entries(&node).unwrap_or_default();
        if groups.is_ordered() {
            self.origins
                .insert(self.path.join("."), node.origin.clone());
        }
        for entry in &entries {
            if !is_name(&entry.name) {
                let message = format!(
                    "{name} has the name {}: expected 1 to {NAME_BYTES_MAX} bytes without control \
                     characters",
                    quoted(&entry.name)
                );
                self.faults
                    .push(Fault::about_name(entry.origin.clone(), message));
                continue;
            }
            self.path.push(entry.name.clone());
            self.origins
                .insert(self.path.join("."), entry.origin.clone());
            self.group_from(&entry.node, groups.entry(&entry.name));
            self.path.pop();
        }
        let count = groups.names().len();
        if count > NAMES_MAX {
            let message = format!("{name} has {count} entries: expected at most {NAMES_MAX}");
            self.faults.push(Fault::about(node.origin, name, message));
        }
        self.path.pop();
    }
}
