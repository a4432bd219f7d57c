use std::path::Path;
use std::sync::Arc;

use duly::{Filter, List, State, SystemClock, Task};

use super::*;

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
