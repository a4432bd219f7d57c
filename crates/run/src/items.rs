//! What a group has a task for each of.

mod glob;

use std::path::{Path, PathBuf};

pub(crate) use glob::GlobError;

use crate::format::Items;
use crate::template::{Field, Template};

/// The items, in order: those of a list as they stand there, files by name.
pub(crate) fn items(folder: &Path, items: &Items) -> Result<Vec<String>, GlobError> {
    match items {
        Items::List(list) => Ok(list.clone()),
        Items::Glob {
            patterns, exclude, ..
        } => glob::files(folder, patterns, exclude),
    }
}

/// One item, as texts name it.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    /// The item itself: a path from the file's folder, or whatever a list says.
    pub(crate) text: &'a str,
    /// Its number, from 1.
    pub(crate) index: usize,
    /// The folder that its path starts from, absolute.
    pub(crate) folder: &'a Path,
}

impl Item<'_> {
    /// A text with what it says of the item filled in.
    pub(crate) fn fill(&self, template: &Template) -> String {
        template.fill(|field| self.field(field))
    }

    pub(crate) fn field(&self, field: Field) -> String {
        let path = Path::new(self.text);
        let part = |part: Option<&std::ffi::OsStr>| {
            part.map(|part| part.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        match field {
            Field::Item => self.text.to_owned(),
            Field::Index => self.index.to_string(),
            Field::Name => part(path.file_name()),
            Field::Stem => part(path.file_stem()),
            Field::Ext => part(path.extension()),
            Field::Dir => match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                Some(dir) => dir.to_string_lossy().into_owned(),
                None => ".".to_owned(),
            },
            Field::Path => absolute(self.folder, path).to_string_lossy().into_owned(),
        }
    }
}

fn absolute(folder: &Path, path: &Path) -> PathBuf {
    folder.join(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_parts() {
        let item = Item {
            text: "in/a.tar.gz",
            index: 3,
            folder: Path::new("/there"),
        };
        let fill = |text: &str| item.fill(&Template::read(text).unwrap());
        let text = "{item} {name} {stem} {ext} {dir} {index} {path}";
        assert_eq!(
            fill(text),
            "in/a.tar.gz a.tar.gz a.tar gz in 3 /there/in/a.tar.gz"
        );
        let item = Item {
            text: "plain",
            ..item
        };
        let fill = |text: &str| item.fill(&Template::read(text).unwrap());
        assert_eq!(fill("{name} {stem} [{ext}] {dir}"), "plain plain [] .");
    }
}
