//! What is refused, and schedules that a configuration declares.

use super::*;

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let schedules = bench.schedules();
    let refusal = async |definition| {
        let refused = schedules.add("s".into(), definition).await;
        refused.unwrap_err().to_string()
    };
    let past = refusal(with(|s| s.terms.rule = Rule::once(begin))).await;
    assert_eq!(
        past,
        "schedule \"s\" would never fire: expected a rule with a tick in the future"
    );
    let due = refusal(with(|s| s.task.due = When::After(SECOND))).await;
    assert!(due.starts_with("due is given: expected nothing"), "{due}");
    let deadline = refusal(with(|s| s.task.deadline = Some(When::At(begin)))).await;
    assert!(deadline.starts_with("deadline is given: expected a time from the tick"));
    let kind = refusal(with(|s| s.task.kind = "".into())).await;
    assert!(kind.starts_with("kind is \"\": expected"), "{kind}");
    let name = schedules.add("".into(), every_10s()).await.unwrap_err();
    assert!(name.to_string().starts_with("name is \"\""), "{name}");
    assert!(bench.store.schedule("s".into()).await.unwrap().is_none());
    let trigger = schedules.trigger(&"s".into()).await.unwrap_err();
    assert_eq!(trigger.to_string(), "there is no schedule \"s\"");
    bench.add(with(|s| s.task.unique = Some("u".into()))).await;
    schedules.trigger(&"s".into()).await.unwrap();
    let taken = schedules.trigger(&"s".into()).await.unwrap_err();
    assert!(
        matches!(
            taken,
            SchedulesError::Store(ScheduleError::Refused(SubmitError::TaskExists { .. }))
        ),
        "{taken:?}"
    );
}

#[tokio::test]
async fn declared_schedules_converge() {
    let bench = Bench::new();
    aligned(&bench);
    let schedules = bench.add(every_10s()).await;
    let declare = |names: &[&str], definition: Definition| {
        let declared = names.iter().map(|n| (Name::from(*n), definition.clone()));
        schedules.converge(declared.collect(), "config".into())
    };
    let first = declare(&["a", "b"], every_10s()).await.unwrap();
    assert_eq!(first.added, ["a", "b"].map(Name::from));
    schedules.pause(&"a".into()).await.unwrap();
    let again = declare(&["a", "b"], every_10s()).await.unwrap();
    assert_eq!((again.unchanged, again.changed.len()), (2, 0));
    let other = with(|s| s.task.queue = "other".into());
    let third = declare(&["a", "s"], other).await.unwrap();
    assert_eq!(third.changed, ["a", "s"].map(Name::from), "s is taken over");
    assert_eq!(third.removed, ["b"].map(Name::from));
    let a = schedules.show(&"a".into()).await.unwrap();
    assert!(a.is_paused(), "what was paused stays so");
    let more = vec![(Name::from("more"), every_10s())];
    let more = schedules.declare(more, "config".into()).await.unwrap();
    assert_eq!((more.added, more.removed), (vec!["more".into()], vec![]));
    let past = with(|s| s.terms.rule = Rule::once(Timestamp::default()));
    let last = declare(&["over"], past).await.unwrap();
    assert_eq!(last.over, ["over"].map(Name::from));
    assert_eq!(last.removed, ["a", "more", "s"].map(Name::from));
    let page = schedules.list(None, 10).await.unwrap();
    assert!(page.schedules.is_empty());
}
