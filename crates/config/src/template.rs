//! A file with every setting, each as a comment with its default.

use serde_json::Value;

use crate::group::{About, Effect, Group, Named, Setting, Visitor};
use crate::settings::Settings;

/// Columns of a line.
const WIDTH: usize = 100;

const HEAD: &str = "\
# Every setting of Duly with its default. Where a line begins with # and no space after it, take the
# # away to set it. What is said here goes over the defaults; variables of the environment go over
# this file (DULY__SERVER__LISTEN is server.listen), and flags over both. `duly config check FILE`
# finds what is wrong with a file, `duly config show` tells what holds and whence.
#
# The file is looked for as ./duly.yaml, then $XDG_CONFIG_HOME/duly/duly.yaml, then
# /etc/duly/duly.yaml; --config FILE or DULY_CONFIG names another. A running process loads it anew
# on SIGHUP and when it changes: what \"changes at once\" below changes then, the rest at the next
# start. If anything in it is wrong, everything stays as it is.
";

/// The text of the file.
#[must_use]
pub fn template() -> String {
    let mut writer = Writer {
        text: HEAD.to_owned(),
        depth: 0,
    };
    Settings::default().walk(&mut writer);
    writer.text
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, begin: &str, line: &str) {
        let indent = "  ".repeat(self.depth);
        self.text.push_str(&format!("{indent}{begin}{line}\n"));
    }

    /// Prose.
    fn prose(&mut self, text: &str) {
        let width = WIDTH - 2 * self.depth - 2;
        let mut line = String::new();
        for word in text.split_whitespace() {
            let is_full = line.chars().count() + 1 + word.chars().count() > width;
            if is_full && !line.is_empty() {
                self.line("# ", &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line("# ", &line);
    }

    fn within(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}

impl Visitor for Writer {
    fn setting(&mut self, about: &About, setting: &mut dyn Setting) {
        let effect = match about.effect {
            Effect::AtOnce => "Changes at once.",
            Effect::AtStart => "Changes at the next start.",
        };
        let expected = setting.expected();
        let text = about.text.trim().replace('`', "");
        self.text.push('\n');
        self.prose(&text);
        self.prose(&format!("Expected: {expected}. {effect}"));
        let value = match about.example {
            Some(example) => example.to_owned(),
            None => yaml(&setting.show()),
        };
        self.line("#", &format!("{}: {value}", about.name));
    }

    fn group(&mut self, name: &'static str, text: &'static str, group: &mut dyn Group) {
        self.text.push('\n');
        self.prose(&text.replace('`', ""));
        self.line("", &format!("{name}:"));
        self.within(|writer| group.walk(writer));
    }

    fn named(&mut self, name: &'static str, text: &'static str, groups: &mut dyn Named) {
        self.text.push('\n');
        self.prose(&text.replace('`', ""));
        self.line("", &format!("{name}:"));
        let example = groups.example();
        self.within(|writer| {
            writer.line("#", &format!("{example}:"));
            writer.within(|writer| groups.entry(example).walk(writer));
        });
    }
}

/// A value as a file says it.
fn yaml(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(yaml).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}
