//! From YAML to nodes, by `serde-saphyr`.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, Options, Spanned};

use crate::bounds::{ALIASES_MAX, DEPTH_MAX, NODES_MAX};
use crate::fault::Fault;
use crate::node::{Content, Entry, Node};
use crate::origin::{Document, Origin, Spot};

/// What a file says.
pub(crate) fn document(document: &Arc<Document>) -> Result<Node, Fault> {
    let at = |location: Location| place(document, location);
    let bare = parse(&document.text).map_err(|error| fault(&error, &at))?;
    Ok(node(bare, &document.text, &at))
}

/// What a list or a map on one line says, all of it from `origin`.
pub(crate) fn line(text: &str, origin: &Origin) -> Result<Node, Fault> {
    let at = |_| origin.clone();
    let bare = parse(text).map_err(|error| fault(&error, &at))?;
    Ok(node(bare, text, &at))
}

fn parse(text: &str) -> Result<Spanned<Bare>, Error> {
    let nothing = || Spanned::new(Bare::Nothing, Location::UNKNOWN, Location::UNKNOWN);
    match serde_saphyr::from_str_with_options(text, options()) {
        // Nothing but comments is a file that changes nothing.
        Err(Error::Eof { .. }) if is_blank(text) => Ok(nothing()),
        read => read,
    }
}

fn is_blank(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    lines.all(|line| line.is_empty() || line.starts_with('#'))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_aliases: ALIASES_MAX,
            max_anchors: ALIASES_MAX,
            max_merge_keys: ALIASES_MAX,
            max_recorded_anchor_events: NODES_MAX,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: NODES_MAX,
            max_replay_stack_depth: DEPTH_MAX,
            max_alias_expansions_per_anchor: ALIASES_MAX,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

/// A value as the parser hands it out.
enum Bare {
    Nothing,
    /// A text in quotes, or one that looks like nothing else.
    Text(String),
    /// What looks like a number or a truth value: its text is what stands in the file.
    Plain,
    List(Vec<Spanned<Bare>>),
    Map(Vec<(Spanned<String>, Spanned<Bare>)>),
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareVisitor)
    }
}

struct BareVisitor;

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Bare, E> {
        Ok(Bare::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Bare, E> {
        Ok(Bare::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Bare, E> {
        Ok(Bare::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Bare, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Bare::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Bare, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Bare::Map(map))
    }
}

fn node(bare: Spanned<Bare>, text: &str, at: &impl Fn(Location) -> Origin) -> Node {
    let content = match bare.value {
        Bare::Nothing => Content::Nothing,
        Bare::Text(text) => Content::Text(text),
        Bare::Plain => Content::Text(slice(text, bare.defined).to_owned()),
        Bare::List(items) => {
            Content::List(items.into_iter().map(|item| node(item, text, at)).collect())
        }
        Bare::Map(entries) => {
            let entry = |(name, value): (Spanned<String>, _)| Entry {
                name: name.value,
                origin: at(name.referenced),
                node: node(value, text, at),
            };
            Content::Map(entries.into_iter().map(entry).collect())
        }
    };
    Node {
        origin: at(bare.referenced),
        content,
    }
}

/// What stands at a place of the text.
fn slice(text: &str, location: Location) -> &str {
    let span = location.span();
    let bytes = span.byte_offset().zip(span.byte_len());
    let range = bytes.and_then(|(offset, length)| {
        let offset = usize::try_from(offset).ok()?;
        Some(offset..offset.checked_add(usize::try_from(length).ok()?)?)
    });
    let found = range.and_then(|range| text.get(range));
    found.unwrap_or_default().trim()
}

fn place(document: &Arc<Document>, location: Location) -> Origin {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).max(1);
    Origin::File(Spot {
        document: Arc::clone(document),
        line: number(location.line()),
        column: number(location.column()),
    })
}

fn fault(error: &Error, at: &impl Fn(Location) -> Origin) -> Fault {
    let origin = at(error.location().unwrap_or(Location::UNKNOWN));
    let said = match error {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            return Fault::new(origin, format!("\"{key}\" is there twice: remove one"));
        }
        Error::MultipleDocuments { .. } => {
            return Fault::new(
                origin,
                "there is more than one document: expected one".to_owned(),
            );
        }
        other => other.render_with_formatter(&serde_saphyr::UserMessageFormatter),
    };
    // The place is said beside it.
    let said = said.split(" at line ").next().unwrap_or(&said);
    Fault::new(
        origin,
        format!("this is not YAML as it is understood here: {said}"),
    )
}
