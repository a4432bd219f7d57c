//! Access tokens: kept as hashes, compared in constant time.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// Characters of a token at least: fewer could be guessed.
pub(super) const TOKEN_CHARS_MIN: usize = 32;

/// A token, as the hash that tells it from others.
#[derive(Clone)]
pub(super) struct Token([u8; 32]);

impl Token {
    /// None if it is too short, or cannot be sent in a header.
    pub(super) fn new(text: &str) -> Option<Self> {
        let can_be_sent = text.bytes().all(|byte| byte.is_ascii_graphic());
        (can_be_sent && text.len() >= TOKEN_CHARS_MIN).then(|| Self(hash(text)))
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The tokens that are good. Their `Debug` shows how many they are.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Vec<Token>);

impl Tokens {
    pub(super) fn push(&mut self, token: Token) {
        self.0.push(token);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them. How long it takes does not tell how near it came.
    pub(crate) fn know(&self, text: &str) -> bool {
        let asked = hash(text);
        let none = Choice::from(0);
        let known = self
            .0
            .iter()
            .fold(none, |known, token| known | token.0.ct_eq(&asked));
        known.into()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_known_and_nothing_else() {
        let mut tokens = Tokens::default();
        let (one, other) = ("a".repeat(32), "b".repeat(33));
        tokens.push(Token::new(&one).unwrap());
        tokens.push(Token::new(&other).unwrap());
        assert!(tokens.know(&one) && tokens.know(&other));
        assert!(!tokens.know(&"a".repeat(33)) && !tokens.know(""));
        assert!(Token::new(&"a".repeat(31)).is_none());
    }
}
