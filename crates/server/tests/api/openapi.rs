//! The description of the API, and what the API really does.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use duly_api::Code;
use serde_json::Value;

use crate::support::{Api, request};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Set, and the test writes the file anew instead of comparing with it.
const RENEW: &str = "DULY_RENEW_OPENAPI";

fn document() -> Value {
    serde_json::from_slice(&duly_server::openapi()).unwrap()
}

/// Each operation, by path and method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// What a reference means.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let to = value["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    to.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

/// A path that names something.
fn filled(path: &str) -> String {
    let id = "01932f5e-7c1a-7b3e-9d55-0242ac120002";
    let path = path.replace("{id}", id).replace("{incarnation}", id);
    path.replace("{name}", "q")
}

#[tokio::test]
async fn it_is_served_as_it_is() {
    let answer = Api::new().get("/v1/openapi.json").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.body, document());
    let version = answer.body["openapi"].as_str().unwrap();
    assert!(version.starts_with("3.1."), "{version}");
}

#[test]
fn the_copy_in_the_documentation_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = duly_server::openapi();
    if std::env::var_os(RENEW).is_some() {
        return std::fs::write(path, text).unwrap();
    }
    let copy = std::fs::read(path).unwrap_or_default();
    assert!(
        copy == text,
        "docs/openapi.json is not what the server says: renew it with \
         `{RENEW}=1 cargo test -p duly-server --test api openapi`"
    );
}

#[tokio::test]
async fn each_path_knows_the_methods_that_are_described_and_no_others() {
    let api = Api::new();
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            let request = request(&method.to_uppercase(), &filled(path));
            let answer = api.send(request.body(Body::empty()).unwrap()).await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            if item.get(method).is_some() {
                let unknown = ["RouteNotFound", "MethodNotAllowed"].contains(&code);
                assert!(!unknown, "{method} {path}: {code}");
                let status = answer.status.as_u16().to_string();
                let described = &item[method]["responses"][&status];
                assert!(described.is_object(), "{method} {path}: {status} {code}");
            } else {
                assert_eq!(code, "MethodNotAllowed", "{method} {path}");
            }
        }
    }
}

#[test]
fn no_parameter_is_null() {
    let document = document();
    let mut seen = 0;
    for (path, method, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let schema = parameter["schema"].to_string();
            assert!(!schema.contains("null"), "{method} {path}: {parameter}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(document: &Value, value: &Value, seen: &mut usize) {
        match value {
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                    let pointer = to.strip_prefix('#').expect("within the document");
                    assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
                    *seen += 1;
                }
                members
                    .values()
                    .for_each(|value| follow(document, value, seen));
            }
            Value::Array(values) => {
                values
                    .iter()
                    .for_each(|value| follow(document, value, seen));
            }
            _ => {}
        }
    }
    let document = document();
    let mut seen = 0;
    follow(&document, &document, &mut seen);
    assert!(seen > 100, "{seen}");
}

#[tokio::test]
async fn no_operation_takes_a_parameter_that_nobody_asked_for() {
    let (api, document) = (Api::new(), document());
    for (path, method, _) in operations(&document) {
        let asked = format!("{}?surprise=1", filled(path));
        let of = if path == "/v1/import" {
            "application/x-ndjson"
        } else {
            "application/json"
        };
        let asked = request(&method.to_uppercase(), &asked).header("content-type", of);
        let body = if method == "get" { "" } else { "{}" };
        let answer = api.send(asked.body(Body::from(body)).unwrap()).await;
        let refusal = answer.refusal(422, "InvalidInput");
        assert_eq!(refusal["field"], "surprise", "{method} {path}: {refusal}");
    }
}

#[test]
fn operations_have_names_of_their_own_and_tell_all_codes() {
    let document = document();
    let (mut ids, mut codes) = (BTreeSet::new(), BTreeSet::new());
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} is there twice");
        let summary = operation["summary"].as_str().unwrap();
        assert!(
            !summary.contains("/v1") && summary.ends_with('.'),
            "{summary}"
        );
        for name in operation["x-codes"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let code = Code::ALL.iter().find(|code| code.name() == name);
            let code = code.unwrap_or_else(|| panic!("{method} {path}: there is no code {name}"));
            let answer = &operation["responses"][code.status().to_string()];
            let answer = resolved(&document, answer);
            let examples = &answer["content"]["application/problem+json"]["examples"];
            assert_eq!(examples[name]["value"]["code"], name, "{method} {path}");
            codes.insert(name);
        }
    }
    // These two are answered where there is no operation.
    let nowhere = [Code::RouteNotFound, Code::MethodNotAllowed];
    for code in Code::ALL.iter().filter(|code| !nowhere.contains(code)) {
        assert!(codes.contains(code.name()), "no operation tells of {code}");
    }
}
