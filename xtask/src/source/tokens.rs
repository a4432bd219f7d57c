//! Rust text as a flat list of tokens with their lines.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, LexError, Spacing, Span, TokenStream, TokenTree};

/// A word, a sign, a literal, or one half of a pair of brackets. `::` is one token.
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
    let mut half_path = false;
    for tree in stream {
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == ':' && half_path => {
                half_path = false;
                tokens.push(Token::new("::", sign.span()));
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' => {
                half_path = sign.spacing() == Spacing::Joint;
                if !half_path {
                    tokens.push(Token::new(":", sign.span()));
                }
            }
            TokenTree::Punct(sign) => tokens.push(Token::new(sign.as_char(), sign.span())),
            TokenTree::Ident(word) => tokens.push(Token::new(word.to_string(), word.span())),
            TokenTree::Literal(literal) => {
                tokens.push(Token::new(literal.to_string(), literal.span()));
            }
            TokenTree::Group(group) => push_group(&group, tokens),
        }
    }
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
    }

    #[test]
    fn comments_and_strings_hide_their_words() {
        let tokens = texts("// todo!()\nlet s = \"todo!()\"; /* dbg!() */");
        assert!(!tokens.iter().any(|t| t == "todo" || t == "dbg"));
    }
}
