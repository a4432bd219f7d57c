use super::*;

fn commands() -> Commands {
    let copy = Command::new("cp")
        .args(["--"])
        .extra_args(2)
        .free_env("LANG");
    let commands = Commands::new("/usr/bin:/bin").add("copy", copy);
    let wide = Command::new("sh").stdin().free_dir();
    commands.and_then(|all| all.add("wide", wide)).unwrap()
}

fn refusal(payload: &str, commands: &Commands) -> String {
    Launch::read(payload.as_bytes(), commands).unwrap_err()
}

#[test]
fn a_payload_adds_what_its_command_allows() {
    let payload = r#"{"command": "copy", "args": ["a b", "$(c)"], "env": {"LANG": "C"}}"#;
    let launch = Launch::read(payload.as_bytes(), &commands()).unwrap();
    assert_eq!(launch.args, ["--", "a b", "$(c)"]);
    let env: Vec<_> = launch.env.into_iter().collect();
    assert_eq!(env, [("LANG".into(), "C".into())]);
}

/// Payloads that are wrong, and how each is refused.
const WRONG: &[(&str, &str)] = &[
    ("{}", "payload.command: missing field `command`"),
    (r#"["copy"]"#, "payload: expected an object"),
    (r#"{"command": 7}"#, "payload.command: expected a string"),
    (
        r#"{"command": "rm"}"#,
        "payload.command is \"rm\": expected one that is configured here: copy, wide",
    ),
    (
        r#"{"program": "sh"}"#,
        "payload.program: expected `command`",
    ),
    (
        r#"{"command": "copy", "program": "sh"}"#,
        "payload.program: expected no such field",
    ),
    (
        r#"{"command": "copy", "args": ["1", "2", "s3cret"]}"#,
        "payload.args are 3: command \"copy\" takes at most 2",
    ),
    (
        r#"{"command": "copy", "args": "s3cret"}"#,
        "payload.args: expected a",
    ),
    (
        r#"{"command": "copy", "args": ["s3cret\u0000"]}"#,
        "payload.args[0]: expected text without NUL",
    ),
    (
        r#"{"command": "copy", "stdin": "s3cret"}"#,
        "payload.stdin: command \"copy\" takes none",
    ),
    (
        r#"{"command": "copy", "env": {"PATH": "s3cret"}}"#,
        "payload.env.PATH: command \"copy\" does not let",
    ),
    (
        r#"{"command": "copy", "env": {"A=B": "s3cret"}}"#,
        "payload.env: \"A=B\": expected names",
    ),
    (
        r#"{"command": "copy", "env": {"LANG": "s3cret\u0000"}}"#,
        "payload.env.LANG: expected text without NUL",
    ),
    (
        r#"{"command": "copy", "env": {"LANG": "1", "LANG": "s3cret"}}"#,
        "payload.env: \"LANG\" is given twice",
    ),
    (
        r#"{"command": "copy", "dir": "/tmp"}"#,
        "payload.dir: command \"copy\" does not let",
    ),
    (
        r#"{"command": "wide", "dir": "tmp"}"#,
        "payload.dir: expected an absolute path",
    ),
    (
        r#"{"command": "wide", "dir": ""}"#,
        "payload.dir: expected a path",
    ),
    (
        r#"{"command": "wide", "dir": "/no/such"}"#,
        "command \"wide\": expected a folder to run in at /no/such",
    ),
    (
        r#"{"command": "wide", "success": [1]}"#,
        "payload.success: expected it to be left out",
    ),
    (r#"{"command": "wide", "shell": true}"#, "payload.shell"),
];

#[test]
fn what_is_wrong_with_a_payload_is_named_and_no_value_is() {
    let commands = commands();
    for (payload, expected) in WRONG {
        let refusal = refusal(payload, &commands);
        assert!(refusal.starts_with(expected), "{refusal}");
        assert!(!refusal.contains("s3cret"), "{refusal}");
    }
}

#[test]
fn where_any_program_may_run_it_is_looked_for() {
    let any = Commands::any();
    for (payload, expected) in [
        ("{}", "payload.program: missing field"),
        (
            r#"{"program": "no-such-program"}"#,
            "payload.program: program no-such-program: not found in ",
        ),
        (r#"{"program": "./no-such"}"#, "payload.program: program /"),
        (
            r#"{"program": "/etc/passwd"}"#,
            "payload.program: program /etc/passwd: not executable",
        ),
        (
            r#"{"program": "sh", "output_bytes_max": 65537}"#,
            "payload.output_bytes_max is 65537",
        ),
        (
            r#"{"program": "sh", "success": []}"#,
            "payload.success: expected at least one",
        ),
        (
            r#"{"program": "sh", "retry": [256]}"#,
            "payload.retry[0]: expected",
        ),
    ] {
        let refusal = refusal(payload, &any);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    let payload = br#"{"program": "./sh", "dir": "/bin", "success": [0, 3], "retry": [75]}"#;
    let launch = Launch::read(payload, &any).unwrap();
    assert_eq!(launch.program, PathBuf::from("/bin/sh"));
    assert!(
        launch.env.contains_key(std::ffi::OsStr::new("PATH")),
        "its own environment"
    );
    assert_eq!(
        (launch.success.len(), launch.retry),
        (2, Some(BTreeSet::from([75])))
    );
}
