//! What there is no room for.

use duly_core::TaskId;
use duly_core::bounds::TASK_LIMITS_MAX;

use super::save::{memory, saved};
use super::{KIND, Rig};
use crate::bounds::{KINDS_MAX, LIMITS_MAX, PAGE_MAX, SUBMIT_MAX};
use crate::{LimitUse, ListNames, Name, NewTask, Payload, Restore, Submit, SubmitError, validate};

/// A task of its own id.
fn numbered(n: usize, kind: &str) -> NewTask {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(n as u64).to_be_bytes());
    NewTask::new(TaskId::from_bytes(bytes), kind, Payload::json("1"))
}

/// A saved task names no limit beyond those that a store can hold; one that is known it may name.
pub async fn there_is_no_room_for_more_limits(rig: Rig) {
    let naming = |n: usize, limits: Vec<LimitUse>| NewTask {
        limits,
        ..numbered(n, KIND)
    };
    let named = |n: usize| LimitUse::one(format!("{n}"));
    let other = memory(&rig).await;
    let tasks = vec![
        naming(1, vec![named(0)]),
        naming(2, vec![LimitUse::one("new")]),
    ];
    other.submit(tasks).await;
    let names: Vec<usize> = (0..LIMITS_MAX).collect();
    let full = names.chunks(TASK_LIMITS_MAX).enumerate();
    let full = full.map(|(n, names)| naming(10 + n, names.iter().map(|n| named(*n)).collect()));
    for batch in full.collect::<Vec<_>>().chunks(SUBMIT_MAX) {
        rig.submit(batch.to_vec()).await;
    }
    let tasks = saved(&*other.store).await;
    let refused = rig.store.restore(Restore { tasks }).await;
    assert!(
        matches!(&refused, Err(SubmitError::InvalidInput { index: 1, source })
            if source.field == "limits" && source.value.contains("new")),
        "{refused:?}"
    );
    let tasks = vec![saved(&*other.store).await.remove(0)];
    assert_eq!(
        rig.store.restore(Restore { tasks }).await.unwrap().restored,
        1
    );
}

/// What a batch makes itself counts: it is refused at the first task for whose kind there is no room, and
/// leaves nothing.
pub async fn a_batch_makes_no_more_kinds_than_there_is_room_for(rig: Rig) {
    let of = |n: usize, kind: &str| NewTask {
        queue: format!("{}", n / 500).into(),
        ..numbered(n, kind)
    };
    let full: Vec<_> = (1..KINDS_MAX)
        .map(|n| of(n, &format!("kind-{n:05}")))
        .collect();
    for batch in full.chunks(SUBMIT_MAX) {
        rig.submit(batch.to_vec()).await;
    }
    let n = KINDS_MAX * 2;
    let last = vec![
        of(n, "kind-00001"),
        of(n + 1, "last"),
        of(n + 2, "last"),
        of(n + 3, "more"),
    ];
    let no_room = |at: usize| {
        Err(SubmitError::InvalidInput {
            index: at,
            source: validate::too_many_kinds("more"),
        })
    };
    let other = memory(&rig).await;
    other.submit(last.clone()).await;
    for again in [false, true] {
        let tasks = last.clone();
        let refused = rig.store.submit(Submit { tasks }).await;
        assert_eq!(refused.map(drop), no_room(3), "again: {again}");
        let tasks = saved(&*other.store).await;
        let refused = rig.store.restore(Restore { tasks }).await;
        assert_eq!(refused.map(drop), no_room(3), "again: {again}");
        for task in &last {
            assert_eq!(rig.store.task(task.id).await, Ok(None));
        }
        assert!(later_kinds(&rig).await.is_empty());
    }
    rig.submit(last[..3].to_vec()).await;
    let tasks = last[3..].to_vec();
    let refused = rig.store.submit(Submit { tasks }).await;
    assert_eq!(refused.map(drop), no_room(0));
    assert_eq!(later_kinds(&rig).await, ["last".into()]);
}

/// The kinds that come after those of the first batch.
async fn later_kinds(rig: &Rig) -> Vec<Name> {
    let after = Some("kind-~".into());
    let request = ListNames {
        after,
        ..ListNames::first(PAGE_MAX)
    };
    let page = rig.store.kinds(request).await.unwrap();
    page.kinds.into_iter().map(|kind| kind.name).collect()
}
