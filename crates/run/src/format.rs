//! The format: from text to groups of tasks, with every mistake told by its place.

mod group;
mod request;
mod rules;
mod scalar;
mod settings;
mod wire;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

pub(crate) use group::{Action, Command, Each, Group, Items};
pub(crate) use rules::Unique;
pub(crate) use settings::{Settings, exceeded, is_name};

use crate::bounds::{
    ALIAS_EVENTS_MAX, ALIASES_MAX, DEPTH_MAX, FILE_BYTES_MAX, NAME_BYTES_MAX, NODES_MAX,
};
use crate::error::{Fault, FileError, Place};
use crate::template::Template;

/// A file of tasks that makes sense, as far as that can be told without looking at other files.
#[derive(Clone, Debug)]
pub struct TaskFile {
    path: PathBuf,
    folder: PathBuf,
    name: String,
    concurrency: Option<u32>,
    store: Option<String>,
    pub(crate) settings: Settings,
    pub(crate) groups: Vec<Group>,
    text: String,
}

impl TaskFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`FileError`], if it cannot be read, or makes no sense.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let whole = |message: String| Fault::whole(message).of(path, "");
        let bytes = load(path).map_err(|error| whole(format!("cannot be read: {error}")))?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(whole(format!(
                "is too large: expected at most {FILE_BYTES_MAX} bytes"
            )));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            whole(format!(
                "is no text: expected UTF-8, but byte {at} does not belong to it"
            ))
        })?;
        Self::parse(path, &text)
    }

    /// Reads the text of a file, which need not exist; globs and commands belong to its folder.
    ///
    /// ```
    /// use std::path::Path;
    /// use duly_run::TaskFile;
    ///
    /// let text = "tasks:\n  - name: hello\n    command: [echo, hello]\n";
    /// let file = TaskFile::parse(Path::new("greet.yaml"), text)?;
    /// assert_eq!(file.name(), "greet");
    ///
    /// let text = "tasks:\n  - name: hello\n    comand: [echo, hello]\n";
    /// let error = TaskFile::parse(Path::new("greet.yaml"), text).unwrap_err();
    /// assert!(error.to_string().starts_with("greet.yaml:3:5: unknown field `comand`"));
    /// # Ok::<(), duly_run::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`], if it makes no sense.
    pub fn parse(path: &Path, text: &str) -> Result<Self, FileError> {
        let file = written(text).and_then(|written| Self::put_together(path, text, written));
        file.map_err(|fault| fault.of(path, text))
    }

    fn put_together(path: &Path, text: &str, written: wire::File) -> Result<Self, Fault> {
        let Some(groups) = written.tasks else {
            return Err(Fault::whole(
                "has no tasks: expected `tasks:` and a list of groups",
            ));
        };
        let name = match written.name {
            Some(name) => run_name(&name)?,
            None => name_of(path),
        };
        let settings =
            settings::settings(written.order, written.fair, written.limits, written.tenants)?;
        let known = rules::Known {
            settings: &settings,
            in_store: written.store.is_some(),
        };
        Ok(Self {
            path: path.to_owned(),
            folder: folder(path),
            name,
            concurrency: written.concurrency.map(|tasks| tasks.0.0),
            store: written.store.map(|store| store_url(store.value)),
            groups: group::groups(groups, &known)?,
            settings,
            text: text.to_owned(),
        })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that its paths start from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of its runs: given, or that of the file without its ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many tasks it wants to run at once.
    #[must_use]
    pub const fn concurrency(&self) -> Option<u32> {
        self.concurrency
    }

    /// The URL of the store that it names.
    #[must_use]
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// The names of its groups, in order.
    pub fn group_names(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.name.as_str())
    }

    /// A fault, told with the line of this file.
    pub(crate) fn error(&self, fault: Fault) -> FileError {
        fault.of(&self.path, &self.text)
    }
}

/// At most one byte more than may be.
fn load(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn run_name(written: &wire::Text) -> Result<String, Fault> {
    let name = &written.value;
    let is_good = !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.starts_with('.');
    if is_good && name.chars().all(is_plain) {
        return Ok(name.clone());
    }
    let message = format!(
        "name is {name:?}: expected 1 to {NAME_BYTES_MAX} letters, digits, `-`, `_` or `.`, the \
         first no `.`"
    );
    Err(Fault::at(place(written), message))
}

/// `memory:` without quotes would be the name of a mapping in YAML, so it goes without its colon too.
fn store_url(written: String) -> String {
    match written.as_str() {
        "memory" => "memory:".to_owned(),
        _ => written,
    }
}

/// The name of the file without its ending, with what a name may not have replaced.
fn name_of(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default();
    let plain = stem.chars().map(|c| if is_plain(c) { c } else { '-' });
    let name: String = plain.take(NAME_BYTES_MAX).collect();
    match name.trim_start_matches('.') {
        "" => "tasks".to_owned(),
        name => name.to_owned(),
    }
}

fn written(text: &str) -> Result<wire::File, Fault> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
            max_merge_keys: ALIASES_MAX,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: ALIAS_EVENTS_MAX,
            max_replay_stack_depth: DEPTH_MAX,
        },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| fault(&error))
}

/// What the reader of YAML says, in the words of this crate.
fn fault(error: &serde_saphyr::Error) -> Fault {
    let said = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let Some(at) = error.location().filter(|at| at.line() > 0) else {
        return Fault::whole(said);
    };
    let (line, column) = (at.line(), at.column());
    let suffix = format!(" at line {line}, column {column}");
    let said = said.strip_suffix(&suffix).unwrap_or(&said);
    let message = match said {
        "expected string scalar" => {
            "expected text (where braces are part of it, in quotes, as in \"{item}\")"
        }
        "expected sequence start" => "expected a list",
        "expected mapping start" => "expected a mapping, as in `key: value`",
        "null is not allowed here" => "expected text: write \"\" for none, or \"~\" for that sign",
        said => said,
    };
    Fault::at(spot(line, column), message)
}

fn spot(line: u64, column: u64) -> Place {
    let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Place {
        line: number(line),
        column: number(column),
    }
}

/// Where a value stands.
fn place<T>(value: &Spanned<T>) -> Place {
    spot(value.referenced.line(), value.referenced.column())
}

/// Reads a template; what a task has no item for may not name one.
fn template(written: &wire::Text, has_item: bool) -> Result<Template, Fault> {
    template_at(&written.value, place(written), has_item)
}

fn template_at(text: &str, at: Place, has_item: bool) -> Result<Template, Fault> {
    let refused = |message: String| Fault::at(at, format!("{text:?}: {message}"));
    if text.contains('\0') {
        return Err(refused("expected text without NUL".to_owned()));
    }
    let template = Template::read(text).map_err(refused)?;
    match template.first_field() {
        Some(field) if !has_item => Err(refused(format!(
            "{{{field}}} needs `each:`: expected that in the group, or {{{{ for a brace as such"
        ))),
        _ => Ok(template),
    }
}

#[cfg(test)]
mod tests;
