//! What says what holds, before it is read.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::environment;
use crate::node::{Content, Entry, Node};
use crate::origin::Origin;

/// What a configuration is made from. Kept, so that it can be loaded anew.
#[derive(Clone, Default)]
pub struct Sources {
    pub(crate) file: Option<PathBuf>,
    pub(crate) variables: Vec<(OsString, OsString)>,
    pub(crate) flags: Vec<Flag>,
}

/// A value that was typed.
#[derive(Clone)]
pub(crate) struct Flag {
    pub(crate) path: &'static str,
    pub(crate) node: Node,
}

impl Sources {
    /// The file that is read.
    #[must_use]
    pub fn file(mut self, path: Option<PathBuf>) -> Self {
        self.file = path;
        self
    }

    /// Those variables of the environment that are meant for the configuration: `DULY__…`, and
    /// `DULY_STORE` and `DULY_LOG`. The others are ignored.
    #[must_use]
    pub fn environment(mut self, all: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let ours = all
            .into_iter()
            .filter(|(name, _)| environment::is_ours(name));
        self.variables.extend(ours);
        self
    }

    /// A variable of the environment.
    pub fn variable(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.push((name.into(), value.into()));
    }

    /// A flag: the setting that it is, such as `worker.concurrency`, how it is typed, and its value as
    /// text.
    pub fn flag(&mut self, path: &'static str, flag: &str, value: impl Into<String>) {
        self.push_flag(path, flag, Content::Text(value.into()));
    }

    /// A flag that may be repeated.
    pub fn flag_list(
        &mut self,
        path: &'static str,
        flag: &str,
        values: impl IntoIterator<Item = String>,
    ) {
        let origin = Origin::Flag(flag.to_owned());
        let item = |value| Node {
            origin: origin.clone(),
            content: Content::Text(value),
        };
        let list = Content::List(values.into_iter().map(item).collect());
        self.push_flag(path, flag, list);
    }

    /// A flag that may be repeated, each time with a name and a value.
    pub fn flag_map(
        &mut self,
        path: &'static str,
        flag: &str,
        values: impl IntoIterator<Item = (String, String)>,
    ) {
        let origin = Origin::Flag(flag.to_owned());
        let entry = |(name, value)| Entry {
            name,
            origin: origin.clone(),
            node: Node {
                origin: origin.clone(),
                content: Content::Text(value),
            },
        };
        let map = Content::Map(values.into_iter().map(entry).collect());
        self.push_flag(path, flag, map);
    }

    fn push_flag(&mut self, path: &'static str, flag: &str, content: Content) {
        let origin = Origin::Flag(flag.to_owned());
        let node = Node { origin, content };
        self.flags.push(Flag { path, node });
    }
}

impl std::fmt::Debug for Sources {
    /// The file alone: the others may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Sources");
        shown.field("file", &self.file).finish_non_exhaustive()
    }
}
