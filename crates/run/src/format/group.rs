//! A group, put together from what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use duly::{Backoff, Jitter, LimitUse, Priority, RetryPolicy};
use serde_saphyr::Spanned;

use super::request::{self, Request};
use super::rules::{self, Known, Unique};
use super::scalar::{Grow, Of};
use super::{place, template, wire};
use crate::bounds::{GROUPS_MAX, NAME_BYTES_MAX, PATTERNS_MAX, VARIABLES_MAX, WORDS_MAX};
use crate::error::{Fault, Place};
use crate::template::Template;

/// The pause before the first retry, unless told otherwise.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause between attempts, unless told otherwise.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Tasks of one shape: one, or one for each of some items.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) action: Action,
    pub(crate) each: Option<Each>,
    /// As it was said; rules decide what is left open.
    pub(crate) priority: Option<Priority>,
    pub(crate) timeout: Option<Duration>,
    /// By when a task must have begun, counted from its submission.
    pub(crate) deadline: Option<Duration>,
    /// How long a task may take in all, counted likewise.
    pub(crate) finish_within: Option<Duration>,
    /// When it is told that a task has not begun, counted likewise.
    pub(crate) alert_unstarted: Option<Duration>,
    /// When it is told that a task has not ended, counted likewise.
    pub(crate) alert_unfinished: Option<Duration>,
    pub(crate) retry: RetryPolicy,
    pub(crate) after: Duration,
    /// Whose work it is.
    pub(crate) tenant: Option<Template>,
    pub(crate) limits: Vec<LimitUse>,
    pub(crate) unique: Option<Unique>,
    /// Where it stands.
    pub(crate) place: Place,
}

/// What a task of a group does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Command(Command),
    Request(Request),
}

#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// The program, then its arguments: at least one.
    pub(crate) words: Vec<Template>,
    pub(crate) env: BTreeMap<String, Template>,
    pub(crate) dir: Option<Template>,
}

/// What there is a task for each of.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) items: Items,
    pub(crate) place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Items {
    List(Vec<String>),
    Glob {
        patterns: Vec<String>,
        exclude: Vec<String>,
        optional: bool,
    },
}

/// All groups.
pub(super) fn groups(
    written: Spanned<wire::Groups>,
    known: &Known<'_>,
) -> Result<Vec<Group>, Fault> {
    let at = place(&written);
    let written = written.value.0;
    if written.is_empty() {
        return Err(Fault::at(
            at,
            "tasks is empty: expected at least one group, as in `- name: …`",
        ));
    }
    if written.len() > GROUPS_MAX {
        let message = format!(
            "tasks has {} groups: expected at most {GROUPS_MAX}",
            written.len()
        );
        return Err(Fault::at(at, message));
    }
    let mut names = BTreeSet::new();
    let mut groups = Vec::with_capacity(written.len());
    for one in written {
        let group = group(one, known)?;
        if !names.insert(group.name.clone()) {
            let message = format!(
                "two groups are named {:?}: expected a name each",
                group.name
            );
            return Err(Fault::at(group.place, message));
        }
        groups.push(group);
    }
    Ok(groups)
}

fn group(written: Spanned<wire::Group>, known: &Known<'_>) -> Result<Group, Fault> {
    let at = place(&written);
    let mut written = written.value;
    let name = name(written.name.take(), at)?;
    let each = written.each.take().map(each).transpose()?;
    let has_item = each.is_some();
    let timeout = span("timeout", written.timeout.as_ref())?;
    let retries = written.retries.map_or(0, |Of(retries)| retries.0);
    let tenant = written.tenant.take();
    let unique = written.unique.take();
    Ok(Group {
        action: action(&mut written, &name, at, timeout, has_item)?,
        name,
        each,
        priority: written.priority.map(|Of(priority)| priority),
        timeout: timeout.map(|(timeout, _)| timeout),
        deadline: age("deadline", written.deadline.as_ref())?,
        finish_within: age("finish_within", written.finish_within.as_ref())?,
        alert_unstarted: age("alert_unstarted", written.alert_unstarted.as_ref())?,
        alert_unfinished: age("alert_unfinished", written.alert_unfinished.as_ref())?,
        retry: retry(retries, written.backoff)?,
        after: written.after.map_or(Duration::ZERO, |Of(after)| after),
        tenant: tenant
            .map(|tenant| template(&tenant, has_item))
            .transpose()?,
        limits: rules::limits(written.limits, known)?,
        unique: unique
            .map(|unique| rules::unique(unique, has_item))
            .transpose()?,
        place: at,
    })
}

/// What its tasks do.
fn action(
    written: &mut wire::Group,
    name: &str,
    at: Place,
    timeout: Option<(Duration, Place)>,
    has_item: bool,
) -> Result<Action, Fault> {
    let (env, dir) = (written.env.take(), written.dir.take());
    match (written.command.take(), written.request.take()) {
        (Some(words), None) => command(&words, env, dir, has_item),
        (None, Some(request)) => {
            let of_commands = env.as_ref().map(|env| ("env", place(env)));
            let of_commands = of_commands.or(dir.as_ref().map(|dir| ("dir", place(dir))));
            if let Some((field, at)) = of_commands {
                let message = format!("{field} is for commands: expected none beside a request");
                return Err(Fault::at(at, message));
            }
            Ok(Action::Request(request::read(request, timeout, has_item)?))
        }
        (Some(_), Some(request)) => {
            let message = "a group has a command or a request, not both: split it in two";
            Err(Fault::at(place(&request), message))
        }
        (None, None) => {
            let message = format!("group {name:?} does nothing: expected command or request");
            Err(Fault::at(at, message))
        }
    }
}

fn name(written: Option<wire::Text>, at: Place) -> Result<String, Fault> {
    let Some(name) = written else {
        return Err(Fault::at(at, "a group without a name: expected `name: …`"));
    };
    let at = place(&name);
    let name = name.value;
    let is_good = !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX;
    if !is_good || name.chars().any(char::is_control) {
        let message = format!("name is {name:?}: expected 1 to {NAME_BYTES_MAX} bytes of text");
        return Err(Fault::at(at, message));
    }
    Ok(name)
}

/// A time that something may take.
fn span(
    field: &str,
    written: Option<&Spanned<Of<Duration>>>,
) -> Result<Option<(Duration, Place)>, Fault> {
    let Some(written) = written else {
        return Ok(None);
    };
    let (span, at) = (written.value.0, place(written));
    if span.is_zero() {
        let message = format!("{field} is zero: expected more than that, or no {field}");
        return Err(Fault::at(at, message));
    }
    Ok(Some((span, at)))
}

/// The same, wherever it stands.
fn age(field: &str, written: Option<&Spanned<Of<Duration>>>) -> Result<Option<Duration>, Fault> {
    Ok(span(field, written)?.map(|(span, _)| span))
}

fn command(
    words: &Spanned<wire::Words>,
    env: Option<Spanned<BTreeMap<String, wire::Text>>>,
    dir: Option<wire::Text>,
    has_item: bool,
) -> Result<Action, Fault> {
    let at = place(words);
    let words = &words.value.0;
    let count = words.len();
    if count == 0 || count > WORDS_MAX || words[0].value.is_empty() {
        let message = format!(
            "command has no program: expected a list of 1 to {WORDS_MAX} words, the program first"
        );
        return Err(Fault::at(at, message));
    }
    let words = words.iter().map(|word| template(word, has_item));
    Ok(Action::Command(Command {
        words: words.collect::<Result<_, _>>()?,
        env: env.map_or_else(|| Ok(BTreeMap::new()), |env| variables(env, has_item))?,
        dir: dir.map(|dir| template(&dir, has_item)).transpose()?,
    }))
}

fn variables(
    written: Spanned<BTreeMap<String, wire::Text>>,
    has_item: bool,
) -> Result<BTreeMap<String, Template>, Fault> {
    let at = place(&written);
    if written.value.len() > VARIABLES_MAX {
        let message = format!("env is too large: expected at most {VARIABLES_MAX} variables");
        return Err(Fault::at(at, message));
    }
    let variable = |(name, value): (String, wire::Text)| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_word) || name.chars().next().is_none_or(|c| c.is_ascii_digit()) {
            let message =
                format!("env has {name:?}: expected letters, digits and `_`, the first no digit");
            return Err(Fault::at(place(&value), message));
        }
        Ok((name, template(&value, has_item)?))
    };
    written.value.into_iter().map(variable).collect()
}

fn each(written: Spanned<wire::Each>) -> Result<Each, Fault> {
    let at = place(&written);
    let items = match written.value {
        wire::Each::Pattern(pattern) => glob(vec![pattern], Vec::new(), false, at)?,
        wire::Each::List(list) => Items::List(list.into_iter().map(|item| item.value).collect()),
        wire::Each::Glob(glob) => {
            let exclude = glob.exclude.map(|exclude| exclude.0).unwrap_or_default();
            self::glob(glob.glob.0, exclude, glob.optional, at)?
        }
    };
    if matches!(&items, Items::List(list) if list.is_empty()) {
        return Err(Fault::at(
            at,
            "each is an empty list: expected at least one item",
        ));
    }
    Ok(Each { items, place: at })
}

fn glob(
    patterns: Vec<String>,
    exclude: Vec<String>,
    optional: bool,
    at: Place,
) -> Result<Items, Fault> {
    if patterns.is_empty() || patterns.len() + exclude.len() > PATTERNS_MAX {
        let message = format!("a glob has 1 to {PATTERNS_MAX} patterns, those of exclude included");
        return Err(Fault::at(at, message));
    }
    for pattern in patterns.iter().chain(&exclude) {
        if pattern.is_empty() {
            return Err(Fault::at(
                at,
                "a glob is empty: expected a pattern such as \"*.jpg\"",
            ));
        }
        if let Err(error) = glob::Pattern::new(pattern) {
            let message = format!("the glob {pattern:?} cannot be read: {}", error.msg);
            return Err(Fault::at(at, message));
        }
    }
    Ok(Items::Glob {
        patterns,
        exclude,
        optional,
    })
}

fn retry(retries: u32, pauses: Option<Spanned<wire::Pauses>>) -> Result<RetryPolicy, Fault> {
    let at = pauses.as_ref().map(place);
    let (first, max, grow) = match pauses.map(|pauses| pauses.value) {
        None => (PAUSE_FIRST, None, Grow::default()),
        Some(wire::Pauses::First(first)) => (first, None, Grow::default()),
        Some(wire::Pauses::InFull(pauses)) => (
            pauses.first.0,
            pauses.max.map(|Of(max)| max),
            pauses.grow.map_or_else(Grow::default, |Of(grow)| grow),
        ),
    };
    if let (Some(at), Some(max)) = (at, max)
        && max < first
    {
        let message = "backoff has a max shorter than first: expected it to be at least as long";
        return Err(Fault::at(at, message));
    }
    let ceiling = max.unwrap_or(PAUSE_MAX.max(first));
    Ok(RetryPolicy {
        attempts_max: retries + 1,
        backoff: match grow {
            Grow::Fixed => Backoff::Fixed { delay: first },
            Grow::Linear => Backoff::Linear {
                step: first,
                ceiling,
            },
            Grow::Exponential => Backoff::Exponential {
                base: first,
                ceiling,
            },
        },
        jitter: Jitter::Proportional { permille: 100 },
    })
}
