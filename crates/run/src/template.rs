//! Text with places for what a task's item is: `{item}`, `{stem}` and so on.

use std::fmt;

/// What may stand in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Item,
    Name,
    Stem,
    Ext,
    Dir,
    Path,
    Index,
}

impl Field {
    const ALL: [(&'static str, Self); 7] = [
        ("item", Self::Item),
        ("name", Self::Name),
        ("stem", Self::Stem),
        ("ext", Self::Ext),
        ("dir", Self::Dir),
        ("path", Self::Path),
        ("index", Self::Index),
    ];
}

/// The names that may stand in braces.
const EXPECTED: &str = "{item}, {name}, {stem}, {ext}, {dir}, {path} or {index}";

/// A text that was read: plain pieces and fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

impl Template {
    /// Reads a text.
    pub(crate) fn read(source: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = source.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.next_if_eq(&c).is_some() => text.push(c),
                '{' => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Field(field(&mut rest)?));
                }
                '}' => {
                    return Err("a } stands alone: expected }} for a brace as such".to_owned());
                }
                _ => text.push(c),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self {
            source: source.to_owned(),
            pieces,
        })
    }

    /// The text as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The first field, as it is written in braces.
    pub(crate) fn first_field(&self) -> Option<&'static str> {
        let field = self.pieces.iter().find_map(|piece| match piece {
            Piece::Field(field) => Some(*field),
            Piece::Text(_) => None,
        })?;
        let named = Field::ALL.iter().find(|(_, known)| *known == field);
        named.map(|(name, _)| *name)
    }

    /// The text with its fields filled in.
    pub(crate) fn fill(&self, of: impl Fn(Field) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field(field) => of(*field),
        };
        self.pieces.iter().map(piece).collect()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// What stands between the braces.
fn field(rest: &mut impl Iterator<Item = char>) -> Result<Field, String> {
    let mut name = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(c) if c != '{' => name.push(c),
            _ => {
                return Err(
                    "a { is not closed: expected a name and a }, or {{ for a brace as such"
                        .to_owned(),
                );
            }
        }
    }
    let known = Field::ALL.iter().find(|(known, _)| *known == name);
    known.map(|(_, field)| *field).ok_or_else(|| {
        format!("{{{name}}} is not known: expected {EXPECTED}; a brace as such is written {{{{")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(source: &str) -> String {
        let template = Template::read(source).unwrap();
        template.fill(|field| format!("<{field:?}>"))
    }

    #[test]
    fn fields_are_filled_in_and_doubled_braces_are_braces() {
        assert_eq!(filled("a {item}.{ext}"), "a <Item>.<Ext>");
        assert_eq!(filled("{{item}}"), "{item}");
        assert_eq!(filled("{{{item}}}"), "{<Item>}");
        assert_eq!(filled("{{print $1}} {index}"), "{print $1} <Index>");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn what_is_no_field_is_refused_with_those_that_are() {
        for (source, said) in [
            ("{itme}", "{itme} is not known: expected {item}, {name}"),
            ("{}", "{} is not known"),
            ("{ item }", "{ item } is not known"),
            ("{print $1}", "a brace as such is written {{"),
            ("{item", "a { is not closed"),
            ("{item{", "a { is not closed"),
            ("a }", "a } stands alone: expected }}"),
        ] {
            let refusal = Template::read(source).unwrap_err();
            assert!(refusal.contains(said), "{source}: {refusal}");
        }
    }

    #[test]
    fn the_first_field_is_known() {
        let first = |source: &str| Template::read(source).unwrap().first_field();
        assert_eq!(first("{{item}} {stem} {item}"), Some("stem"));
        assert_eq!(first("{{item}}"), None);
    }
}
