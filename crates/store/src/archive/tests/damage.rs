//! What is refused of an archive, by line and field.

use duly_core::State;

use super::*;
use crate::SubmitError;
use crate::archive::bounds::LINE_BYTES_MAX;

/// An archive of one task, and its lines.
async fn small() -> Vec<String> {
    let rig = rig().await;
    rig.submit(vec![task(1)]).await;
    archived(&rig).await.lines().map(str::to_owned).collect()
}

async fn refusal(text: &str) -> String {
    imported(&rig().await, text).await.unwrap_err().to_string()
}

/// What stands in for something in the line of the task, and what the refusal says.
const DAMAGES: &[(&str, &str, &str)] = &[
    (
        r#""kind":"work""#,
        r#""kind":7"#,
        "task.kind: invalid type: integer `7`, expected a string",
    ),
    (
        r#""kind":"work""#,
        r#""kinds":"work""#,
        "unknown field `kinds`",
    ),
    (r#""kind":"work","#, "", "missing field `kind`"),
    (
        r#""kind":"work""#,
        r#""kind":"work","kind":"work""#,
        "duplicate field `kind`",
    ),
    (
        r#""kind":"work""#,
        r#""kind":"""#,
        "kind is \"\": expected 1 to 128 bytes",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":-1"#,
        "task.attempt: invalid value: integer `-1`",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":4294967296"#,
        "task.attempt: invalid value",
    ),
    (
        r#""attempt":0"#,
        r#""attempt":1.5"#,
        "task.attempt: invalid type: floating point",
    ),
    (
        r#""state":"pending""#,
        r#""state":"waiting""#,
        "task.state: not a state: expected scheduled",
    ),
    (
        r#""state":"pending""#,
        r#""state":"completed""#,
        "finished_at is missing, and the task is completed",
    ),
    (
        r#""state":"pending""#,
        r#""state":"blocked""#,
        "expected a state that ends by itself",
    ),
    (
        r#""priority":"normal""#,
        r#""priority":"urgent""#,
        "task.priority: not a priority: expected critical",
    ),
    (
        r#""id":"01"#,
        r#""id":"0x"#,
        "task.id: not an id: expected a UUID",
    ),
    (
        r#""due_at_us":17"#,
        r#""due_at_us":9917"#,
        "task.due_at_us: 991767225600000000 is no instant",
    ),
    (r#""due_at_us":17"#, r#""due_at_us":67"#, "due_at is "),
    (
        r#""due_at_us":17"#,
        r#""due_at_us":"2026-01-01","x":17"#,
        "task.due_at_us: invalid type: string",
    ),
    (
        r#""attempts_max":20"#,
        r#""attempts_max":0"#,
        "retry.attempts_max is 0: expected at least 1",
    ),
    (
        r#""permille":100"#,
        r#""permille":1001"#,
        "retry.jitter.permille is 1001: expected at most 1000",
    ),
    (
        r#"{"proportional":{"permille":100}}"#,
        r#""some""#,
        "task.retry.jitter: unknown variant `some`",
    ),
    (
        r#""base_us":1000000"#,
        r#""base_us":-1"#,
        "task.retry.backoff.exponential.base_us: invalid value",
    ),
    (
        r#""base_us":1000000"#,
        r#""base_us":99999999999999"#,
        "retry.backoff.base is 99999999.999999s: expected at most 366 days",
    ),
    (r#""json":1"#, r#""json":"#, "expected value"),
    (
        r#""json":1"#,
        r#""base64":"?""#,
        "task.payload: base64 is not valid",
    ),
    (
        r#""encoding":"json""#,
        r#""encoding":"xml""#,
        "expected json or bytes",
    ),
    (
        r#""kind":"submitted""#,
        r#""kind":"sent""#,
        "task.events[0].kind: not a kind of event",
    ),
    (
        r#""attempt":0}]"#,
        r#""attempt":1}]"#,
        "events is event 0, whose attempt is 1",
    ),
    (
        r#""events":["#,
        r#""events":[["#,
        "task.events[0][0]: invalid type: map",
    ),
    (r#""task":"#, r#""tasks":"#, "unknown variant `tasks`"),
    ("}]}}", "}]}", "EOF while parsing"),
    ("}]}}", "}]}} {}", "expected nothing behind the object"),
    ("}]}}", "}]}", "line 3, column"),
];

#[tokio::test]
async fn what_is_damaged_is_named_with_its_line() {
    let lines = small().await;
    let line = lines[2].replace(&id(1).to_string(), "01010101-0101-0101-0101-010101010101");
    for (from, to, expected) in DAMAGES {
        assert!(line.contains(from), "{from} is not in {line}");
        let damaged = line.replacen(from, to, 1);
        let text = [&lines[0], &lines[1], &damaged, &lines[3]].map(|l| format!("{l}\n"));
        let refusal = refusal(&text.concat()).await;
        assert!(refusal.contains(expected), "{to}: {refusal}");
        assert!(refusal.starts_with("line 3"), "{to}: {refusal}");
    }
}

#[tokio::test]
async fn lines_have_their_order() {
    let lines = small().await;
    let [header, queue, task, end] = &lines[..] else {
        panic!("{lines:?}")
    };
    let bare = header.replace("\"format\":\"duly\"", "\"format\":\"other\"");
    let later = header.replace("\"version\":1", "\"version\":2,\"new\":[]");
    let odd = header.replace("\"version\":1", "\"version\":1,\"new\":[]");
    let few = end.replace("\"tasks\":1", "\"tasks\":2");
    let empty = String::new();
    for (text, expected) in [
        (vec![&empty], "the archive was cut off: it ends after line"),
        (vec![header, queue, task], "it ends after line 3 (1 tasks)"),
        (vec![queue], "line 1: expected the first line of an archive"),
        (
            vec![header, header],
            "line 2: this is the first line of another",
        ),
        (
            vec![header, queue, queue],
            "line 3: this queue has a line already",
        ),
        (
            vec![header, queue, task, end, end],
            "line 5: expected nothing behind",
        ),
        (vec![header, queue, task, &few], "line 4: the archive says"),
        (
            vec![header, queue, task, task, end],
            "line 5: the archive says",
        ),
        (vec![&bare], "archive.format: \"other\" is no format"),
        (
            vec![&later],
            "archive.version: 2 is no version that is known: expected 1",
        ),
        (vec![&odd], "line 1, column 1, new: there is no such field"),
    ] {
        let text: Vec<String> = text.iter().map(|line| format!("{line}\n")).collect();
        let refusal = refusal(&text.concat()).await;
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
    let blank = format!("\n{header}\r\n  \n{queue}\n{task}\n{end}\n\n");
    let done = imported(&rig().await, &blank).await.unwrap();
    assert_eq!(done.restored, 1);
}

#[tokio::test]
async fn bytes_that_are_no_text_and_lines_without_end_are_refused() {
    let refused = |result: Result<(), ImportError>| result.unwrap_err().to_string();
    let store = rig().await.store;
    let mut archive = Import::new(store.clone());
    let error = refused(archive.feed(b"{\"archive\":\xff}\n").await);
    assert_eq!(error, "line 1, column 12: expected UTF-8");
    let mut archive = Import::new(store);
    let chunk = vec![b'x'; LINE_BYTES_MAX / 4];
    for _ in 0..4 {
        archive.feed(&chunk).await.unwrap();
    }
    let error = refused(archive.feed(b"x").await);
    assert!(
        error.starts_with("line 1") && error.contains("too long"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refusal_quotes_no_more_than_it_must() {
    let lines = small().await;
    let long = format!("\"attempt\":\"{}\"", "x".repeat(10_000));
    let damaged = lines[2].replacen("\"attempt\":0", &long, 1);
    let text = [&lines[0], &lines[1], &damaged].map(|l| format!("{l}\n"));
    assert!(refusal(&text.concat()).await.len() < 1_000);
}

#[tokio::test]
async fn what_the_store_refuses_is_told_by_its_line_and_mended() {
    let source = rig().await;
    let keyed = |n| task_with(n, |t| t.unique = Some("k".into()));
    source.submit(vec![task(1), keyed(2)]).await;
    let text = archived(&source).await;
    let target = rig().await;
    target.submit(vec![keyed(3)]).await;
    let error = imported(&target, &text).await.unwrap_err();
    let expected = format!(
        "line 4: task {} already has the unique key \"k\": import again once it has given it up",
        id(3)
    );
    assert_eq!(error.to_string(), expected);
    let ImportError::Refused { source, .. } = error else {
        panic!("got {error:?}")
    };
    assert!(matches!(source, SubmitError::TaskExists { .. }));
    target.store.cancel(id(3)).await.unwrap();
    assert_eq!(imported(&target, &text).await.unwrap().restored, 2);
    assert_eq!(target.state(2).await, State::Pending);
}
