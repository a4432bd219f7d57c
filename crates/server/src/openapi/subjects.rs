//! The operations that queues, kinds and tenants have in common, described once.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{HttpMethod, OpenApi};

use crate::routes::subjects::Subject;

/// Adds the operations.
pub(super) struct Subjects;

impl Modify for Subjects {
    fn modify(&self, document: &mut OpenApi) {
        for subject in all() {
            for verb in subject.verbs() {
                let path = format!("/v1/{}/{{name}}/{}", subject.path, verb.name);
                let item = PathItem::new(HttpMethod::Post, subject.operation(verb));
                document.paths.paths.insert(path, item);
            }
        }
    }
}

/// How the description calls one.
struct Words {
    what: &'static str,
    schema: &'static str,
    path: &'static str,
    not_found: &'static str,
    /// What a pause does.
    paused: &'static str,
    /// What waits in it, or of it.
    waiting: &'static str,
    /// What tells that it is drained.
    empty: &'static str,
}

/// What is done to one.
struct Verb {
    name: &'static str,
    summary: String,
    answer: String,
}

fn all() -> [Words; 3] {
    use duly_api::{Kind, Queue, Tenant};
    fn words<S: Subject>(schema: &'static str, path: &'static str) -> Words {
        Words {
            what: S::WHAT,
            schema,
            path,
            not_found: S::NOT_FOUND.name(),
            paused: "nothing of it starts any more.",
            waiting: "everything of it that waits",
            empty: "`unfinished` is 0",
        }
    }
    let queue = Words {
        paused: "nothing starts from it any more.",
        waiting: "everything that waits in it",
        empty: "`tasks` has none that is not finished",
        ..words::<Queue>("Queue", "queues")
    };
    let kind = words::<Kind>("Kind", "kinds");
    [queue, kind, words::<Tenant>("Tenant", "tenants")]
}

impl Words {
    fn verbs(&self) -> [Verb; 5] {
        let Self { what, empty, .. } = self;
        let verb = |name, summary: &str, answer| Verb {
            name,
            summary: summary.to_owned(),
            answer,
        };
        let worked_off = "it takes in no new tasks any more; those that are there are worked off.";
        let called_off = format!("{} is called off; what runs goes on.", self.waiting);
        let more = "What was done; `next` is set if there is more to do";
        let draining = format!("The {what}, draining: empty once {empty}");
        let of = |state| format!("The {what}, {state}");
        [
            verb("pause", self.paused, of("paused")),
            verb("resume", "what is due may start again.", of("resumed")),
            verb("drain", worked_off, draining),
            verb("undrain", "it takes in new tasks again.", of("open")),
            verb("purge", &called_off, more.to_owned()),
        ]
    }

    fn operation(&self, verb: Verb) -> Operation {
        let is_purge = verb.name == "purge";
        let answer = if is_purge { "BulkDone" } else { self.schema };
        let mut told = json!({
            "tags": [self.path],
            "summary": verb.summary,
            "operationId": format!("{}_{}", verb.name, self.what),
            "parameters": [{
                "name": "name",
                "in": "path",
                "description": format!("The {}", self.what),
                "required": true,
                "schema": of("Name"),
            }],
            "responses": {"200": {
                "description": verb.answer,
                "content": {"application/json": {"schema": of(answer)}},
            }},
            "x-codes": [
                self.not_found, "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt",
            ],
        });
        if is_purge {
            let body = json!({"schema": of("Purge"), "example": {"dry_run": true}});
            told["requestBody"] = json!({"content": {"application/json": body}});
        }
        serde_json::from_value(told).expect("it is written as operations are")
    }
}

fn of(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}
