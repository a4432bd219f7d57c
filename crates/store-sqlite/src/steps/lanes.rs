//! Claims from many lanes: some are stepped through, of others each task is looked up.

use duly_core::TaskId;
use duly_store::NewTask;

use super::{ME, World, schema};
use crate::pens::LANE_STEPS_MAX;

const LANES: u128 = 40;

/// The ids of what a claim of so many gets, as numbers.
fn ids(world: &mut World<'_>, run: u32) -> Vec<u128> {
    let leases = world.leases(ME, run, false);
    let id = |id: TaskId| u128::from_be_bytes(*id.as_bytes());
    leases.iter().map(|lease| id(lease.attempt.task)).collect()
}

fn of_tenant(task: &mut NewTask, tenant: u128) {
    task.tenant = Some(format!("tenant-{tenant}").into());
}

#[test]
fn lanes_that_take_turns_keep_their_order() {
    assert!(
        LANES > LANE_STEPS_MAX as u128,
        "some cannot be stepped through"
    );
    let connection = schema();
    let mut world = World::new(&connection);
    world.submit_with(400, |id, task| of_tenant(task, id % LANES));
    assert_eq!(ids(&mut world, 150), (1..=150).collect::<Vec<_>>());
    assert_eq!(ids(&mut world, 500), (151..=400).collect::<Vec<_>>());
}

#[test]
fn a_lane_that_has_most_of_the_line_keeps_its_order() {
    let connection = schema();
    let mut world = World::new(&connection);
    // Each lane has a task, and then one has all others but some.
    world.submit_with(300, |id, task| {
        let alone = id <= LANES || id % 7 == 0;
        of_tenant(task, if alone { id % LANES } else { LANES });
    });
    assert_eq!(ids(&mut world, 60), (1..=60).collect::<Vec<_>>());
    assert_eq!(ids(&mut world, 500), (61..=300).collect::<Vec<_>>());
}
