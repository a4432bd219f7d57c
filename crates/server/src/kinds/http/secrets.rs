//! What an error must not repeat, although the answer that it quotes may: an error is logged, and
//! there are servers that answer with the request.

use reqwest::Url;
use reqwest::header::HeaderMap;

/// Shorter parts are no secrets, and would black out half of any text.
const PART_BYTES_MIN: usize = 6;
/// What stands in their place.
const HIDDEN: &str = "[hidden]";

/// The parts of a request that may be secret: its headers' values, what follows `?` in its URL, its
/// credentials, and its body as a whole.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    pub(super) fn of(url: &Url, headers: &HeaderMap, body: Option<&str>) -> Self {
        let values = headers.values().filter(|value| value.is_sensitive());
        let values = values.filter_map(|value| value.to_str().ok());
        let mut parts: Vec<String> = values
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect();
        parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
        parts.extend([url.username(), url.password().unwrap_or_default()].map(str::to_owned));
        parts.extend(body.map(|body| body.trim().to_owned()));
        parts.retain(|part| part.len() >= PART_BYTES_MIN);
        // The longest first: what contains another must go before only its rest is left.
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Self(parts)
    }

    /// The text without them.
    pub(super) fn hide(&self, text: String) -> String {
        let hide = |text: String, part: &String| text.replace(part.as_str(), HIDDEN);
        self.0.iter().fold(text, hide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn what_was_sent_is_not_repeated() {
        let url = Url::parse("https://me:p4ssword@a/?key=k3y-of-mine&page=2").unwrap();
        let mut token = HeaderValue::from_static("Bearer t0ken-of-mine");
        token.set_sensitive(true);
        let headers = [(reqwest::header::AUTHORIZATION, token)]
            .into_iter()
            .collect();
        let secrets = Secrets::of(&url, &headers, Some("the body"));
        let echo = "page 2 of t0ken-of-mine, k3y-of-mine, p4ssword: the body is bad";
        assert_eq!(
            secrets.hide(echo.to_owned()),
            "page 2 of [hidden], [hidden], [hidden]: [hidden] is bad"
        );
    }
}
