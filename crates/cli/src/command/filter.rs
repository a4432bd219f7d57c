//! Which tasks: the same options wherever several are meant.

use duly_core::{State, Timestamp};

use crate::client::Parameter;

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Which tasks")]
pub(crate) struct Filter {
    /// Only in these states, with commas between them; may be repeated
    #[arg(long, value_delimiter = ',', value_parser = super::state(), value_name = "STATE")]
    state: Vec<State>,
    /// Only in this queue
    #[arg(long)]
    queue: Option<String>,
    /// Only of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Only held by this worker, or held by it at the end
    #[arg(long)]
    worker: Option<String>,
    /// Only waiting, and due before this
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    due_before: Option<Timestamp>,
    /// Only unfinished although a deadline of theirs has passed
    #[arg(long)]
    overdue: bool,
    /// Only submitted at this or later
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    submitted_from: Option<Timestamp>,
    /// Only submitted before this
    #[arg(long, value_parser = super::instant, value_name = "TIME")]
    submitted_before: Option<Timestamp>,
    /// Only with this label
    #[arg(long, value_parser = super::label, value_name = "NAME=VALUE")]
    label: Option<(String, String)>,
}

/// The options by their ids: they go together with no list of tasks.
pub(super) const OPTIONS: [&str; 10] = [
    "state",
    "queue",
    "kind",
    "tenant",
    "worker",
    "due_before",
    "overdue",
    "submitted_from",
    "submitted_before",
    "label",
];

impl Filter {
    /// As it goes over the wire in a body.
    pub(super) fn wire(&self) -> duly_api::Filter {
        let label = self.label.as_ref();
        duly_api::Filter {
            state: self.state.clone(),
            queue: self.queue.clone(),
            kind: self.kind.clone(),
            tenant: self.tenant.clone(),
            worker: self.worker.clone(),
            due_before: self.due_before,
            overdue: self.overdue,
            submitted_from: self.submitted_from,
            submitted_before: self.submitted_before,
            label: label.map(|(name, value)| format!("{name}={value}")),
        }
    }

    /// As parameters of a query.
    pub(super) fn query(&self) -> Vec<Parameter> {
        let states = self.state.iter();
        let mut query: Vec<Parameter> = states.map(|state| ("state", state.to_string())).collect();
        let time = |at: Option<Timestamp>| at.map(duly_api::time::format);
        let label = self.label.as_ref();
        let label = label.map(|(name, value)| format!("{name}={value}"));
        for (name, value) in [
            ("queue", self.queue.clone()),
            ("kind", self.kind.clone()),
            ("tenant", self.tenant.clone()),
            ("worker", self.worker.clone()),
            ("due_before", time(self.due_before)),
            ("overdue", self.overdue.then(|| "true".to_owned())),
            ("submitted_from", time(self.submitted_from)),
            ("submitted_before", time(self.submitted_before)),
            ("label", label),
        ] {
            query.extend(value.map(|value| (name, value)));
        }
        query
    }
}
