//! From payload to job, with errors that say where, and never what: payloads are other people's data.

use duly_store::{Encoding, Payload};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The job of a payload, or why it is none.
pub(crate) fn decode<J: DeserializeOwned>(kind: &str, payload: &Payload) -> Result<J, String> {
    if let Some(key) = &payload.key_id {
        return Err(format!(
            "the payload of kind \"{kind}\" is encrypted (key \"{key}\"): register a raw handler"
        ));
    }
    if payload.encoding != Encoding::Json {
        return Err(format!(
            "the payload of kind \"{kind}\" is {:?}, expected Json: register a raw handler",
            payload.encoding
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(&payload.bytes);
    let job = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        refusal(kind, &path, error.inner())
    })?;
    json.end().map_err(|error| refusal(kind, ".", &error))?;
    Ok(job)
}

fn refusal(kind: &str, path: &str, error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data => said_of_types(&error.to_string()),
        Category::Eof => "the JSON ends too early".to_owned(),
        Category::Syntax | Category::Io => "not JSON".to_owned(),
    };
    let (line, column) = (error.line(), error.column());
    format!(
        "the payload of kind \"{kind}\" does not decode at {path} (line {line} column {column}): {what}"
    )
}

/// What serde's message says of types, without the values that it quotes.
fn said_of_types(message: &str) -> String {
    let known = ["missing field ", "duplicate field "];
    if known.iter().any(|start| message.starts_with(start)) {
        return without_position(message).to_owned();
    }
    let found = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .map(|rest| rest.split(['`', '"', ',', '\'']).next().unwrap_or(rest));
    match (found, message.rsplit_once(", expected ")) {
        (Some(found), Some((_, expected))) => {
            let expected = without_position(expected);
            format!("found {}, expected {expected}", found.trim_end())
        }
        _ => "it does not fit the type of the handler's job".to_owned(),
    }
}

fn without_position(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(said, _)| said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Mail {
        #[serde(rename = "to")]
        _to: Vec<u64>,
    }

    fn refused(json: &str) -> String {
        decode::<Mail>("mail", &Payload::json(json)).unwrap_err()
    }

    #[test]
    fn a_message_says_where_and_never_what() {
        let error = refused(r#"{"to": [1, "top secret, expected nothing"]}"#);
        assert_eq!(
            error,
            "the payload of kind \"mail\" does not decode at to[1] (line 1 column 41): \
             found string, expected u64"
        );
        assert!(refused("{}").ends_with("missing field `to`"));
        assert!(!refused(r#"{"secret": 1}"#).contains(": secret"));
        assert!(refused(r#"{"to": [-9]}"#).contains("found integer, expected u64"));
    }

    #[test]
    fn what_is_not_json_is_said_so() {
        assert!(refused("{").ends_with("the JSON ends too early"));
        assert!(refused("hello").ends_with("not JSON"));
        assert!(refused(r#"{"to": []} more"#).ends_with("not JSON"));
    }

    #[test]
    fn bytes_and_encrypted_payloads_want_a_raw_handler() {
        let bytes = Payload::bytes(vec![1, 2]);
        assert!(
            decode::<Mail>("mail", &bytes)
                .unwrap_err()
                .contains("raw handler")
        );
        let mut sealed = Payload::json("{}");
        sealed.key_id = Some("k1".into());
        assert!(
            decode::<Mail>("mail", &sealed)
                .unwrap_err()
                .contains("\"k1\"")
        );
    }

    #[test]
    fn a_job_decodes() {
        let payload = Payload::json(r#"{"to": [1, 2]}"#);
        assert!(decode::<Mail>("mail", &payload).is_ok());
        assert_eq!(decode::<()>("tick", &Payload::default()), Ok(()));
    }
}
