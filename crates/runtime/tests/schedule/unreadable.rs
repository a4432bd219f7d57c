//! Schedules that another version wrote, or that are damaged.

use super::*;

/// Text that another version of Duly wrote, and text that is damaged.
const FOREIGN: &str = "{\"version\":2}";
const DAMAGED: &str = "{\"version\":1}";

impl Bench {
    async fn put_unreadable(&self, name: &str, text: &str, owner: Option<&str>) {
        let unreadable = duly_store::PutSchedule {
            name: name.into(),
            owner: owner.map(Name::from),
            definition: text.into(),
            state: text.into(),
            next_at: Some(self.clock.now()),
            expected: duly_store::Expected::Nothing,
        };
        self.store.put_schedule(unreadable).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_cannot_be_read_does_not_stop_the_others() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    bench.put_unreadable("foreign", FOREIGN, None).await;
    bench.put_unreadable("broken", DAMAGED, None).await;
    let schedules = bench.add(every_10s()).await;
    bench.pass(22 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10, 20]);
    let error = schedules.show(&"foreign".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store cannot be read: schedule \"foreign\" was written in version 2, which this Duly does not know: \
         use the version of Duly that wrote it, or remove it"
    );
    let page = schedules.list(None, 10).await.unwrap();
    let names: Vec<&str> = page.schedules.iter().map(|info| &*info.name).collect();
    assert_eq!(names, ["s"]);
    let unreadable = page.unreadable.iter();
    let unreadable: Vec<_> = unreadable.map(|one| (&*one.name, one.written_in)).collect();
    assert_eq!(unreadable, [("broken", None), ("foreign", Some(2))]);
    assert!(
        page.unreadable[0]
            .problem
            .starts_with("is damaged (missing field")
    );
}

#[tokio::test]
async fn one_that_cannot_be_read_is_removed_and_replaced_only_if_it_is_damaged() {
    let bench = Bench::new();
    let begin = aligned(&bench);
    let _house = bench.keep_house();
    let schedules = bench.schedules();
    bench.put_unreadable("foreign", FOREIGN, None).await;
    bench.put_unreadable("broken", DAMAGED, None).await;
    let put = schedules.put("foreign".into(), every_10s(), None).await;
    let Err(SchedulesError::Unreadable(foreign)) = put else {
        panic!("it is not replaced: {put:?}");
    };
    assert_eq!((&*foreign.name, foreign.written_in), ("foreign", Some(2)));
    let added = schedules.add("foreign".into(), every_10s()).await;
    assert_eq!(added, Err(SchedulesError::Exists("foreign".into())));
    let kept = bench
        .store
        .schedule("foreign".into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&*kept.definition, FOREIGN);
    let (_, put) = schedules
        .put("broken".into(), every_10s(), None)
        .await
        .unwrap();
    assert_eq!(put, Put::Changed);
    let removed = schedules.remove(&"foreign".into()).await;
    assert_eq!(removed, Ok(Removed::Unreadable(foreign)));
    let removed = schedules.remove(&"foreign".into()).await;
    let not_found = ScheduleError::NotFound("foreign".into());
    assert_eq!(removed, Err(not_found.into()), "it is gone");
    bench.pass(12 * SECOND).await;
    assert_eq!(bench.ticks(begin).await, [10], "what was put fires");
}

#[tokio::test]
async fn what_converges_leaves_alone_what_it_cannot_read() {
    let bench = Bench::new();
    aligned(&bench);
    let schedules = bench.schedules();
    let names = ["a-newer", "b-damaged", "c-gone", "d-own", "e-plain"];
    bench
        .put_unreadable("a-newer", FOREIGN, Some("config"))
        .await;
    bench
        .put_unreadable("b-damaged", DAMAGED, Some("config"))
        .await;
    bench
        .put_unreadable("c-gone", FOREIGN, Some("config"))
        .await;
    bench.put_unreadable("other", FOREIGN, Some("other")).await;
    let declare = |names: &[&str]| {
        let declared = names.iter().map(|name| (Name::from(*name), every_10s()));
        schedules.converge(declared.collect(), "config".into())
    };
    declare(&["d-own", "e-plain"]).await.unwrap();
    let done = declare(&["a-newer", "b-damaged", "e-plain"]).await.unwrap();
    assert_eq!((done.unchanged, done.removed), (1, vec!["d-own".into()]));
    let left = |done: &[UnreadableSchedule]| -> Vec<Name> {
        done.iter().map(|one| one.name.clone()).collect()
    };
    let expected = ["a-newer", "b-damaged", "c-gone"].map(Name::from);
    let mut unreadable = left(&done.unreadable);
    unreadable.dedup();
    assert_eq!(unreadable, expected, "each is told of once");
    assert_eq!(done.unreadable.len(), 3);
    for name in ["a-newer", "b-damaged", "c-gone", "other"] {
        assert!(bench.store.schedule(name.into()).await.unwrap().is_some());
    }
    let withdrawn = names.iter().map(|name| Name::from(*name)).collect();
    let done = schedules
        .withdraw(withdrawn, &"config".into())
        .await
        .unwrap();
    assert_eq!(done.removed, [Name::from("e-plain")]);
    assert_eq!(left(&done.unreadable), expected);
}
