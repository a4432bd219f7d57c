//! What happens in the midst of a save: kills, and changes.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use duly_core::Priority;

use super::*;
use crate::Change;

/// Lets the step of this number fail, as if the process had been killed there; counts the steps.
fn fail_at(file: &MemoryFile, step: usize) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let steps = count.clone();
    file.inner
        .saver
        .lock()
        .unwrap()
        .before(move || match steps.fetch_add(1, Ordering::Relaxed) {
            now if now < step => Ok(()),
            _ => Err(io::Error::other("killed")),
        });
    count
}

#[tokio::test]
async fn killed_at_any_step_a_whole_file_is_left() {
    let mut saves = 0;
    for step in 0.. {
        let place = Place::new();
        let (file, rig) = place.rig().await;
        rig.submit((1..=3).map(task).collect()).await;
        file.save().await.unwrap();
        let old = held(&*file).await;
        rig.store.cancel(id(1)).await.unwrap();
        rig.submit(vec![task(4)]).await;
        let new = held(&*file).await;
        let steps = fail_at(&file, step);
        let saved = file.save().await;
        drop((file, rig));
        let again = place.open().await.unwrap();
        assert_eq!(again.notice(), None, "step {step}");
        let found = held(&*again).await;
        assert!(found == old || found == new, "step {step}: {found:?}");
        saves += usize::from(found == new);
        // And the next save of the next process goes through.
        again.cancel(id(3)).await.unwrap();
        let newest = held(&*again).await;
        again.close().await.unwrap();
        assert_eq!(held(&*place.open().await.unwrap()).await, newest);
        if saved.is_ok() {
            assert!(
                steps.load(Ordering::Relaxed) > 12,
                "a step for each thing that is done"
            );
            assert!(saves > 1, "it is saved before the last step");
            return;
        }
    }
}

#[tokio::test]
async fn a_save_is_of_one_instant_although_the_store_works_on() {
    for step in 0..14 {
        let place = Place::new();
        let (file, rig) = place.rig().await;
        rig.submit(vec![keyed(1), task(2), task(3), task(4)]).await;
        for n in [2, 3] {
            rig.store.cancel(id(n)).await.unwrap();
        }
        let (inner, mut now) = (Arc::downgrade(&file.inner), 0);
        let work = move || {
            let inner = inner.upgrade().unwrap();
            let change = |n: u8, change| {
                let done = inner.store.change(id(n), change);
                at_once(done).unwrap();
            };
            if now == step {
                // A unique key changes hands, one comes back, one goes for good, one moves, one comes.
                change(1, Change::Cancel);
                let more = vec![keyed(5), task(6)];
                at_once(inner.store.submit(crate::Submit { tasks: more })).unwrap();
                change(2, Change::Retry { payload: None });
                change(3, Change::Discard);
                change(4, Change::Reprioritise(Priority::High));
            }
            now += 1;
            Ok(())
        };
        file.inner.saver.lock().unwrap().before(work);
        file.save().await.unwrap();
        let worked = held(&*file).await;
        let changed = file.inner.store.changes();
        drop((file, rig));
        let again = place.open().await.unwrap();
        let found = held(&*again).await;
        let ids: Vec<_> = found.iter().map(|saved| saved.task.id).collect();
        // The snapshot is whole after four tasks and a look at what has changed, when the scratch file was made.
        if step <= 5 {
            assert_eq!(found, worked, "step {step} of {changed}");
            assert_eq!(ids, [1, 2, 4, 5, 6].map(id), "in their order");
        } else {
            assert_eq!(ids, [1, 2, 3, 4].map(id), "step {step}: as it was before");
        }
        let next = again.inner.saver.lock().unwrap().saved_changes();
        assert_eq!(next, Some(again.inner.store.changes()));
    }
}

/// What a memory store answers is there at once.
fn at_once<T>(future: crate::BoxFuture<'_, T>) -> T {
    use std::task::{Context, Poll, Waker};
    let mut future = future;
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a memory store waits for nothing"),
    }
}

/// How many pages of changes a save of so many tasks takes. All change when the last of them was taken;
/// `always`: again before each page.
async fn pages_of_changes(tasks: u32, always: bool) -> u32 {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    let new = |n: u32| NewTask {
        id: duly_core::TaskId::from_bytes(u128::from(n).to_be_bytes()),
        ..task(1)
    };
    rig.submit((1..=tasks).map(new).collect()).await;
    let (inner, mut now) = (Arc::downgrade(&file.inner), 0);
    let pages = Arc::new(AtomicUsize::new(0));
    let count = pages.clone();
    file.inner.saver.lock().unwrap().before(move || {
        let inner = inner.upgrade().unwrap();
        // The scratch file is made, and the tasks are written to it.
        if now > tasks {
            // Before the document is begun nothing is left to be changed.
            if now == tasks + 1 || always && inner.store.is_being_taken() {
                for n in 1..=tasks {
                    let priority = Change::Reprioritise(Priority::ALL[now as usize % 4]);
                    at_once(inner.store.change(new(n).id, priority)).unwrap();
                }
            }
            count.fetch_add(usize::from(inner.store.is_being_taken()), Ordering::Relaxed);
        }
        now += 1;
        Ok(())
    });
    file.save().await.unwrap();
    u32::try_from(pages.load(Ordering::Relaxed)).unwrap()
}

#[tokio::test]
async fn a_save_catches_up_in_small_steps_unless_it_never_would() {
    let calm = pages_of_changes(3_000, false).await;
    assert_eq!(calm, 3, "a thousand at once");
    let hurried = pages_of_changes(3_000, true).await;
    assert_eq!(
        hurried, 5,
        "one thousand twice, two thousand twice, and then all"
    );
}

#[tokio::test]
async fn a_save_that_is_overtaken_is_not_the_last() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    let (inner, mut now) = (Arc::downgrade(&file.inner), 0);
    file.inner.saver.lock().unwrap().before(move || {
        now += 1;
        if now == 5 {
            let inner = inner.upgrade().unwrap();
            at_once(inner.store.cancel(id(1))).unwrap();
        }
        Ok(())
    });
    file.save().await.unwrap();
    file.close().await.unwrap();
    let again = place.open().await.unwrap();
    assert_eq!(held(&*again).await[0].task.state, State::Cancelled);
}
