//! `duly rules`.

use std::collections::BTreeMap;

use duly::rules::{Arguments as Counted, Facts, PriorityRule, PriorityRules};
use duly_config::Config;
use duly_core::Priority;
use serde_json::json;
use serde_json::value::RawValue;

use crate::config;
use crate::failure::Failure;
use crate::output::{self, Table};

const EXAMPLES: &str = "\
Examples:
  duly rules test --kind mail.send --queue core
  duly rules test --kind mail.send --label hotfix=yes --payload '{\"to\": \"ada\"}'
  duly rules test --kind geo.area --payload-bytes 200000 --arguments 3 --priority high";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show which rule would decide how urgent a task is, and why the others would not; nothing is
    /// submitted
    #[command(after_help = EXAMPLES)]
    Test(Test),
}

/// A task that could be submitted.
#[derive(Debug, clap::Args)]
#[group(skip)]
struct Test {
    /// The kind of the task
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// The queue that it would wait in
    #[arg(long, value_name = "QUEUE", default_value = duly::NewTask::QUEUE_DEFAULT)]
    queue: String,
    /// A label of the task; may be repeated
    #[arg(long, value_parser = super::label, value_name = "NAME=VALUE")]
    label: Vec<(String, String)>,
    /// Its payload, as JSON
    #[arg(long, value_parser = super::json, value_name = "JSON",
          conflicts_with_all = ["payload_bytes", "arguments"])]
    payload: Option<Box<RawValue>>,
    /// How large its payload is; 0 unless given
    #[arg(long, value_name = "N", value_parser = super::number(0), allow_negative_numbers = true)]
    payload_bytes: Option<u64>,
    /// How many arguments its payload has; not known unless given
    #[arg(long, value_name = "N", value_parser = super::number(0), allow_negative_numbers = true)]
    arguments: Option<u64>,
    /// The priority that its submitter gives; left open unless given
    #[arg(long, value_parser = super::priority())]
    priority: Option<Priority>,
    #[command(flatten)]
    config: config::Arguments,
}

pub(crate) fn run(asked: Arguments, json: bool) -> Result<(), Failure> {
    match asked.command {
        Command::Test(task) => task.run(json),
    }
}

impl Test {
    fn run(self, as_json: bool) -> Result<(), Failure> {
        let config = config::load(&self.config.sources())?;
        let rules = config::compiled(&config)?;
        let labels: BTreeMap<_, _> = self.label.iter().cloned().collect();
        let facts = self.facts(&labels);
        let decided = rules.decide(&facts);
        let priority = decided.map(PriorityRule::priority).or(self.priority);
        let priority = priority.unwrap_or_default();
        if as_json {
            return print_json(&rules, &facts, decided, priority);
        }
        if let Some(table) = table(&rules, &facts, decided).render() {
            output::print(&format!("{table}\n"))?;
        }
        output::print(&verdict(&config, &rules, decided, self.priority))
    }

    fn facts<'a>(&'a self, labels: &'a BTreeMap<String, String>) -> Facts<'a> {
        let (bytes, arguments) = match (&self.payload, self.arguments) {
            (Some(json), _) => (
                json.get().len() as u64,
                Counted::Json(json.get().as_bytes()),
            ),
            (None, Some(count)) => (0, Counted::Count(count)),
            (None, None) => (0, Counted::Unknown),
        };
        Facts::new(&self.kind, &self.queue)
            .labels(labels)
            .payload_bytes(self.payload_bytes.unwrap_or(bytes))
            .arguments(arguments)
            .priority_given(self.priority.is_some())
    }
}

/// Why a rule does not decide; what it decides if it does.
fn reasons(rule: &PriorityRule, facts: &Facts<'_>, decided: Option<&PriorityRule>) -> Vec<String> {
    let reasons: Vec<_> = rule
        .mismatches(facts)
        .map(|reason| reason.to_string())
        .collect();
    match decided {
        Some(first) if reasons.is_empty() && first != rule => {
            vec![format!("rule {} comes before", first.name())]
        }
        _ => reasons,
    }
}

fn table(rules: &PriorityRules, facts: &Facts<'_>, decided: Option<&PriorityRule>) -> Table {
    let mut table = Table::new(&["RULE", "PRIORITY", "DECIDES", "WHY NOT"]);
    for rule in rules.iter() {
        let reasons = reasons(rule, facts, decided);
        let decides = if reasons.is_empty() { "yes" } else { "no" };
        table.row(vec![
            output::printable(rule.name()).into_owned(),
            rule.priority().to_string(),
            decides.to_owned(),
            output::printable(&reasons.join("; ")).into_owned(),
        ]);
    }
    table
}

fn verdict(
    config: &Config,
    rules: &PriorityRules,
    decided: Option<&PriorityRule>,
    given: Option<Priority>,
) -> String {
    let there_are = match (rules.is_empty(), config.file()) {
        (false, _) => "no rule decides".to_owned(),
        (true, Some(file)) => format!("there are no rules in {}", file.display()),
        (true, None) => "there is no file with rules".to_owned(),
    };
    match (decided, given) {
        (Some(rule), _) => {
            let name = output::printable(rule.name());
            format!("rule {name} decides: priority {}", rule.priority())
        }
        (None, Some(given)) => format!("{there_are}: priority {given}, as given"),
        (None, None) => format!("{there_are}: priority {}", Priority::default()),
    }
}

fn print_json(
    rules: &PriorityRules,
    facts: &Facts<'_>,
    decided: Option<&PriorityRule>,
    priority: Priority,
) -> Result<(), Failure> {
    let all = rules.iter().map(|rule| {
        json!({
            "rule": rule.name(),
            "priority": rule.priority().name(),
            "decides": decided == Some(rule),
            "why_not": reasons(rule, facts, decided),
        })
    });
    output::print_json(&json!({
        "rule": decided.map(PriorityRule::name),
        "priority": priority.name(),
        "rules": all.collect::<Vec<_>>(),
    }))
}
