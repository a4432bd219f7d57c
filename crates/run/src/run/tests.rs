use std::path::Path;
use std::sync::Arc;

use duly::{EventKind, Filter, Limit, List, State, SystemClock, Task};
use tokio::sync::watch;

use super::drive::Quiet;
use super::*;
use crate::kind;

fn file(text: &str) -> TaskFile {
    TaskFile::parse(Path::new("a.yaml"), text).unwrap_or_else(|error| panic!("{error}"))
}

fn store() -> Duly {
    Duly::in_memory(Arc::new(SystemClock))
}

async fn opened(duly: &Duly, file: &TaskFile) -> Run {
    Run::open(duly, file, &Asked::default()).await.unwrap()
}

/// How many tasks there are in these states.
async fn count(duly: &Duly, states: &[State]) -> usize {
    let filter = Filter {
        states: states.to_vec(),
        ..Filter::default()
    };
    let mut request = List {
        filter,
        after: None,
        limit: 1_000,
        brief: true,
    };
    let mut count = 0;
    loop {
        let page = duly.list(request.clone()).await.unwrap();
        count += page.tasks.len();
        request.after = page.next;
        if request.after.is_none() {
            return count;
        }
    }
}

#[tokio::test]
async fn a_round_of_which_half_was_submitted_begins_anew_although_some_of_it_ended() {
    let each: Vec<_> = (1..=1_500).map(|item| item.to_string()).collect();
    let text = format!(
        "tasks:\n- {{name: a, command: [x, '{{item}}'], each: [{}]}}\n",
        each.join(", ")
    );
    let (duly, file) = (store(), file(&text));
    let run = opened(&duly, &file).await;
    // As if it had been killed after the first submit: of that, some ended without having begun.
    let tasks: Vec<_> = run.board().tasks().iter().map(|task| task.id).collect();
    for (place, task) in tasks
        .iter()
        .enumerate()
        .filter(|(place, _)| *place < 900 || *place >= 1_000)
    {
        duly.cancel(*task).await.unwrap();
        if place >= 1_000 {
            duly.discard(*task).await.unwrap();
        }
    }
    assert_eq!(count(&duly, &[State::Cancelled]).await, 900);

    let run = opened(&duly, &file).await;
    assert_eq!(run.opening(), Opening::Begun);
    assert_eq!(run.board().counts(), (1_500, 0));
    assert_eq!(count(&duly, &[State::Pending]).await, 1_500);
}

#[tokio::test]
async fn a_round_from_which_something_was_left_out_is_whole_although_nothing_of_it_began() {
    let duly = store();
    let other = Task::new("shell", &()).queue("elsewhere").unique_key("k1");
    duly.submit(other).await.unwrap();
    let file = file(
        "tasks:\n- {name: a, command: [x, '{item}'], each: [1, 2], unique: {key: 'k{item}', on_conflict: keep}}\n",
    );
    let run = opened(&duly, &file).await;
    assert_eq!((run.left_out(), run.board().counts()), (1, (1, 0)));
    duly.cancel(run.board().tasks()[0].id).await.unwrap();

    let again = Asked {
        retry_failed: true,
        ..Asked::default()
    };
    let run = Run::open(&duly, &file, &again).await.unwrap();
    assert_eq!(run.opening(), Opening::Retried { tasks: 1 });
}

#[tokio::test]
async fn what_keeps_a_run_waiting_in_a_shared_store_is_told_however_busy_others_are() {
    let duly = store();
    duly.kind("shell").pause().await.unwrap();
    duly.tenant("acme").pause().await.unwrap();
    let file = file("tasks:\n- {name: a, command: ['true'], each: [1, 2], tenant: acme}\n");
    let mut run = opened(&duly, &file).await;
    let others = tokio::spawn({
        let duly = duly.clone();
        async move {
            // Far more often than the run looks at its queue.
            let mut pause = tokio::time::interval(Duration::from_millis(50));
            loop {
                pause.tick().await;
                duly.submit(Task::new("other", &())).await.unwrap();
            }
        }
    });
    let pace = Pace {
        concurrency: 1,
        grace: Duration::ZERO,
        fail_fast: false,
    };
    let (stop, stopped) = watch::channel(Stop::No);
    let mut told = Vec::new();
    let mut tell = |_: &Board, notice: Notice<'_>| {
        if let Notice::Waiting { reason, at } = notice {
            told.push(reason.sentence(at).to_string());
            if told.len() == 2 {
                stop.send_replace(Stop::Now);
            }
        }
    };
    run.drive(pace, stopped, &|_| {}, &mut tell).await.unwrap();
    others.abort();
    told.sort();
    assert_eq!(
        told,
        ["kind \"shell\" is paused", "tenant \"acme\" is paused"]
    );
}

/// What is told after a look at a run whose worker has come as far as this event of its first task.
async fn told_once(event: EventKind, text: &str) -> Vec<String> {
    let (duly, file) = (store(), file(text));
    let run = opened(&duly, &file).await;
    let listener = duly.store().listen_events();
    let worker = kind::worker(&duly).unwrap().queues([run.queue.clone()]);
    let worker = worker.concurrency(1).start().unwrap();
    let begin = run.cursor;
    loop {
        let page = duly.events(begin, 100).await.unwrap();
        if page.events.iter().any(|one| one.kind == event) {
            break;
        }
        listener.hint().await;
    }
    let mut told = Vec::new();
    let mut tell = |_: &Board, notice: Notice<'_>| {
        if let Notice::Waiting { reason, .. } = notice {
            told.push(reason.code().to_owned());
        }
    };
    let mut quiet = Quiet::default();
    assert!(!quiet.look(&run, &mut tell).await.unwrap());
    assert!(!quiet.look(&run, &mut tell).await.unwrap());
    worker.shutdown_now().await;
    told
}

#[tokio::test]
async fn a_run_that_gets_on_is_not_said_to_wait() {
    // What its own task holds, of which the board has not heard yet.
    let text = "limits: {one: {concurrency: 1}}\ntasks:\n\
        - {name: a, command: [sleep, '60'], each: [1, 2], limits: one}\n";
    assert!(told_once(EventKind::Started, text).await.is_empty());
    // What ends before it is looked at again.
    let rate = |rate: &str| {
        format!(
            "limits: {{slow: {{rate: {rate}}}}}\ntasks:\n\
             - {{name: a, command: ['true'], each: [1, 2], limits: slow}}\n"
        )
    };
    let told = told_once(EventKind::Completed, &rate("1/1s")).await;
    assert!(told.is_empty());
    let told = told_once(EventKind::Completed, &rate("1/1h")).await;
    assert_eq!(told, ["rate_spent"]);
}

#[tokio::test]
async fn what_weighs_more_than_a_limit_of_a_shared_store_lets_through_is_refused() {
    let duly = store();
    let limits = duly.limits();
    limits.define("gpu", Limit::concurrency(2)).await.unwrap();
    let text = "store: sqlite:b.db\ntasks:\n- {name: a, command: ['true'], limits: {gpu: 3}}\n";
    let shared = Asked {
        is_shared: true,
        ..Asked::default()
    };
    let error = Run::open(&duly, &file(text), &shared).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.yaml: group \"a\" weighs 3 in the limit \"gpu\", whose concurrency in the store is 2: it \
         could never start; expected at most 2"
    );
    assert_eq!(count(&duly, &[]).await, 0);
    let text = text.replace("gpu: 3", "gpu: 2");
    Run::open(&duly, &file(&text), &shared).await.unwrap();
}
