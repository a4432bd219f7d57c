//! Limits, tenants, and the orders of queues, as the configuration says them.

use std::time::Duration;

use duly_config::Config;
use duly_core::{Limit, OrderPolicy, Rate};

use crate::support::{faults, load, variables};

#[test]
fn what_a_file_says_arrives() {
    let settings = load(
        "queues: {mail: {order: aging:30s, fair: true}, late: {order: deadline:10s}}\n\
         tenants: {acme: {weight: 3, paused: true}, globex: {draining: false}}\n\
         limits:\n\
         \x20 api: {rate: 50/1s, burst: 10, queues: [mail, late], kinds: {http: 2}}\n\
         \x20 gpu: {concurrency: 4, rate: 1000/1h, tenants: [acme]}\n",
    )
    .settings;
    let aging = OrderPolicy::Aging {
        step: Duration::from_secs(30),
    };
    let mail = &settings.queues["mail"];
    assert_eq!((mail.order, mail.fair), (Some(aging), Some(true)));
    assert_eq!(settings.queues["late"].fair, None, "what is not said stays");
    let acme = &settings.tenants["acme"];
    assert_eq!(
        (acme.weight, acme.paused, acme.draining),
        (Some(3), Some(true), None)
    );
    let api = &settings.limits["api"];
    let second = Rate::new(50, Duration::from_secs(1)).burst(10);
    assert_eq!(api.bounds(), Ok(Limit::rate(second)));
    let even = [("late".to_owned(), 1), ("mail".to_owned(), 1)];
    assert_eq!(api.queues, even.into());
    assert_eq!(api.kinds, [("http".to_owned(), 2)].into());
    let gpu = &settings.limits["gpu"];
    let hourly = Rate::new(1_000, Duration::from_secs(3_600));
    assert_eq!(gpu.bounds(), Ok(Limit::concurrency(4).and_rate(hourly)));
    assert_eq!(gpu.tenants, [("acme".to_owned(), 1)].into());
}

#[test]
fn the_environment_says_the_same() {
    let sources = variables(&[
        ("DULY__LIMITS__API__RATE", "5/1m"),
        ("DULY__LIMITS__API__KINDS", "http, shell"),
        ("DULY__LIMITS__API__QUEUES", "{mail: 3}"),
        ("DULY__LIMITS__API__TENANTS", "[acme]"),
        ("DULY__QUEUES__MAIL__ORDER", "strict"),
        ("DULY__TENANTS__ACME__WEIGHT", "2"),
    ]);
    let config = Config::load(&sources).unwrap();
    let api = &config.settings.limits["api"];
    let names = |names: &[(&str, u32)]| {
        let names = names.iter();
        names
            .map(|(name, weight)| ((*name).to_owned(), *weight))
            .collect()
    };
    assert_eq!(api.kinds, names(&[("http", 1), ("shell", 1)]));
    assert_eq!(api.queues, names(&[("mail", 3)]));
    assert_eq!(api.tenants, names(&[("acme", 1)]));
    assert_eq!(
        config.settings.queues["mail"].order,
        Some(OrderPolicy::Strict)
    );
    let rows = config.rows();
    let shown = |setting: &str| {
        let row = rows.iter().find(|row| row.setting == setting).unwrap();
        row.value.to_string()
    };
    assert_eq!(shown("limits.api.rate"), "\"5/1m\"");
    assert_eq!(shown("limits.api.kinds"), r#"{"http":1,"shell":1}"#);
    assert_eq!(shown("queues.mail.order"), "\"strict\"");
}

#[test]
fn schedules_whose_tasks_could_never_start_are_refused() {
    let text = |weights: &str| {
        format!(
            "limits: {{api: {{concurrency: 4, rate: 9/1s, burst: 3}}}}\n\
             schedules: {{a: {{when: '@daily', kind: k, limits: {{{weights}}}}}}}\n"
        )
    };
    load(&text("api: 3, elsewhere: 9"));
    for (weight, most) in [
        (4, "3, which is limits.api.burst"),
        (5, "4, which is limits.api.concurrency"),
    ] {
        let said = faults(text(&format!("api: {weight}")));
        assert_eq!(said.len(), 1, "{weight}");
        let wanted = format!(
            "duly.yaml:2:50: schedules.a.limits has \"api\" with a weight of {weight}: expected at \
             most {most}; its tasks could never start"
        );
        assert!(said[0].to_string().contains(&wanted), "{}", said[0]);
    }
}

#[test]
fn what_is_wrong_with_a_limit_names_limit_setting_and_value() {
    for (limit, wanted) in [
        (
            "{}",
            "limits.api.concurrency is missing, and so is rate: expected one of them, or both",
        ),
        (
            "{concurrency: 0}",
            "limits.api.concurrency is 0: expected a whole number, 1 to 1000000",
        ),
        (
            "{rate: 50}",
            "limits.api.rate is 50: expected so many per period, such as 50/1s or 1000/1h",
        ),
        (
            "{concurrency: 1, burst: 2}",
            "limits.api.burst is given: expected rate beside it",
        ),
        (
            "{concurrency: 2, queues: {mail: 3}}",
            "limits.api.queues has \"mail\" with a weight of 3: expected at most 2, which is \
             concurrency; its tasks could never start",
        ),
        (
            "{concurrency: 9, rate: 9/1s, burst: 1, kinds: {http: 2}}",
            "limits.api.kinds has \"http\" with a weight of 2: expected at most 1, which is burst",
        ),
        (
            "{concurrency: 1, kinds: {http: 0}}",
            "limits.api.kinds.http is 0: expected a whole number, 1 to 1000000",
        ),
        (
            "{concurrency: 1, kinds: [http, http]}",
            "limits.api.kinds is a list with http twice: expected each name once",
        ),
        (
            "{concurrency: 1, tenants: ['']}",
            "limits.api.tenants[0] is \"\": expected a name: 1 to 128 bytes",
        ),
        (
            "{concurrency: 1, tenants: {\"\": 1}}",
            "limits.api.tenants (a name) is \"\": expected a name: 1 to 128 bytes",
        ),
        (
            "{concurrency: 1, queue: [mail]}",
            "there is no setting limits.api.queue: did you mean queues?",
        ),
    ] {
        let said = faults(format!("limits: {{api: {limit}}}\n"));
        assert_eq!(said.len(), 1, "{limit}");
        let said = said[0].to_string();
        assert!(said.contains(wanted), "{said}");
        assert!(said.contains("duly.yaml:1:"), "{said}");
    }
}

#[test]
fn at_most_eight_limits_are_attached_to_one_thing() {
    let limits = |count: usize| {
        let limit = |n| format!("  l{n}: {{concurrency: 1, kinds: [http]}}\n");
        let limits: String = (0..count).map(limit).collect();
        format!("limits:\n{limits}")
    };
    assert_eq!(load(&limits(8)).settings.limits.len(), 8);
    let said = faults(limits(9));
    assert_eq!(said.len(), 1);
    let said = said[0].to_string();
    assert!(
        said.contains("duly.yaml:10:") && said.contains("limits.l8.kinds has \"http\", to which 9"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_a_tenant_or_an_order_is_told_by_its_place() {
    for (text, wanted) in [
        (
            "tenants: {acme: {weight: 1001}}",
            "duly.yaml:1:26: tenants.acme.weight is 1001: expected a whole number, 1 to 1000",
        ),
        (
            "queues: {mail: {order: fifo}}",
            "duly.yaml:1:24: queues.mail.order is fifo: expected strict, aging:30s or deadline:10s",
        ),
        (
            "queues: {mail: {order: aging:0s}}",
            "queues.mail.order is aging:0s",
        ),
        (
            "queues: {mail: {fair: 1}}",
            "queues.mail.fair is 1: expected true or false",
        ),
    ] {
        let said = faults(format!("{text}\n"));
        assert!(said[0].to_string().contains(wanted), "{}", said[0]);
    }
}

#[test]
fn what_a_schedule_creates_has_limits_keys_and_alerts() {
    let text = "schedules:\n\
                \x20 poll: {when: '@hourly', kind: http, limits: {api: 2}, finish_within: 2h, alert_unstarted: \
                5m, alert_unfinished: 30m, unique_key: k, unique_scope: 1h, on_conflict: keep}\n";
    let settings = load(text).settings;
    let poll = &settings.schedules["poll"];
    assert_eq!(poll.limits, [("api".to_owned(), 2)].into());
    let minutes = |n: u64| Some(Duration::from_secs(60 * n));
    assert_eq!(
        (
            poll.finish_within,
            poll.alert_unstarted,
            poll.alert_unfinished
        ),
        (minutes(120), minutes(5), minutes(30))
    );
    assert_eq!(poll.unique_scope.as_deref(), Some("1h"));
    for (said, wanted) in [
        (
            "unique_scope: 0s",
            "unique_scope is 0s: expected unfinished, waiting, or a duration",
        ),
        (
            "unique_scope: waiting",
            "unique_scope is given: expected unique_key beside it",
        ),
        (
            "on_conflict: keep",
            "on_conflict is given: expected unique_key beside it",
        ),
        (
            "unique_key: k, on_conflict: drop",
            "on_conflict is drop: expected reject, keep or",
        ),
        ("limits: [a, b, c, d, e, f, g, h, i]", "expected at most 8"),
    ] {
        let said = faults(format!(
            "schedules: {{poll: {{when: '@hourly', kind: a, {said}}}}}\n"
        ));
        let said = said[0].to_string();
        assert!(
            said.contains("schedules.poll.") && said.contains(wanted),
            "{said}"
        );
    }
}

#[test]
fn what_is_wrong_with_the_times_of_a_schedule_is_told_in_full() {
    for (said, wanted) in [
        (
            "when: 0 9 * * mon-fry",
            "duly.yaml:1:35: schedules.poll.when is wrong: day of week \"mon-fry\" is not valid: expected",
        ),
        (
            "when: 0 9 * *",
            "schedules.poll.when is wrong: pattern \"0 9 * *\" has 4 fields: expected 5",
        ),
        (
            "when: '@evry 5m'",
            "schedules.poll.when is wrong: pattern \"@evry 5m\" is not known: expected @yearly",
        ),
        (
            "when: 15m",
            "schedules.poll.when is \"15m\": expected a cron pattern such as",
        ),
        (
            "when: every 15m",
            "an interval such as @every 15m, or a time",
        ),
        (
            "when: '@daily', zone: Europe/Berln",
            "schedules.poll.zone is wrong: zone \"Europe/Berln\" is not a time zone: expected a name of the IANA database, such as Europe/Berlin or UTC; did you mean Europe/Berlin?",
        ),
        (
            "when: '@daily', missed: all 400d",
            "schedules.poll.missed is wrong: missed all 400d is not valid: expected at most 366d",
        ),
        (
            "when: '@daily', payload: {url: x}",
            "schedules.poll.payload is ***: expected JSON as text, in quotes",
        ),
    ] {
        let said = faults(format!("schedules: {{poll: {{kind: a, {said}}}}}\n"));
        let said = said[0].to_string();
        assert!(said.contains(wanted), "{said}");
    }
}
