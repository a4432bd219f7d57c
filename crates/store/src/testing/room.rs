//! What there is no room for.

use duly_core::TaskId;
use duly_core::bounds::TASK_LIMITS_MAX;

use super::save::{memory, saved};
use super::{KIND, Rig};
use crate::bounds::{LIMITS_MAX, SUBMIT_MAX};
use crate::{LimitUse, NewTask, Payload, Restore, SubmitError};

/// A saved task names no limit beyond those that a store can hold; one that is known it may name.
pub async fn there_is_no_room_for_more_limits(rig: Rig) {
    let naming = |n: usize, limits: Vec<LimitUse>| {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&(n as u64).to_be_bytes());
        NewTask {
            limits,
            ..NewTask::new(TaskId::from_bytes(bytes), KIND, Payload::json("1"))
        }
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
