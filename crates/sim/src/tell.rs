//! Plans and calls in words.

use duly_core::{OrderPolicy, Priority, TaskId};
use duly_store::{
    Admission, Change, Claimed, Explanation, NewTask, QueueChange, Settle, Settled, SubmitReply,
    When,
};

use crate::name;
use crate::plan::{Deed, Mishap};
use crate::wire::{Answer, Ask};

/// What a deed is, if it is not told by the call that follows from it.
pub(crate) fn deed(deed: &Deed) -> Option<String> {
    Some(match deed {
        Deed::Ask(_) => return None,
        Deed::Stop { within, .. } => format!("is told to stop within {within:?}"),
        Deed::Crash { .. } => "crashes".to_owned(),
        Deed::Mishap { op, mishap, .. } => {
            let op = op.map_or("call".to_owned(), |op| format!("{op:?}").to_lowercase());
            format!("its next {op} {}", self::mishap(*mishap))
        }
        Deed::Away { lasts, unknown } => {
            let how = if *unknown {
                ", though some of what is asked takes effect"
            } else {
                ""
            };
            format!("the store is away for {lasts:?}{how}")
        }
        Deed::Cut { lasts, .. } => format!("is cut off from the store for {lasts:?}"),
        Deed::Freeze { lasts, .. } => format!("stands still for {lasts:?}"),
        Deed::Jump { whose, micros } => {
            let clock = if whose.is_some() {
                "its clock"
            } else {
                "the store's clock"
            };
            let by = std::time::Duration::from_micros(micros.unsigned_abs());
            let way = if *micros < 0 { "back" } else { "forward" };
            format!("{clock} is set {way} by {by:?}")
        }
    })
}

fn mishap(mishap: Mishap) -> String {
    match mishap {
        Mishap::Lost => "will be lost".to_owned(),
        Mishap::AnswerLost => "will take effect, and its answer will be lost".to_owned(),
        Mishap::Late(by) => format!("will be late by {by:?}"),
        Mishap::Twice(after) => format!("will take effect again after {after:?}"),
        Mishap::CrashBefore => "will not leave: it crashes before".to_owned(),
        Mishap::Still(lasts) => format!("will be its last for {lasts:?}, in which it stands still"),
        Mishap::CrashAfter => "will take effect, and it crashes before the answer".to_owned(),
    }
}

/// What a call has changed, if anything.
pub(crate) fn change(ask: &Ask, answer: &Answer) -> Option<String> {
    Some(match (ask, answer) {
        (Ask::Submit(request), Answer::Submit(Ok(reply))) => submitted(&request.tasks, reply),
        (Ask::Submit(request), Answer::Submit(Err(error))) => {
            let tasks = list(request.tasks.iter().map(|task| name::task(task.id)));
            format!("submit of {tasks} is refused: {error}")
        }
        (Ask::Claim(request), Answer::Claim(Ok(claimed))) if !claimed.leases.is_empty() => {
            let asked = format!("{} to run, {} to keep", request.run, request.prefetch);
            format!("claims ({asked}): {}", leases(claimed))
        }
        (Ask::Claim(_), Answer::Claim(Err(error))) => format!("claim is refused: {error}"),
        (Ask::Promote(request), Answer::Promote(Ok(promoted))) => {
            let begun = request.attempts.iter().zip(&promoted.attempts);
            let begun = begun.map(|(attempt, answer)| outcome(name::attempt(*attempt), answer));
            format!("begins what it kept: {}", list(begun))
        }
        (Ask::Settle(request), Answer::Settle(Ok(settled))) => ends(request, settled),
        (Ask::TakeBack(request), Answer::TakeBack(Ok(taken))) => {
            let life = name::life(request.incarnation);
            let gone = if taken.gone {
                ", which is forgotten"
            } else {
                ""
            };
            format!("takes back {} leases of {life}{gone}", taken.leases)
        }
        (Ask::Register(request), Answer::Register(answer)) => outcome(
            format!("registers {}", name::life(request.incarnation)),
            answer,
        ),
        (Ask::Heartbeat(_), Answer::Heartbeat(Ok(renewed))) if !renewed.known => {
            "is not known any more".to_owned()
        }
        (Ask::Heartbeat(_), Answer::Heartbeat(Ok(renewed))) if !renewed.cancel.is_empty() => {
            let attempts = list(renewed.cancel.iter().map(|attempt| name::attempt(*attempt)));
            format!("is asked to end {attempts}")
        }
        (Ask::KeepHouse(request), Answer::KeepHouse(Ok(kept))) if kept.count > 0 => {
            format!("keeps house: {:?} of {}", request.duty, kept.count)
        }
        (Ask::Purge(subject, limit), Answer::Purge(answer)) => outcome(
            format!("calls off up to {limit} that wait of {subject}"),
            answer,
        ),
        (Ask::Change(id, change), Answer::Change(answer)) => outcome(changed(*id, change), answer),
        _ => return setting(ask, answer),
    })
}

/// What is set for a queue, a kind, a tenant, a limit or a schedule.
fn setting(ask: &Ask, answer: &Answer) -> Option<String> {
    Some(match (ask, answer) {
        (Ask::Configure(queue, change), Answer::Configure(_)) => {
            format!("queue {queue}: {}", configured(change))
        }
        (Ask::Limit(name, limit), Answer::Limit(answer)) => {
            let most = limit.and_then(|limit| limit.concurrency);
            let most = most.map(|most| format!("is {most} at once"));
            let rate = limit.and_then(|limit| limit.rate).map(|rate| {
                let (permits, period, burst) = (rate.permits(), rate.period(), rate.bursts());
                format!("gives {permits} in {period:?}, {burst} together")
            });
            let bounds = list([most, rate].into_iter().flatten());
            outcome(format!("limit {name} [{bounds}]"), answer)
        }
        (Ask::Attach(subject, limits), Answer::Attach(answer)) => {
            let limits = list(limits.iter().map(|use_of| use_of.name.to_string()));
            outcome(format!("{subject} is bound by [{limits}]"), answer)
        }
        (Ask::PutSchedule(request), Answer::PutSchedule(answer)) => outcome(
            format!("schedules {} ({})", request.name, request.definition),
            answer,
        ),
        (Ask::Advance(request), Answer::Advance(answer)) => {
            let tasks = list(request.tasks.iter().map(|task| name::task(task.id)));
            outcome(format!("fires {}: {tasks}", request.name), answer)
        }
        (Ask::Kind(kind, change), _) => {
            format!("kind {kind}: {}", held(change.paused, change.draining))
        }
        (Ask::Tenant(tenant, change), _) => {
            let weight = change.weight.map(|weight| format!("weighs {weight}"));
            let held = held(change.paused, change.draining);
            let held = (!held.is_empty()).then_some(held);
            format!(
                "tenant {tenant}: {}",
                list([held, weight].into_iter().flatten())
            )
        }
        _ => return None,
    })
}

/// A call that has changed nothing.
pub(crate) fn call(ask: &Ask, answer: &Answer) -> String {
    match answer {
        Answer::Claim(Ok(claimed)) => format!("claims nothing; next at {:?}", claimed.next_at),
        Answer::Workers(Ok(workers)) => format!("looks at {} heartbeats", workers.len()),
        Answer::Lead(Ok(answer)) if answer.leads => "leads".to_owned(),
        Answer::Lead(_) => "does not lead".to_owned(),
        Answer::Held(Ok(held)) => {
            let held = list(held.iter().map(|attempt| name::attempt(*attempt)));
            format!("compares what it holds: {held}")
        }
        Answer::Explain(Ok(all)) => explained(all),
        _ => format!("{:?}", ask.op()).to_lowercase(),
    }
}

fn explained(all: &[Explanation]) -> String {
    let each = all.iter().map(|told| {
        let reasons = told
            .reasons
            .iter()
            .map(|reason| reason.sentence(told.at).to_string());
        let place = told.position.map(|place| place.to_string());
        format!("{}: {}", name::task(told.task), list(reasons.chain(place)))
    });
    format!("asks why: {}", each.collect::<Vec<_>>().join("; "))
}

fn submitted(tasks: &[NewTask], reply: &SubmitReply) -> String {
    let each = tasks.iter().zip(&reply.tasks).map(|(task, answer)| {
        let (own, other) = (name::task(task.id), name::task(answer.id));
        match answer.admission {
            Admission::New => {}
            Admission::Existed => return format!("{own} again"),
            Admission::Kept => return format!("{own}, dropped for {other}"),
            Admission::Replaced => return format!("{own}, in place of {other}"),
        }
        let mut text = name::task(task.id);
        text += &format!(
            " ({} of {}, {}",
            task.kind,
            task.queue,
            priority(task.priority)
        );
        if task.due != When::Now {
            text += &format!(", due {}", when(task.due));
        }
        if let Some(deadline) = task.deadline {
            text += &format!(", to start within {}", when(deadline));
        }
        if let Some(instant) = task.finish_by {
            text += &format!(", to end within {}", when(instant));
        }
        for use_of in &task.limits {
            text += &format!(", {} of limit {}", use_of.weight, use_of.name);
        }
        if let Some(tenant) = &task.tenant {
            text += &format!(", of {tenant}");
        }
        if let Some(unique) = &task.unique {
            let key = &unique.key;
            text += &format!(", unique {key}");
        }
        text + ")"
    });
    format!("submits {}", list(each))
}

fn leases(claimed: &Claimed) -> String {
    list(claimed.leases.iter().map(|lease| {
        let kept = if lease.started { "" } else { " to keep" };
        format!("{}{kept}", name::attempt(lease.attempt))
    }))
}

fn ends(request: &Settle, settled: &Settled) -> String {
    let ends = request.settlements.iter().zip(&settled.attempts);
    let ends = ends.map(|(end, answer)| {
        let decision = format!("{:?}", end.decision).to_lowercase();
        outcome(format!("{} {decision}", name::attempt(end.attempt)), answer)
    });
    format!("settles {}", list(ends))
}

fn changed(id: TaskId, change: &Change) -> String {
    let task = name::task(id);
    match change {
        Change::Cancel => format!("cancels {task}"),
        Change::Retry { .. } => format!("puts {task} back in line"),
        Change::Reprioritise(new) => format!("makes {task} {}", priority(*new)),
        Change::Reschedule(due) => format!("makes {task} due {}", when(*due)),
        Change::Discard => format!("discards {task}"),
    }
}

fn configured(change: &QueueChange) -> String {
    let pause = held(change.paused, change.draining);
    let pause = (!pause.is_empty()).then_some(pause);
    let bound = change.bound.map(|bound| format!("holds at most {bound}"));
    let completed = change.retention_completed;
    let completed = completed.map(|kept| format!("keeps completed tasks for {kept:?}"));
    let failed = change.retention_failed;
    let failed = failed.map(|kept| format!("keeps failed tasks for {kept:?}"));
    let order = change.order.map(ordered);
    let fair = change
        .fair
        .map(|fair| if fair { "is fair" } else { "is not fair" });
    let all = [
        pause,
        order,
        fair.map(str::to_owned),
        bound,
        completed,
        failed,
    ];
    list(all.into_iter().flatten())
}

fn ordered(order: OrderPolicy) -> String {
    match order {
        OrderPolicy::Strict => "is strict".to_owned(),
        OrderPolicy::Aging { step } => format!("ages by {step:?}"),
        OrderPolicy::Deadline { default_slack } => {
            format!("goes by deadlines, {default_slack:?} if there is none")
        }
    }
}

fn held(paused: Option<bool>, draining: Option<bool>) -> String {
    let paused = paused.map(|paused| if paused { "paused" } else { "resumed" });
    let draining = draining.map(|draining| if draining { "drains" } else { "is open" });
    list([paused, draining].into_iter().flatten().map(str::to_owned))
}

fn outcome<T, E: std::fmt::Display>(what: String, answer: &Result<T, E>) -> String {
    match answer {
        Ok(_) => what,
        Err(error) => format!("{what}, refused: {error}"),
    }
}

fn priority(priority: Priority) -> String {
    format!("{priority:?}").to_lowercase()
}

fn when(when: When) -> String {
    match when {
        When::Now => "now".to_owned(),
        When::After(delay) => format!("{delay:?}"),
        When::At(at) => at.to_string(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
