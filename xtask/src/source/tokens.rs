//! Rust text as a flat list of tokens with their lines.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, LexError, Punct, Spacing, Span, TokenStream, TokenTree};

/// Signs that are one token together.
const PAIRS: &[&str] = &["::", "!="];

/// A word, a sign, a literal, or one half of a pair of brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    fn new(text: impl Into<String>, span: Span) -> Self {
        Self {
            text: text.into(),
            line: span.start().line,
        }
    }

    /// Whether this is a name or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Every token of the text. Comments are gone; doc comments are attributes with a string.
pub(super) fn flatten(text: &str) -> Result<Vec<Token>, LexError> {
    let mut tokens = Vec::new();
    push_stream(TokenStream::from_str(text)?, &mut tokens);
    Ok(tokens)
}

fn push_stream(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut joint = false;
    for tree in stream {
        let was_joint = joint;
        joint = false;
        match tree {
            TokenTree::Punct(sign) => {
                joint = !push_sign(&sign, was_joint, tokens) && sign.spacing() == Spacing::Joint;
            }
            TokenTree::Ident(word) => tokens.push(Token::new(word.to_string(), word.span())),
            TokenTree::Literal(literal) => {
                tokens.push(Token::new(literal.to_string(), literal.span()));
            }
            TokenTree::Group(group) => push_group(&group, tokens),
        }
    }
}

/// Adds a sign, and tells whether it made one token with the sign before it.
fn push_sign(sign: &Punct, is_joined: bool, tokens: &mut Vec<Token>) -> bool {
    if let Some(last) = tokens.last_mut().filter(|_| is_joined) {
        let pair = format!("{}{}", last.text, sign.as_char());
        if PAIRS.contains(&pair.as_str()) {
            last.text = pair;
            return true;
        }
    }
    tokens.push(Token::new(sign.as_char(), sign.span()));
    false
}

fn push_group(group: &Group, tokens: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return push_stream(group.stream(), tokens),
    };
    tokens.push(Token::new(open, group.span_open()));
    push_stream(group.stream(), tokens);
    tokens.push(Token::new(close, group.span_close()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        flatten(text)
            .expect("Rust")
            .into_iter()
            .map(|t| t.text)
            .collect()
    }

    #[test]
    fn brackets_open_and_close_on_their_own_lines() {
        let tokens = flatten("fn f() {\n    a::b\n}").expect("Rust");
        let close = tokens.last().expect("a brace");
        assert_eq!((close.text.as_str(), close.line), ("}", 3));
        assert_eq!(texts("x: a::b"), ["x", ":", "a", "::", "b"]);
    }

    #[test]
    fn a_colon_before_a_path_stays_a_colon() {
        assert_eq!(texts("x: ::a"), ["x", ":", "::", "a"]);
        assert_eq!(texts("x:&T"), ["x", ":", "&", "T"]);
        assert_eq!(
            texts("a!=b; a!(b)"),
            ["a", "!=", "b", ";", "a", "!", "(", "b", ")"]
        );
    }

    #[test]
    fn comments_and_strings_hide_their_words() {
        let tokens = texts("// todo!()\nlet s = \"todo!()\"; /* dbg!() */");
        assert!(!tokens.iter().any(|t| t == "todo" || t == "dbg"));
    }
}
