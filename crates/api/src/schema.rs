//! Schemas for the OpenAPI document of what other rooms define: they stand where a field's own type
//! cannot describe itself.

use std::borrow::Cow;

use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident = $object:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    RefOr::T(Schema::Object($object))
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*
    };
}

schemas! {
    /// The id of a task.
    TaskId = formatted("uuid", "The id of a task: a UUID.");
    /// One life of a worker.
    Incarnation = formatted("uuid", "One life of a worker: a UUID.");
    /// The name of a queue, a kind or a worker.
    Name = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]+$"))
        .description(Some("A name: at most 128 bytes, without control characters."))
        .build();
    /// A JSON pointer.
    Pointer = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^(/([^/~]|~[01])*)*$"))
        .description(Some("A JSON pointer, as in RFC 6901, such as /user/id."))
        .build();
    /// An instant.
    Instant = formatted("date-time", "An instant, as in RFC 3339, of the years 1684 to 2255.");
    /// How urgent a task is.
    Priority = words(
        "How urgent a task is.",
        duly_core::Priority::ALL.iter().map(|one| one.name()),
    );
    /// Where a task is in its life.
    State = words(
        "Where a task is in its life.",
        duly_core::State::ALL.iter().map(|one| one.name()),
    );
    /// What happened to a task.
    EventKind = words(
        "What happened to a task.",
        duly_core::EventKind::ALL.iter().map(|one| one.name()),
    );
    /// Any JSON.
    Json = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
        .description(Some("Any JSON."))
        .build();
}

fn formatted(format: &str, description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::Custom(format.to_owned())))
        .description(Some(description))
        .build()
}

fn words(description: &str, words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_core() {
        let state = serde_json::to_value(State::schema()).unwrap();
        let words = state["enum"].as_array().unwrap();
        assert_eq!(words.len(), duly_core::State::COUNT);
        assert!(words.contains(&"timed_out".into()));
    }

    #[test]
    fn types_name_the_schemas_of_their_fields() {
        let task = serde_json::to_value(crate::NewTask::schema()).unwrap();
        let run_at = task["properties"]["run_at"].to_string();
        assert!(run_at.contains("#/components/schemas/Instant"), "{run_at}");
        assert_eq!(task["additionalProperties"], false);
        let mut all = Vec::new();
        <crate::Task as ToSchema>::schemas(&mut all);
        for name in ["Instant", "State", "Retry", "Event"] {
            assert!(all.iter().any(|(known, _)| known == name), "{name}");
        }
    }
}
