//! Every setting, with its default. How each is documented, read and shown is said here, once.

use std::collections::BTreeMap;

use crate::form;
use crate::group::{About, Effect, Group, Ordered, Slot, Visitor};

mod health;
mod http;
mod limit;
mod logs;
mod priority_rule;
mod queue;
mod schedule;
mod server;
mod shell;
mod store;
mod tenant;
mod worker;

pub use health::Health;
pub use http::Http;
pub use limit::Limit;
pub use logs::{LogFormat, Logs};
pub use priority_rule::PriorityRule;
pub use queue::Queue;
pub use schedule::Schedule;
pub use server::Server;
pub use shell::{Command, Shell};
pub use store::StoreUrl;
pub use tenant::Tenant;
pub use worker::Worker;

/// What holds for a process.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// What this configuration is called, if it says so.
    pub name: Option<String>,
    /// Where the tasks are.
    pub store: StoreUrl,
    /// The HTTP API.
    pub server: Server,
    /// What this process runs.
    pub worker: Worker,
    /// Queues, by name.
    pub queues: BTreeMap<String, Queue>,
    /// Tenants, by name.
    pub tenants: BTreeMap<String, Tenant>,
    /// Limits, by name.
    pub limits: BTreeMap<String, Limit>,
    /// Priority rules, by name, in their order.
    pub priority_rules: Ordered<PriorityRule>,
    /// Schedules, by name.
    pub schedules: BTreeMap<String, Schedule>,
    /// The kind `shell`.
    pub shell: Shell,
    /// The kind `http`.
    pub http: Http,
    /// When `/ready` says that something is not as it should be.
    pub health: Health,
    /// What is logged, and how.
    pub logs: Logs,
}

const NAME: About = About {
    name: "name",
    text: "What this configuration is called. The schedules that it declares are its own: of those, what \
it names no longer goes when a process starts with it. Configurations of one store that name different \
schedules need different names.",
    effect: Effect::AtStart,
    example: Some("billing"),
};

const STORE: About = About {
    name: "store",
    text: store::ABOUT,
    effect: Effect::AtStart,
    example: None,
};

impl Group for Settings {
    fn walk(&mut self, visitor: &mut dyn Visitor) {
        let mut name = Slot {
            value: &mut self.name,
            form: form::name().or_none(),
        };
        visitor.setting(&NAME, &mut name);
        let mut store = Slot {
            value: &mut self.store,
            form: form::store(),
        };
        visitor.setting(&STORE, &mut store);
        visitor.group("server", Server::ABOUT, &mut self.server);
        visitor.group("worker", Worker::ABOUT, &mut self.worker);
        visitor.named("queues", Queue::ABOUT, &mut self.queues);
        visitor.named("tenants", Tenant::ABOUT, &mut self.tenants);
        visitor.named("limits", Limit::ABOUT, &mut self.limits);
        visitor.named(
            "priority_rules",
            PriorityRule::ABOUT,
            &mut self.priority_rules,
        );
        visitor.named("schedules", Schedule::ABOUT, &mut self.schedules);
        visitor.group("shell", Shell::ABOUT, &mut self.shell);
        visitor.group("http", Http::ABOUT, &mut self.http);
        visitor.group("health", Health::ABOUT, &mut self.health);
        visitor.group("logs", Logs::ABOUT, &mut self.logs);
    }
}
