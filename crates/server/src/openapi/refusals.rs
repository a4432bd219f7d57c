//! How refusals look: of each operation by the codes that it names, and by those that all have.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use duly_api::{Code, Problem};
use serde_json::json;
use utoipa::Modify;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::{
    Content, ContentBuilder, Header, Object, OpenApi, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema,
    example::ExampleBuilder,
    schema::{ObjectBuilder, SchemaType, Type},
};

/// Where an operation names its codes; all of them stand there in the end.
const CODES: &str = "x-codes";

/// Operations whose body may be left out.
const OPTIONAL: [&str; 4] = ["retry_task", "purge_queue", "purge_kind", "purge_tenant"];

/// What any request may be answered.
const COMMON: [Code; 6] = [
    Code::InvalidInput,
    Code::OriginNotAllowed,
    Code::HostNotAllowed,
    Code::UnsupportedMediaType,
    Code::Unauthorized,
    Code::Internal,
];

/// Adds the refusals.
pub(super) struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut OpenApi) {
        let mut answers = Answers::new();
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.post,
                &mut item.put,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                complete(operation, &mut answers);
            }
        }
        let components = document.components.get_or_insert_default();
        components.responses.extend(answers);
    }
}

/// The answers that operations share, by their names.
type Answers = BTreeMap<String, RefOr<Response>>;

fn complete(operation: &mut Operation, answers: &mut Answers) {
    if let Some(RefOr::T(body)) = operation.request_body.as_mut()
        && OPTIONAL.contains(&operation.operation_id.as_deref().unwrap_or_default())
    {
        body.required = Some(Required::False);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter { schema, .. }) = parameter {
            schema.iter_mut().for_each(never_null);
        }
    }
    let extensions = operation.extensions.get_or_insert_default();
    let named = extensions
        .get(CODES)
        .and_then(|codes| codes.as_array().cloned());
    let named = named.unwrap_or_default();
    let is_open = operation.security.is_some();
    let codes: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| *code != Code::Unauthorized || !is_open)
        .filter(|code| COMMON.contains(code) || named.contains(&json!(code.name())))
        .collect();
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    *extensions = Extensions::from_iter([(CODES, json!(names))]);
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().push(code);
    }
    for (status, codes) in by_status {
        let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
        let name = names.join("Or");
        let known = &mut operation.responses.responses;
        if let Entry::Vacant(place) = known.entry(status.to_string()) {
            place.insert(RefOr::Ref(Ref::from_response_name(&name)));
            answers.insert(name, RefOr::T(answer(status, &codes)));
        }
    }
    if let Some(summary) = operation.summary.take() {
        operation.summary = Some(plain(&summary));
    }
}

/// A header is text, or is not there.
fn never_null(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(Object { schema_type, .. })) = schema
        && let SchemaType::Array(types) = schema_type
        && let [only, Type::Null] = &types[..]
    {
        *schema_type = SchemaType::Type(only.clone());
    }
}

/// What the documentation of the code says, without the route that it begins with.
fn plain(summary: &str) -> String {
    let text = match summary.split_once("`: ") {
        Some((route, rest)) if route.starts_with('`') => rest,
        _ => summary,
    };
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

fn answer(status: u16, codes: &[Code]) -> Response {
    let meaning = |code: &Code| format!("`{code}`: {}", code.title());
    let description: Vec<_> = codes.iter().map(meaning).collect();
    let mut response = ResponseBuilder::new()
        .description(description.join(". "))
        .content("application/problem+json", problem(codes));
    for (name, of, meaning) in [
        (
            "Retry-After",
            &[429, 503][..],
            "After how many seconds to try again",
        ),
        ("WWW-Authenticate", &[401], "How to bring a token"),
    ] {
        if of.contains(&status) {
            response = response.header(name, header(meaning));
        }
    }
    response.build()
}

fn header(meaning: &str) -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some(meaning.to_owned());
    header
}

fn problem(codes: &[Code]) -> Content {
    let example = |code: &Code| {
        let problem = Problem::new(*code, "what was wrong this time, and what to do");
        let value = serde_json::to_value(problem).expect("text and numbers become JSON");
        let example = ExampleBuilder::new()
            .summary(code.title())
            .value(Some(value));
        (code.name(), RefOr::T(example.build()))
    };
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(codes.iter().map(example))
        .build()
}
