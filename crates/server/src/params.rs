//! The parameters of a query. What cannot be decoded is refused and not guessed, and so is what
//! nobody asked for: leaving it out would answer another question.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use duly_api::Problem;

use crate::App;
use crate::bounds::PARAMETERS_MAX;
use crate::refusal::Refusal;

/// The parameters, in order, as often as they are given.
#[derive(Debug, Default)]
pub(crate) struct Params(pub(crate) Vec<(String, String)>);

impl FromRequestParts<App> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// There are no parameters.
pub(crate) struct NoParams;

impl FromRequestParts<App> for NoParams {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refusal> {
        let pairs = read(parts.uri.query().unwrap_or_default())?;
        match pairs.into_iter().next() {
            None => Ok(Self),
            Some((name, _)) => Err(unknown(&name, "none")),
        }
    }
}

/// There is no parameter of this name.
pub(crate) fn unknown(name: &str, known: &str) -> Refusal {
    let detail = format!("there is no parameter {name:?}: expected {known}");
    Problem::invalid(name, known, detail).into()
}

fn read(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    if pairs.clone().count() > PARAMETERS_MAX {
        let expected = format!("at most {PARAMETERS_MAX} parameters");
        let detail = format!("the query has too many parameters: expected {expected}");
        return Err(Problem::invalid("query", expected, detail).into());
    }
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or_else(|| undecodable(name))?;
        let value = decode(value).ok_or_else(|| undecodable(&name))?;
        Ok((name, value))
    });
    decoded.collect()
}

fn undecodable(name: &str) -> Refusal {
    let expected = "UTF-8, with % and two hexadecimal digits for what a URL cannot hold";
    let detail = format!("the parameter {name:?} cannot be decoded: expected {expected}");
    Problem::invalid(name, expected, detail).into()
}

/// The text that a part of a query means.
fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let pairs = read("a=1&b=%C3%A4+x%3d&&c&a=2").unwrap();
        let expected = [("a", "1"), ("b", "ä x="), ("c", ""), ("a", "2")];
        assert_eq!(pairs, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff", "%ff=a", "a=%C3"] {
            assert!(read(query).is_err(), "{query}");
        }
        assert!(read(&"a&".repeat(PARAMETERS_MAX)).is_ok());
        assert!(read(&"a&".repeat(PARAMETERS_MAX + 1)).is_err());
    }
}
