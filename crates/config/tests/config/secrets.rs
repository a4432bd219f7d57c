//! Secrets are never shown: not by errors, not by `Debug`, not by what is listed or compared.

use duly_config::Config;

use crate::support::{Place, faults, load, variables};

const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

#[test]
fn errors_do_not_quote_them() {
    for file in [
        format!("server: {{tokens: {SECRET}}}\n"),
        format!("server:\n  tokens: [{SECRET}, 'short', {SECRET}]\n"),
        format!("server:\n  tokens:\n    - {SECRET} with spaces\n"),
        format!("server:\n  tokens: {{a: {SECRET}}}\n"),
        format!("server:\n  tokenz: [{SECRET}]\n"),
        format!("server:\n  apikey: {SECRET}\n"),
        format!("tokens: [{SECRET}]\n"),
        format!("server: {{tokens: [{SECRET}], listen: x}}\n"),
        format!("server: {SECRET}\n"),
        format!("server:\n  tokens: [{SECRET}, \"x\n"),
        format!("server:\n  tokens: {SECRET}: x\n"),
        format!("server:\n  tokens: [{SECRET}\n  listen: 1\n"),
        format!("shell: {{commands: {{a: {{program: b, env: {{A: [{SECRET}]}}}}}}}}\n"),
        format!("shell:\n  commands:\n    a:\n      env:\n        A:\n          - {SECRET}\n"),
        format!("server: {{tokens: [{SECRET}]}}\nserver: {{tokens: [{SECRET}]}}\n"),
        format!("store: '7://ada:{SECRET}@host/db'\nworker: 5\n"),
        format!("store: '_://ada:{SECRET}@host/db'\n"),
        format!("schedules:\n  a:\n    payload: '{{\"a\": \"{SECRET}\"'\n"),
        format!(
            "schedules:\n  a:\n    payload: |\n      {{\"a\":\n      \"{SECRET}\"\n    when: x\n"
        ),
        format!("schedules:\n  a:\n    payload: {{a: {SECRET}}}\n"),
        format!("schedules: {{a: {{payload: '{{\"a\": \"{SECRET}\"}}', when: x}}}}\n"),
        format!("schedules:\n  a:\n    paylod: {SECRET}\n"),
    ] {
        let place = Place::with(&file);
        let error = Config::load(&place.sources()).unwrap_err();
        let said = format!("{error}\n{error:?}");
        assert!(!said.contains("hunter2"), "{file}\n{said}");
    }
    for (name, value) in [
        ("DULY__SERVER__TOKENS", format!("[{SECRET}, ' ']")),
        ("DULY__SERVER__TOKENS", format!("[{SECRET}")),
        ("DULY__SERVER", format!("{{tokens: [{SECRET}")),
        ("DULY__SERVER", format!("tokens={SECRET}")),
        ("DULY__SERVER__TOKEN", SECRET.to_owned()),
        ("DULY_STORE", format!("_://ada:{SECRET}@host/db")),
        ("DULY__SCHEDULES__A__PAYLOAD", SECRET.to_owned()),
    ] {
        let error = Config::load(&variables(&[(name, &value)])).unwrap_err();
        let said = format!("{error}\n{error:?}");
        assert!(!said.contains("hunter2"), "{name}={value}\n{said}");
    }
}

#[test]
fn a_line_without_them_is_shown() {
    let said = faults(format!("server:\n  tokens: [{SECRET}]\n  listen: x\n"))[0].to_string();
    assert!(said.contains("3 |   listen: x"), "{said}");
    let payload = "schedules:\n  a:\n    kind: k\n    payload: '{\"a\": [1]}'\n    when: x\n";
    let said = faults(payload)[0].to_string();
    assert!(said.contains("5 |     when: x"), "{said}");
    let rule = "priority_rules: {a: {priority: low, payload_bytes_at_least: x}}\n";
    let said = faults(rule)[0].to_string();
    assert!(said.contains("payload_bytes_at_least: x}"), "{said}");
}

#[test]
fn what_is_listed_or_compared_is_veiled() {
    let one = load(&format!(
        "shell: {{commands: {{c: {{program: a, env: {{A: {SECRET}}}}}}}}}\nserver: {{tokens: [{SECRET}]}}\nstore: 'pg://a:{SECRET}@h/d'\n"
    ));
    let other = load(&format!(
        "shell: {{commands: {{c: {{program: a, env: {{A: b}}}}}}}}\nserver: {{tokens: [{SECRET}-{SECRET}]}}\nstore: 'pg://a:b@h/d'\n"
    ));
    let differences = one.differences(&other);
    let said: Vec<_> = differences.iter().map(ToString::to_string).collect();
    let veiled = [
        "store: pg://***@h/d -> pg://***@h/d",
        "server.tokens: [\"***\"] -> [\"***\"]",
        "shell.commands.c.env: {\"A\":\"***\"} -> {\"A\":\"***\"}",
    ];
    assert_eq!(said, veiled);
    let schedule = |payload: &str| {
        load(&format!(
            "schedules: {{s: {{when: '@daily', kind: k, payload: '\"{payload}\"'}}}}\n"
        ))
    };
    let (first, second) = (schedule(SECRET), schedule("other"));
    let said = first.differences(&second);
    let said: Vec<_> = said.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["schedules.s.payload: *** -> ***"]);
    assert!(!format!("{first:?}").contains("hunter2"));
    let payload = first.settings.schedules["s"].payload.as_ref().unwrap();
    assert_eq!(payload.expose(), format!("\"{SECRET}\""));
    let rows = one.rows();
    let row = rows
        .iter()
        .find(|row| row.setting == "server.tokens")
        .unwrap();
    assert_eq!(row.text(), "[\"***\"]");
    assert!(!format!("{:?}", one.settings).contains("hunter2"));
    assert!(!format!("{one:?}").contains("hunter2"));
    assert_eq!(one.settings.server.tokens[0].expose(), SECRET);
}
