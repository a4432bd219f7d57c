//! Who calls brings a token, where one is wanted.

use axum::http::{HeaderMap, header};
use duly_api::{Code, Problem};

use crate::options::Tokens;
use crate::refusal::Refusal;

/// Refuses what has no token that is known, if there are tokens.
pub(super) fn check(headers: &HeaderMap, tokens: &Tokens) -> Result<(), Refusal> {
    if tokens.is_empty() || bearer(headers).is_some_and(|token| tokens.know(token)) {
        return Ok(());
    }
    let detail = "expected one of the server's tokens: `Authorization: Bearer TOKEN`";
    Err(Problem {
        field: Some("Authorization".to_owned()),
        expected: Some("Bearer and a token".to_owned()),
        ..Problem::new(Code::Unauthorized, detail)
    }
    .into())
}

/// The one token that is brought.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}
