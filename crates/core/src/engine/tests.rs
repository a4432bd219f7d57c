use alloc::vec;
use core::time::Duration;

use super::*;
use crate::{Deadlines, Decision, EventKind, Hold, Priority, Replacement, Timestamp};

const NOW: Timestamp = Timestamp::from_micros(1_000_000);
const KIND: KindId = KindId(7);
const ME: Incarnation = Incarnation::from_bytes([1; 16]);
const OTHER: Incarnation = Incarnation::from_bytes([2; 16]);

struct World {
    engine: Engine<()>,
    queues: Vec<QueueId>,
    ids: u8,
}

impl World {
    fn new(queues: usize) -> Self {
        let mut engine = Engine::new();
        let queues = (0..queues).map(|_| engine.add_queue()).collect();
        Self {
            engine,
            queues,
            ids: 0,
        }
    }

    fn entry(&mut self, queue: usize, priority: Priority) -> Entry<()> {
        self.ids += 1;
        Entry {
            id: TaskId::from_bytes([self.ids; 16]),
            sequence: self.engine.next_sequence(),
            vitals: Vitals::submitted(priority, NOW, None, 3, NOW),
            queue: self.queues[queue],
            kind: KIND,
            terms: Terms::NONE,
            unique: None,
            holder: None,
            carry: (),
        }
    }

    fn submit(&mut self, queue: usize, priority: Priority) -> TaskId {
        let entry = self.entry(queue, priority);
        let id = entry.id;
        self.engine.submit(entry, NOW).unwrap();
        id
    }

    fn claim(&mut self, run: usize, prefetch: usize, suspect: bool) -> Vec<TaskId> {
        let mut leased = Vec::new();
        let queues = self.queues.clone();
        let spec = ClaimSpec {
            queues: &queues,
            kinds: &[KIND],
            run,
            prefetch,
            suspect,
            ..ClaimSpec::default()
        };
        self.engine.claim(ME, &spec, NOW, &mut leased);
        leased
            .iter()
            .map(|slot| self.engine.entry(*slot).unwrap().id)
            .collect()
    }

    fn settle(
        &mut self,
        task: TaskId,
        attempt: u32,
        decision: Decision,
    ) -> Result<Effect<()>, Refused> {
        self.engine
            .settle(AttemptRef { task, attempt }, ME, decision, NOW)
    }
}

use crate::AttemptRef;

#[test]
fn the_most_urgent_runs_next_and_equals_in_order() {
    let mut world = World::new(1);
    let low = world.submit(0, Priority::Low);
    let first = world.submit(0, Priority::High);
    let second = world.submit(0, Priority::High);
    assert_eq!(world.claim(9, 0, true), vec![first, second, low]);
    assert_eq!(world.claim(9, 0, true), vec![]);
}

#[test]
fn equally_urgent_queues_take_turns() {
    let mut world = World::new(2);
    let [a1, a2] = [0, 0].map(|q| world.submit(q, Priority::Normal));
    let [b1, b2] = [1, 1].map(|q| world.submit(q, Priority::Normal));
    let urgent = world.submit(1, Priority::High);
    assert_eq!(world.claim(9, 0, true), vec![urgent, a1, b1, a2, b2]);
}

#[test]
fn a_paused_queue_and_a_foreign_kind_hold_still() {
    let mut world = World::new(1);
    let id = world.submit(0, Priority::Normal);
    world.engine.set_paused(world.queues[0], true);
    assert_eq!(world.claim(1, 0, true), vec![]);
    world.engine.set_paused(world.queues[0], false);
    let mut foreign = world.entry(0, Priority::Critical);
    foreign.kind = KindId(8);
    world.engine.submit(foreign, NOW).unwrap();
    assert_eq!(world.claim(9, 0, true), vec![id]);
}

#[test]
fn one_suspect_at_a_time_and_never_prefetched() {
    let mut world = World::new(1);
    let suspects = [0, 0].map(|q| world.submit(q, Priority::High));
    world.claim(2, 0, true);
    for slot in world.engine.held_by(ME).collect::<Vec<_>>() {
        let (_, loss) = world.engine.lose(slot).unwrap();
        assert_eq!(loss.event, EventKind::Lost);
    }
    let innocent = world.submit(0, Priority::Low);
    assert_eq!(world.claim(0, 9, true), vec![innocent]);
    assert_eq!(world.claim(9, 9, false), vec![]);
    assert_eq!(world.claim(9, 9, true), vec![suspects[0]]);
    assert_eq!(world.claim(9, 9, false), vec![]);
}

#[test]
fn a_stale_attempt_or_a_stranger_is_refused() {
    let mut world = World::new(1);
    let id = world.submit(0, Priority::Normal);
    assert!(matches!(
        world.settle(id, 0, Decision::Complete),
        Err(Refused::Stale)
    ));
    world.claim(1, 0, true);
    let attempt = AttemptRef {
        task: id,
        attempt: 1,
    };
    let stranger = world.engine.settle(attempt, OTHER, Decision::Complete, NOW);
    assert!(matches!(stranger, Err(Refused::Stale)));
    assert!(matches!(
        world.settle(id, 2, Decision::Complete),
        Err(Refused::Stale)
    ));
    let done = world.settle(id, 1, Decision::Complete).unwrap();
    assert!(matches!(
        done,
        Effect::Finished {
            event: EventKind::Completed,
            ..
        }
    ));
    assert!(matches!(
        world.settle(id, 1, Decision::Complete),
        Err(Refused::Missing)
    ));
    assert!(world.engine.is_empty());
}

#[test]
fn handed_back_work_keeps_its_place() {
    let mut world = World::new(1);
    let first = world.submit(0, Priority::Normal);
    let second = world.submit(0, Priority::Normal);
    assert_eq!(world.claim(1, 0, true), vec![first]);
    world.settle(first, 1, Decision::HandBack).unwrap();
    assert_eq!(world.claim(2, 0, true), vec![first, second]);
}

#[test]
fn what_waits_comes_into_line_in_bounded_steps() {
    let mut world = World::new(1);
    let later = NOW + Duration::from_secs(5);
    for _ in 0..3 {
        let mut entry = world.entry(0, Priority::Normal);
        entry.vitals = Vitals::submitted(Priority::Normal, later, None, 3, NOW);
        world.engine.submit(entry, NOW).unwrap();
    }
    assert_eq!(world.engine.next_due(), Some(later));
    let mut moved = Vec::new();
    assert!(!world.engine.promote_due(NOW, 9, &mut moved));
    assert!(world.engine.promote_due(later, 2, &mut moved));
    assert_eq!(moved.len(), 2);
    assert!(!world.engine.promote_due(later, 2, &mut moved));
    assert_eq!(world.claim(9, 0, true).len(), 3);
}

#[test]
fn a_missed_deadline_expires_what_waits() {
    let mut world = World::new(1);
    let mut entry = world.entry(0, Priority::Normal);
    entry.vitals.deadlines = Deadlines::new(Some(NOW), None);
    world.engine.submit(entry, NOW).unwrap();
    let mut out = Vec::new();
    assert!(!world.engine.expire(NOW, 9, &mut out));
    assert!(matches!(
        out[..],
        [Effect::Finished {
            event: EventKind::Expired,
            ..
        }]
    ));
    assert_eq!(world.claim(1, 0, true), vec![]);
}

#[test]
fn a_unique_key_is_free_again_at_the_end() {
    let mut world = World::new(1);
    let mut keyed = || {
        let mut entry = world.entry(0, Priority::Normal);
        entry.unique = Some(HeldKey::unfinished("only").into());
        entry
    };
    let (first, second, third) = (keyed(), keyed(), keyed());
    let id = first.id;
    let slot = world.engine.submit(first, NOW).unwrap();
    assert_eq!(
        world.engine.submit(second, NOW).unwrap_err().0,
        Rejected::Exists(id)
    );
    world.engine.cancel(slot).unwrap();
    assert!(world.engine.submit(third, NOW).is_ok());
}

fn keyed(world: &mut World, hold: Hold) -> Entry<()> {
    let mut entry = world.entry(0, Priority::Normal);
    let key = "only".into();
    entry.unique = Some(HeldKey { key, hold }.into());
    entry
}

#[test]
fn a_key_of_what_waits_is_given_up_at_the_claim_and_not_taken_back() {
    let mut world = World::new(1);
    let first = keyed(&mut world, Hold::Waiting);
    let id = first.id;
    world.engine.submit(first, NOW).unwrap();
    let second = keyed(&mut world, Hold::Waiting);
    let (rejected, second) = world.engine.submit(second, NOW).unwrap_err();
    assert_eq!(rejected, Rejected::Exists(id));
    world.claim(0, 1, true);
    world.engine.submit(second, NOW).unwrap();
    world.settle(id, 1, Decision::HandBack).unwrap();
    let third = keyed(&mut world, Hold::Unfinished);
    let (rejected, _) = world.engine.submit(third, NOW).unwrap_err();
    assert_ne!(rejected, Rejected::Exists(id), "the second has it");
}

#[test]
fn a_key_held_until_an_instant_outlives_its_task() {
    let mut world = World::new(1);
    let end = NOW + Duration::from_micros(2);
    let before = NOW + Duration::from_micros(1);
    let first = keyed(&mut world, Hold::Until(end));
    let (id, kind, unique) = (first.id, first.kind, first.unique.clone().unwrap());
    let slot = world.engine.submit(first, NOW).unwrap();
    let standing = |world: &World, now| {
        let holder = world.engine.unique_holder(kind, &unique, now)?;
        assert_eq!(holder.id, id);
        Some(holder.standing)
    };
    assert_eq!(standing(&world, before), Some(Standing::Unfinished(slot)));
    let Effect::Finished { mut entry, .. } = world.engine.cancel(slot).unwrap() else {
        panic!("it waited");
    };
    let ended = Some(Standing::Ended(State::Cancelled));
    assert_eq!(standing(&world, before), ended);
    entry.vitals.retry(before).unwrap();
    let slot = world.engine.readmit(entry, before).unwrap();
    assert_eq!(standing(&world, before), Some(Standing::Unfinished(slot)));
    world.engine.cancel(slot).unwrap();
    let second = keyed(&mut world, Hold::Unfinished);
    assert!(world.engine.make_way(&second, before).is_none());
    assert_eq!(world.engine.forget_lapsed(before, 9), (0, false));
    assert_eq!(standing(&world, end), None);
    let displaced = world.engine.make_way(&second, end).unwrap();
    let slot = world.engine.submit(second, end).unwrap();
    world.engine.undo(slot);
    world.engine.put_back(displaced);
    assert_eq!(
        standing(&world, before),
        ended,
        "as if nothing had been tried"
    );
    assert_eq!(world.engine.forget_lapsed(end, 0), (0, true));
    assert_eq!(world.engine.forget_lapsed(end, 1), (1, false));
    assert_eq!(standing(&world, before), None);
}

#[test]
fn who_lost_a_key_to_another_does_not_take_it_along() {
    let mut world = World::new(1);
    let first = keyed(&mut world, Hold::Until(NOW + Duration::from_micros(1)));
    let (kind, unique) = (first.kind, first.unique.clone().unwrap());
    let old = world.engine.submit(first, NOW).unwrap();
    let end = NOW + Duration::from_micros(1);
    let second = keyed(&mut world, Hold::Unfinished);
    let id = second.id;
    world.engine.submit(second, end).unwrap();
    let Effect::Finished { entry, .. } = world.engine.cancel(old).unwrap() else {
        panic!("it waited");
    };
    let holder = world.engine.unique_holder(kind, &unique, end);
    assert_eq!(holder.map(|holder| holder.id), Some(id));
    world.engine.release(&entry);
    assert!(
        world.engine.readmit(entry, end).is_ok(),
        "its period is over"
    );
    let holder = world.engine.unique_holder(kind, &unique, end);
    assert_eq!(holder.map(|holder| holder.id), Some(id));
}

#[test]
fn a_task_that_ended_elsewhere_holds_its_key_if_nobody_else_does() {
    let mut world = World::new(1);
    let mut ended = keyed(&mut world, Hold::Until(NOW + Duration::from_micros(1)));
    ended.vitals.state = State::Completed;
    world.engine.hold_ended(&ended, NOW);
    let second = keyed(&mut world, Hold::Unfinished);
    let (rejected, second) = world.engine.submit(second, NOW).unwrap_err();
    assert_eq!(rejected, Rejected::Exists(ended.id));
    world.engine.release(&ended);
    let id = second.id;
    world.engine.submit(second, NOW).unwrap();
    world.engine.hold_ended(&ended, NOW);
    assert_eq!(world.engine.rival(&ended, &ended.vitals, NOW), Some(id));
}

#[test]
fn a_task_is_replaced_in_line_and_made_what_it_was() {
    let mut world = World::new(1);
    let low = world.submit(0, Priority::Low);
    let other = world.submit(0, Priority::Normal);
    let slot = world.engine.find(low).unwrap();
    let before = world.engine.entry(slot).unwrap().vitals;
    let by = Replacement {
        priority: Some(Priority::High),
        due_at: None,
    };
    assert!(matches!(
        world.engine.replace(slot, by, NOW),
        Ok(Effect::Moved {
            event: Some(EventKind::Replaced),
            ..
        })
    ));
    assert_eq!(world.claim(1, 0, true), [low]);
    assert!(matches!(
        world.engine.replace(slot, by, NOW),
        Err(Refused::Transition(_))
    ));
    world.settle(low, 1, Decision::HandBack).unwrap();
    world.engine.reset(slot, before);
    assert_eq!(world.claim(1, 0, true), [other]);
    assert_eq!(world.claim(1, 0, true), [low]);
}

#[test]
fn a_queue_has_a_bound_and_a_finished_task_makes_room() {
    let mut world = World::new(1);
    world.engine.set_bound(world.queues[0], 1);
    let id = world.submit(0, Priority::Normal);
    let second = world.entry(0, Priority::Normal);
    let (rejected, second) = world.engine.submit(second, NOW).unwrap_err();
    assert_eq!(rejected, Rejected::Full);
    world.claim(1, 0, true);
    world.settle(id, 1, Decision::Complete).unwrap();
    assert!(world.engine.submit(second, NOW).is_ok());
}

#[test]
fn a_refused_change_changes_nothing() {
    let mut world = World::new(1);
    let id = world.submit(0, Priority::Normal);
    world.claim(0, 1, true);
    let counts = *world.engine.counts(world.queues[0]);
    assert!(matches!(
        world.settle(id, 1, Decision::Complete),
        Err(Refused::Transition(_))
    ));
    assert_eq!(*world.engine.counts(world.queues[0]), counts);
    assert_eq!(world.engine.held_by(ME).count(), 1);
}

#[test]
fn the_oldest_due_is_found_whatever_its_priority_kind_and_losses() {
    let mut world = World::new(2);
    assert_eq!(world.engine.oldest_due(world.queues[0]), None);
    let mut due = |queue, priority, seconds, change: fn(&mut Entry<()>)| {
        let mut entry = world.entry(queue, priority);
        entry.vitals.due_at = NOW + Duration::from_secs(seconds);
        change(&mut entry);
        world.engine.submit(entry, NOW).unwrap()
    };
    due(0, Priority::Critical, 9, |_| ());
    due(0, Priority::Critical, 8, |_| ());
    due(1, Priority::Low, 0, |_| ());
    let low = due(0, Priority::Low, 5, |_| ());
    let other_kind = due(0, Priority::High, 4, |e| e.kind = KindId(8));
    let suspect = due(0, Priority::Normal, 3, |e| e.vitals.lost = 1);
    for (slot, seconds) in [(suspect, 3), (other_kind, 4), (low, 5)] {
        let oldest = NOW + Duration::from_secs(seconds);
        assert_eq!(world.engine.oldest_due(world.queues[0]), Some(oldest));
        world.engine.cancel(slot).unwrap();
    }
    let oldest = NOW + Duration::from_secs(8);
    assert_eq!(world.engine.oldest_due(world.queues[0]), Some(oldest));
}

#[test]
fn a_task_that_changes_its_kind_takes_all_with_it() {
    let mut world = World::new(1);
    let other = KindId(8);
    let limit = world.engine.dispatch_mut().add_limit();
    let bound = crate::Limit::concurrency(1);
    world
        .engine
        .dispatch_mut()
        .set_limit(limit, Some(bound), NOW);
    world
        .engine
        .dispatch_mut()
        .attach(crate::dispatch::Target::Kind(other), &[(limit, 1)], NOW);
    let mut slots = Vec::new();
    for n in 0..3 {
        let mut entry = world.entry(0, Priority::Normal);
        entry.unique = Some(crate::HeldKey::unfinished(alloc::format!("{n}")).into());
        slots.push(world.engine.submit(entry, NOW).unwrap());
    }
    assert_eq!(world.claim(1, 0, false).len(), 1, "nothing bounds it");
    for slot in &slots[..2] {
        world.engine.set_kind(*slot, other, NOW).unwrap();
    }
    assert_eq!(world.engine.dispatch().in_use(limit), 1, "what runs counts");
    world.engine.dispatch().check(NOW).unwrap();

    let mut spec = ClaimSpec {
        queues: &world.queues.clone(),
        kinds: &[KIND, other],
        run: 3,
        ..ClaimSpec::default()
    };
    let mut leased = Vec::new();
    assert!(world.engine.is_open(&spec, NOW));
    world.engine.claim(ME, &spec, NOW, &mut leased);
    assert_eq!(leased, [slots[2]], "the limit holds the second one");
    spec.run = 1;
    assert!(!world.engine.is_open(&spec, NOW));

    let mut twin = world.entry(0, Priority::Normal);
    twin.unique = Some(crate::HeldKey::unfinished("1").into());
    let twin = world.engine.submit(twin, NOW).unwrap();
    let holder = world.engine.entry(slots[1]).unwrap().id;
    let taken = world.engine.set_kind(twin, other, NOW);
    assert_eq!(taken, Err(Rejected::Exists(holder)), "the key went along");
    assert_eq!(world.engine.entry(twin).unwrap().kind, KIND);
    world.engine.dispatch().check(NOW).unwrap();
}

#[test]
fn limits_that_come_and_go_leave_nothing_behind() {
    let mut world = World::new(1);
    let mut names = Vec::new();
    let mut tables = 0;
    for round in 0..500 {
        if world.engine.dispatch().is_crowded() {
            world.engine.dispatch_mut().forget_idle();
        }
        let mut slots = Vec::new();
        world.ids = 0;
        for n in 0..20 {
            let limit = world.engine.dispatch_mut().add_limit();
            names.push(limit);
            let terms = world.engine.dispatch_mut().terms(None, &[(limit, 1)]);
            // The first of them is asked for, but its task is refused.
            if n > 0 {
                let mut entry = world.entry(0, Priority::Normal);
                entry.terms = terms;
                slots.push(world.engine.submit(entry, NOW).unwrap());
            }
        }
        assert_eq!(world.engine.dispatch().limits_in_use(), 19, "{round}");
        for slot in slots {
            world.engine.withdraw(slot).unwrap();
        }
        assert_eq!(world.engine.dispatch().limits_in_use(), 0);
        let numbers = names[names.len() - 20..].iter();
        let most = numbers.map(|limit| limit.gate().index()).max();
        tables = tables.max(most.unwrap());
        tables = tables.max(world.engine.dispatch().terms_count());
    }
    let most = 3 * crate::bounds::NAMES_IDLE_MAX;
    assert!(tables < most, "{tables} of 10,000");
}
