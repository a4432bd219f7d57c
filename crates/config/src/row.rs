//! Every setting with its value, flat.

use serde_json::Value;

use crate::config::Config;
use crate::group::{About, Effect, Group, Named, Setting, Visitor};
use crate::origin::Origin;

/// A setting with its value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// Such as `worker.concurrency`.
    pub setting: String,
    /// Its value as JSON; `***` for a secret.
    pub value: Value,
    /// Where that comes from.
    pub origin: Origin,
    /// When a change takes effect.
    pub effect: Effect,
    /// The value as it is, to compare it.
    pub(crate) revealed: Value,
}

impl Row {
    /// The value on one line, for people: texts as they are, `-` for none.
    #[must_use]
    pub fn text(&self) -> String {
        shown(&self.value)
    }
}

pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub(crate) fn rows(config: &Config) -> Vec<Row> {
    let mut lister = Lister {
        config,
        path: Vec::new(),
        is_named: false,
        rows: Vec::new(),
    };
    config.settings.clone().walk(&mut lister);
    lister.rows
}

struct Lister<'a> {
    config: &'a Config,
    path: Vec<String>,
    is_named: bool,
    rows: Vec<Row>,
}

impl Lister<'_> {
    /// The names, where their order counts.
    fn order(&mut self, groups: &dyn Named) {
        let names = groups.names();
        if !groups.is_ordered() || names.is_empty() {
            return;
        }
        let (setting, names) = (self.path.join("."), Value::from(names));
        self.rows.push(Row {
            value: names.clone(),
            origin: self.config.origin(&setting),
            effect: Effect::AtOnce,
            revealed: names,
            setting,
        });
    }

    fn within(&mut self, name: &str, list: impl FnOnce(&mut Self)) {
        self.path.push(name.to_owned());
        list(self);
        self.path.pop();
    }
}

impl Visitor for Lister<'_> {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let path = [&self.path[..], &[about.name.to_owned()]].concat();
        let path = path.join(".");
        let value = setting.show();
        // Of what the user names there is only what was said of it.
        if self.is_named && value.is_null() {
            return;
        }
        self.rows.push(Row {
            value,
            origin: self.config.origin(&path),
            effect: about.effect,
            revealed: setting.reveal(),
            setting: path,
        });
    }

    fn group(&mut self, name: &'static str, _: &'static str, group: &mut dyn Group) {
        self.within(name, |lister| group.walk(lister));
    }

    fn named(&mut self, name: &'static str, _: &'static str, groups: &mut dyn Named) {
        let outer = std::mem::replace(&mut self.is_named, true);
        self.within(name, |lister| {
            lister.order(groups);
            for entry in groups.names() {
                lister.within(&entry, |lister| groups.entry(&entry).walk(lister));
            }
        });
        self.is_named = outer;
    }
}
