//! The template: every setting, with its default.

use duly_config::{Settings, template};

use crate::support::load;

const FILE: &str = include_str!("../../../../config/duly.yaml");

/// The file with every setting set.
fn uncommented() -> String {
    let line = |line: &str| match line.trim_start().strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => {
            line.replacen('#', "", 1)
        }
        _ => line.to_owned(),
    };
    FILE.lines().map(|text| line(text) + "\n").collect()
}

#[test]
fn the_file_is_what_the_settings_make_it() {
    // `cargo run -p duly-cli -- config template > config/duly.yaml` writes it anew.
    assert_eq!(FILE, template());
}

#[test]
fn as_it_is_it_changes_nothing() {
    assert_eq!(load(FILE).settings, Settings::default());
}

/// What has no default to show has an example.
const EXAMPLES: &[&str] = &[
    "http.allow",
    "http.deny",
    "limits.mailer.burst",
    "limits.mailer.kinds",
    "limits.mailer.queues",
    "limits.mailer.rate",
    "limits.mailer.tenants",
    "name",
    "priority_rules.hotfix.arguments_at_least",
    "priority_rules.hotfix.arguments_at_most",
    "priority_rules.hotfix.kinds",
    "priority_rules.hotfix.labels",
    "priority_rules.hotfix.payload_bytes_at_least",
    "priority_rules.hotfix.payload_bytes_at_most",
    "priority_rules.hotfix.priority",
    "priority_rules.hotfix.queues",
    "queues.default.bound",
    "queues.default.draining",
    "queues.default.fair",
    "queues.default.keep_completed",
    "queues.default.keep_failed",
    "queues.default.order",
    "queues.default.paused",
    "schedules.digest.alert_unfinished",
    "schedules.digest.alert_unstarted",
    "schedules.digest.deadline",
    "schedules.digest.end",
    "schedules.digest.finish_within",
    "schedules.digest.kind",
    "schedules.digest.labels",
    "schedules.digest.limits",
    "schedules.digest.max_attempts",
    "schedules.digest.max_runs",
    "schedules.digest.on_conflict",
    "schedules.digest.payload",
    "schedules.digest.priority",
    "schedules.digest.queue",
    "schedules.digest.start",
    "schedules.digest.tenant",
    "schedules.digest.timeout",
    "schedules.digest.unique_key",
    "schedules.digest.unique_scope",
    "schedules.digest.when",
    "schedules.digest.zone",
    "server.hosts",
    "server.token_file",
    "shell.commands.compress.args",
    "shell.commands.compress.dir",
    "shell.commands.compress.env",
    "shell.commands.compress.pass_env",
    "shell.commands.compress.program",
    "shell.commands.compress.retry",
    "shell.commands.compress.timeout",
    "tenants.acme.draining",
    "tenants.acme.paused",
    "tenants.acme.weight",
    "worker.labels",
    "worker.listen",
    "worker.name",
    "worker.queue_weights",
];

#[test]
fn every_line_can_be_uncommented_and_says_the_default() {
    let all = load(&uncommented());
    let defaults = load(
        "queues: {default: {}}\ntenants: {acme: {}}\nlimits: {mailer: {concurrency: 10}}\npriority_rules: {hotfix: {priority: low}}\nschedules: {digest: {when: \"@daily\", kind: a}}\nshell: {commands: {compress: {program: a}}}\n",
    );
    let differences = defaults.differences(&all);
    let mut examples: Vec<_> = differences.iter().map(|change| &*change.setting).collect();
    examples.sort_unstable();
    assert_eq!(examples, EXAMPLES);
    for change in &differences {
        assert!(
            matches!(
                change.from.to_string().as_str(),
                "null" | "[]" | "{}" | "\"a\"" | "\"low\"" | "\"@daily\""
            ),
            "{change}"
        );
    }
}

#[test]
fn every_setting_is_there_and_each_line_is_a_setting() {
    let all = load(&uncommented());
    let rows = all.rows();
    for row in &rows {
        assert_ne!(
            row.origin.to_string(),
            "default",
            "{} is missing",
            row.setting
        );
    }
    let is_setting = |line: &&str| line.trim_start().starts_with('#') && !line.contains("# ");
    let lines = FILE
        .lines()
        .filter(is_setting)
        .filter(|line| line.trim() != "#")
        .count();
    // The names of the queue, the tenant, the limit, the schedule and the command that are examples are no settings;
    // that of the rule is, for the order of rules counts.
    assert_eq!(lines, rows.len() + 5);
}

#[test]
fn lines_are_not_too_long() {
    for line in FILE.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
