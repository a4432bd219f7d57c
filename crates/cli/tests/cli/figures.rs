//! `duly stats` and `duly workers`.

use std::process::Stdio;

use duly::Duly;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::both;

#[tokio::test]
async fn tasks_are_counted_by_queue_and_state() {
    both(async |there| {
        there.submit("good", &["--queue", "a"]).await;
        there.submit("bad", &["--queue", "b"]).await;
        there.work().await;
        there
            .submit("good", &["--queue", "b", "--delay", "1h"])
            .await;
        let stats = there.json(&["stats"]).await;
        assert_eq!(stats["tasks"]["completed"], 1);
        assert_eq!(stats["tasks"]["failed"], 1);
        assert_eq!(stats["queues"][1]["tasks"]["scheduled"], 1);
        let text = there.text(&["stats"]).await;
        assert!(
            text.starts_with("queue\ta\t0\t0\t0\t0\t1\t0\t0\t"),
            "{text}"
        );
    })
    .await;
}

#[tokio::test]
async fn figures_are_watched_line_by_line() {
    both(async |there| {
        let mut command = there.command(&["stats", "--watch", "--json"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut submitted = false;
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            let stats: Value = serde_json::from_str(&line).unwrap();
            match stats["tasks"]["pending"].as_u64() {
                Some(1) => break,
                _ if submitted => {}
                _ => {
                    there.submit("k", &[]).await;
                    submitted = true;
                }
            }
        }
        // Whoever reads no more ends it.
        drop(lines);
        assert_eq!(child.wait().await.unwrap().code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn workers_are_shown_with_what_they_can_do() {
    both(async |there| {
        assert!(there.lines(&["workers"]).await.is_empty());
        there.submit("k", &["--queue", "mail"]).await;
        let duly = Duly::open(&there.place.store()).await.unwrap();
        let (tell, mut runs) = tokio::sync::mpsc::channel(1);
        let worker = duly
            .worker()
            .name("w\x1b[2J".replace('\x1b', "?"))
            .queues(["mail"]);
        let worker = worker.concurrency(4).handle_raw("k", move |_, _| {
            let tell = tell.clone();
            async move {
                tell.send(()).await.unwrap();
                std::future::pending::<duly::Verdict>().await
            }
        });
        let worker = worker.start().unwrap();
        runs.recv().await.unwrap();
        let workers = there.lines(&["workers"]).await;
        assert_eq!(workers.len(), 1);
        assert_eq!(workers[0]["capacity"], 4);
        assert_eq!(workers[0]["running"], 1);
        assert_eq!(workers[0]["utilisation"], 0.25);
        assert_eq!(workers[0]["tasks"][0]["kind"], "k");
        let text = there.text(&["workers"]).await;
        assert!(text.starts_with("w?[2J\t1\t4\t25 %\t"), "{text}");
        assert_eq!(text.lines().count(), 1, "in a pipe each line is a worker");
        worker.shutdown_now().await;
        duly.close().await.unwrap();
    })
    .await;
}
