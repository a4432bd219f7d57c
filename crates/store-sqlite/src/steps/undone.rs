//! What a refused batch leaves behind: nothing, whatever else its transaction has done.

use duly_store::{OnConflict, SubmitError, Unique};

use super::*;
use crate::error::Fault;

fn task(id: u8, kind: &str) -> NewTask {
    NewTask::new(TaskId::from_bytes([id; 16]), kind, Payload::default())
}

fn keyed(id: u8) -> NewTask {
    let mut task = task(id, "work");
    let mut unique = Unique::new("key");
    unique.on_conflict = OnConflict::Reject;
    task.unique = Some(unique);
    task
}

fn ask(kind: &str) -> Claim {
    Claim {
        incarnation: ME,
        queues: vec!["default".into()],
        weights: Vec::new(),
        kinds: vec![kind.into()],
        run: 10,
        prefetch: 0,
        suspect: false,
        turn: 0,
    }
}

fn submit(tx: &mut Transaction<'_, '_>, tasks: Vec<NewTask>) -> bool {
    match submit::submit(tx, &Submit { tasks }) {
        Ok(_) => true,
        Err(Fault::Refused(SubmitError::TaskExists { .. })) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn nobody_stands_where_a_refused_batch_has_stood() {
    let connection = schema();
    let mut world = World::new(&connection);
    world.transact(|tx| assert!(submit(tx, vec![keyed(1)])));
    assert_eq!(world.claim(ME, 1, false), 1, "it runs, and holds its key");
    world.transact(|tx| {
        assert!(submit(tx, vec![task(2, "work")]));
        assert_eq!(claim::claim(tx, &ask("work")).unwrap().leases.len(), 1);
        assert!(!submit(tx, vec![task(3, "work"), keyed(4)]));
    });
    world.transact(|tx| assert!(submit(tx, vec![task(5, "other")])));
    let leases = world.transact(|tx| claim::claim(tx, &ask("work")).unwrap().leases);
    assert_eq!(leases, [], "what is there is of another kind");
    let leases = world.transact(|tx| claim::claim(tx, &ask("other")).unwrap().leases);
    assert_eq!(leases.len(), 1);
}

#[test]
fn queues_of_refused_batches_do_not_pile_up() {
    let connection = schema();
    let mut world = World::new(&connection);
    world.transact(|tx| assert!(submit(tx, vec![keyed(1)])));
    let known = |world: &World<'_>| world.book.dispatch.queue_count();
    let before = known(&world);
    for n in 0..100 {
        let mut first = task(2, "work");
        first.queue = format!("queue-{n}").into();
        world.transact(|tx| assert!(!submit(tx, vec![first, keyed(3)])));
    }
    assert!(known(&world) <= before + 1, "{} queues", known(&world));
    let mut first = task(2, "work");
    first.queue = "queue-7".into();
    world.transact(|tx| assert!(submit(tx, vec![first])));
    let ask = Claim {
        queues: vec!["queue-7".into()],
        ..ask("work")
    };
    let leases = world.transact(|tx| claim::claim(tx, &ask).unwrap().leases);
    assert_eq!(leases.len(), 1);
}
