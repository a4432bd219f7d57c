//! What limits are attached to: changed one by one, and shown.

use duly_core::Limit;

use super::limit::{LIMIT, define, shown};
use super::{QUEUE, Rig};
use crate::AttachmentChange::{Add, Exactly, Remove};
use crate::bounds::ATTACHED_SHOWN_MAX;
use crate::{LimitUse, ListAttachments, ListNames, RequestError, Subject};

/// One by one, each change as the store finds it: so of two people at the same time both have their way.
/// What nobody has defined is attached, too.
pub async fn what_is_attached_changes_one_by_one(rig: Rig) {
    define(&rig, Limit::concurrency(1)).await;
    let queue = Subject::Queue(QUEUE.into());
    let tenant = Subject::Tenant("acme".into());
    rig.attach(&tenant, Remove("none".into())).await;
    let tenants = rig.store.tenants(ListNames::first(9)).await.unwrap();
    assert!(tenants.tenants.is_empty(), "nothing was to be changed");
    let add = |name: &str, weight| Add(LimitUse::heavy(name, weight));
    let one = rig.store.attach(queue.clone(), add("b", 1));
    let other = rig.store.attach(queue.clone(), add(LIMIT, 3));
    other.await.expect("it is taken");
    one.await.expect("it is taken");
    rig.attach(&tenant, add("a", 2)).await;
    let uses = |uses: &[(&str, u32)]| -> Vec<LimitUse> {
        let uses = uses.iter();
        uses.map(|(name, weight)| LimitUse::heavy(*name, *weight))
            .collect()
    };
    let of_queue = (queue.clone(), uses(&[("b", 1), (LIMIT, 3)]));
    let of_tenant = (tenant.clone(), uses(&[("a", 2)]));
    assert_eq!(attachments(&rig, 9).await, [of_queue, of_tenant.clone()]);
    rig.attach(&queue, add("b", 7)).await;
    rig.attach(&queue, Remove(LIMIT.into())).await;
    rig.attach(&queue, Remove(LIMIT.into())).await;
    assert!(shown(&rig).await.attached.is_empty());
    let of_queue = (queue.clone(), uses(&[("b", 7)]));
    assert_eq!(attachments(&rig, 1).await, [of_queue, of_tenant.clone()]);
    let only = ListAttachments::only(tenant);
    let page = rig.store.attachments(only).await.unwrap();
    assert_eq!((page.attachments, page.next), (vec![of_tenant], None));
    for n in 0..7 {
        rig.attach(&queue, add(&format!("{n}"), 1)).await;
    }
    let ninth = rig.store.attach(queue.clone(), add("ninth", 1)).await;
    assert!(
        matches!(&ninth, Err(RequestError::InvalidInput(refused)) if refused.field == "limits"),
        "{ninth:?}"
    );
    rig.attach(&queue, Exactly(Vec::new())).await;
    assert_eq!(attachments(&rig, 9).await.len(), 1);
}

/// By subject, whatever the words for queues, kinds and tenants are; from anything on, there or not.
pub async fn what_is_attached_is_listed_by_subject(rig: Rig) {
    let all = [
        Subject::Queue("b".into()),
        Subject::Queue("c".into()),
        Subject::Kind("a".into()),
        Subject::Tenant("a".into()),
        Subject::Tenant("c".into()),
    ];
    for (n, subject) in all.iter().enumerate().rev() {
        let uses = (0..=n).map(|n| LimitUse::one(format!("{n}")));
        rig.attach(subject, Exactly(uses.collect())).await;
    }
    for size in 1..=6 {
        let listed = attachments(&rig, size).await;
        let subjects: Vec<_> = listed.iter().map(|(subject, _)| subject.clone()).collect();
        assert_eq!(subjects, all, "in pages of {size}");
        let counts: Vec<_> = listed.iter().map(|(_, uses)| uses.len()).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5], "in pages of {size}");
    }
    let page = async |only: Option<&Subject>, after: Subject| {
        let request = ListAttachments {
            only: only.cloned(),
            after: Some(after),
            ..ListAttachments::first(9)
        };
        let page = rig.store.attachments(request).await.unwrap();
        assert_eq!(page.next, None);
        let subjects = page.attachments.into_iter().map(|(subject, _)| subject);
        subjects.collect::<Vec<_>>()
    };
    for (after, rest) in [
        (Subject::Queue("a".into()), &all[..]),
        (Subject::Queue("bb".into()), &all[1..]),
        (Subject::Queue("c".into()), &all[2..]),
        (Subject::Queue("d".into()), &all[2..]),
        (Subject::Kind("A".into()), &all[2..]),
        (Subject::Kind("b".into()), &all[3..]),
        (Subject::Tenant("b".into()), &all[4..]),
        (Subject::Tenant("d".into()), &[]),
    ] {
        assert_eq!(page(None, after.clone()).await, rest, "after {after:?}");
    }
    assert_eq!(page(Some(&all[2]), all[1].clone()).await, all[2..3]);
    assert_eq!(page(Some(&all[2]), all[2].clone()).await, []);
    let nothing = Subject::Tenant("b".into());
    assert_eq!(page(Some(&nothing), all[1].clone()).await, []);
}

/// What one limit is attached to, by subject, whether anybody has defined it or not; of others nothing is told.
pub async fn what_a_limit_is_attached_to_is_listed_by_subject(rig: Rig) {
    let all = [
        Subject::Queue("b".into()),
        Subject::Queue("c".into()),
        Subject::Kind("a".into()),
        Subject::Tenant("a".into()),
        Subject::Tenant("c".into()),
    ];
    let other = Subject::Kind("b".into());
    for (subject, weight) in all.iter().zip(1..6).rev() {
        let uses = vec![LimitUse::one("another"), LimitUse::heavy(LIMIT, weight)];
        rig.attach(subject, Exactly(uses)).await;
    }
    rig.attach(&other, Add(LimitUse::one("another"))).await;
    let heavy = |weight| vec![LimitUse::heavy(LIMIT, weight)];
    let weighed = all.iter().cloned().zip((1..).map(heavy));
    let mut expected: Vec<_> = weighed.collect();
    for is_defined in [false, true] {
        for size in 1..=6 {
            let request = ListAttachments::of(LIMIT.into(), size);
            let listed = pages(&rig, request).await;
            assert_eq!(listed, expected, "in pages of {size}");
        }
        if !is_defined {
            define(&rig, Limit::concurrency(1)).await;
        }
    }
    let page = async |only: Option<&Subject>, after: Option<&Subject>| {
        let request = ListAttachments {
            only: only.cloned(),
            after: after.cloned(),
            ..ListAttachments::of(LIMIT.into(), 9)
        };
        let page = rig.store.attachments(request).await.unwrap();
        assert_eq!(page.next, None);
        page.attachments
    };
    assert_eq!(page(None, Some(&other)).await, expected[3..]);
    assert_eq!(page(None, Some(&all[2])).await, expected[3..]);
    assert_eq!(page(None, Some(&all[4])).await, []);
    assert_eq!(page(Some(&all[2]), None).await, expected[2..3]);
    assert_eq!(page(Some(&all[2]), Some(&all[1])).await, expected[2..3]);
    assert_eq!(page(Some(&all[2]), Some(&all[2])).await, []);
    assert_eq!(page(Some(&other), None).await, [], "another is attached");
    rig.attach(&all[1], Remove(LIMIT.into())).await;
    expected.remove(1);
    assert_eq!(page(None, None).await, expected);
    let nobodys = ListAttachments::of("nobody's".into(), 9);
    assert_eq!(pages(&rig, nobodys).await, []);
    let none = ListAttachments::of(LIMIT.into(), 0);
    let refused = rig.store.attachments(none).await;
    assert!(
        matches!(&refused, Err(RequestError::InvalidInput(refused)) if refused.field == "limit"),
        "{refused:?}"
    );
}

/// The record of a limit names a part of what it is attached to, and counts all of it.
pub async fn a_record_names_the_first_of_what_a_limit_is_attached_to(rig: Rig) {
    define(&rig, Limit::concurrency(1)).await;
    let tenant = |n: usize| Subject::Tenant(format!("tenant-{n:03}").into());
    let one = || Add(LimitUse::one(LIMIT));
    for n in (0..ATTACHED_SHOWN_MAX).rev() {
        rig.attach(&tenant(n), one()).await;
    }
    let record = shown(&rig).await;
    assert_eq!(record.attached_count, ATTACHED_SHOWN_MAX as u64);
    let all: Vec<_> = (0..ATTACHED_SHOWN_MAX).map(|n| (tenant(n), 1)).collect();
    assert_eq!(record.attached, all, "all, while there is room for all");
    let (kind, queue) = (Subject::Kind("work".into()), Subject::Queue(QUEUE.into()));
    rig.attach(&kind, one()).await;
    rig.attach(&queue, Add(LimitUse::heavy(LIMIT, 3))).await;
    rig.attach(&queue, Add(LimitUse::one("another"))).await;
    let record = shown(&rig).await;
    assert_eq!(record.attached_count, ATTACHED_SHOWN_MAX as u64 + 2);
    assert_eq!(record.attached[..2], [(queue, 3), (kind, 1)]);
    assert_eq!(record.attached[2..], all[..ATTACHED_SHOWN_MAX - 2]);
    // What makes room lets others in; another weight of one is not one more.
    rig.attach(&tenant(0), Remove(LIMIT.into())).await;
    rig.attach(&tenant(1), Exactly(Vec::new())).await;
    rig.attach(&tenant(2), Add(LimitUse::heavy(LIMIT, 7))).await;
    let record = shown(&rig).await;
    assert_eq!(record.attached_count, ATTACHED_SHOWN_MAX as u64);
    assert_eq!(record.attached[2], (tenant(2), 7));
    assert_eq!(record.attached[3..], all[3..]);
    // Defined anew, it is attached as it was before.
    let define = |bounds| rig.store.configure_limit(LIMIT.into(), bounds);
    define(None).await.expect("it is removed");
    define(Some(Limit::concurrency(2)))
        .await
        .expect("it is there again");
    assert_eq!(shown(&rig).await.attached, record.attached);
}

/// All that is attached, read in pages.
async fn attachments(rig: &Rig, limit: u32) -> Vec<(Subject, Vec<LimitUse>)> {
    pages(rig, ListAttachments::first(limit)).await
}

/// All that is asked for, from the first page on.
async fn pages(rig: &Rig, mut request: ListAttachments) -> Vec<(Subject, Vec<LimitUse>)> {
    let mut all = Vec::new();
    loop {
        let page = rig.store.attachments(request.clone()).await.unwrap();
        assert!(page.attachments.len() <= request.limit as usize);
        all.extend(page.attachments);
        request.after = page.next;
        if request.after.is_none() {
            return all;
        }
    }
}
