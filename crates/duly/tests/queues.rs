//! A worker for several queues: by urgency, or by weight.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use duly::{Duly, Priority, Task, Verdict, WorkerBuilder};

const EACH: u32 = 12;

/// The queues of what a worker runs one after the other, when `paid` has normal work and `free` has
/// critical work.
async fn order(duly: &Duly, serve: impl FnOnce(WorkerBuilder) -> WorkerBuilder) -> Vec<String> {
    let paid = (0..EACH).map(|n| Task::new("a", &n).queue("paid"));
    let free = (0..EACH).map(|n| Task::new("a", &n).queue("free"));
    let free = free.map(|task| task.priority(Priority::Critical));
    duly.submit_all(paid.chain(free)).await.unwrap();
    let worker = duly
        .worker()
        .handle_raw("a", async |_, _| Verdict::done(None));
    let mut inline = serve(worker).inline().unwrap();
    let ran = inline.run_due(100).await.unwrap();
    let mut queues = Vec::new();
    for ran in ran {
        let task = duly.task(ran.task).await.unwrap().unwrap();
        queues.push(task.queue.to_string());
    }
    queues
}

async fn stores() -> (tempfile::TempDir, Vec<Duly>) {
    let folder = tempfile::tempdir().unwrap();
    let mut stores = vec![Duly::open("memory:").await.unwrap()];
    if cfg!(feature = "sqlite") {
        let file = folder.path().join("duly.db");
        let url = format!("sqlite:{}", file.display());
        stores.push(Duly::open(&url).await.unwrap());
    }
    (folder, stores)
}

#[tokio::test]
async fn by_weight_each_queue_has_its_turns_while_both_have_work() {
    let (_folder, stores) = stores().await;
    for duly in &stores {
        let weighted = |worker: WorkerBuilder| worker.queues_by_weight([("paid", 3), ("free", 1)]);
        let order = order(duly, weighted).await;
        assert_eq!(order.len(), 2 * EACH as usize);
        let (both, rest) = order.split_at(16);
        for four in both.chunks(4) {
            let paid = four.iter().filter(|queue| *queue == "paid").count();
            assert_eq!(paid, 3, "{order:?}");
        }
        // It leaves its turns to the other when it has nothing left.
        assert!(rest.iter().all(|queue| queue == "free"), "{order:?}");
    }
}

#[tokio::test]
async fn without_weights_the_most_urgent_of_all_is_next() {
    let (_folder, stores) = stores().await;
    for duly in &stores {
        let by_urgency = |worker: WorkerBuilder| {
            let weighted = worker.queues_by_weight([("paid", 100)]);
            weighted.queues(["paid", "free"])
        };
        let order = order(duly, by_urgency).await;
        let expected = [vec!["free"; EACH as usize], vec!["paid"; EACH as usize]].concat();
        assert_eq!(order, expected);
    }
}
