//! Limits and settings in an archive.

use duly_core::{Limit, Rate};

use super::*;
use crate::{
    AttachmentChange, KindChange, LimitRecord, LimitUse, ListAttachments, ListNames, Subject,
    TenantChange,
};

/// Limits with what they are attached to, and what kinds and tenants say of themselves.
type Rules = (
    Vec<LimitRecord>,
    Vec<(Subject, Vec<LimitUse>)>,
    Vec<(Name, bool)>,
    Vec<(Name, u32)>,
);

async fn rules(rig: &Rig) -> Rules {
    let all = || ListNames::first(9);
    let limits = rig.store.limits(all()).await.unwrap().limits;
    let attached = rig.store.attachments(ListAttachments::first(9)).await;
    let attached = attached.unwrap().attachments;
    let kinds = rig.store.kinds(all()).await.unwrap().kinds;
    let tenants = rig.store.tenants(all()).await.unwrap().tenants;
    let kinds = kinds
        .into_iter()
        .map(|kind| (kind.name, kind.settings.paused));
    let tenants = tenants
        .into_iter()
        .map(|one| (one.name, one.settings.weight));
    (limits, attached, kinds.collect(), tenants.collect())
}

#[tokio::test]
async fn limits_what_they_are_attached_to_and_settings_of_kinds_and_tenants_come_along() {
    let old = rig().await;
    let store = &old.store;
    let paced = Rate::new(50, Duration::from_millis(700)).burst(3);
    let both = Limit::concurrency(2).and_rate(paced);
    for (name, limit) in [("a ✉", both), ("b", Limit::rate(paced))] {
        store
            .configure_limit(name.into(), Some(limit))
            .await
            .unwrap();
    }
    let uses = vec![LimitUse::heavy("a ✉", 2), LimitUse::one("b")];
    let subjects = [
        Subject::Queue("mail".into()),
        Subject::Kind("work".into()),
        Subject::Tenant("acme".into()),
    ];
    for subject in subjects {
        let exactly = AttachmentChange::Exactly(uses.clone());
        store.attach(subject, exactly).await.unwrap();
    }
    let undefined = AttachmentChange::Add(LimitUse::heavy("nobody's", 3));
    let kind = Subject::Kind("work".into());
    store.attach(kind, undefined).await.unwrap();
    let pause = KindChange {
        paused: Some(true),
        ..KindChange::default()
    };
    store.configure_kind("work".into(), pause).await.unwrap();
    let heavy = TenantChange {
        weight: Some(7),
        ..TenantChange::default()
    };
    store.configure_tenant("acme".into(), heavy).await.unwrap();
    let text = archived(&old).await;
    let new = rig().await;
    imported(&new, &text).await.unwrap();
    assert_eq!(rules(&new).await, rules(&old).await);
    let (limits, attached, ..) = rules(&new).await;
    assert_eq!((limits[0].attached.len(), attached.len()), (3, 3));
    assert_eq!(attached[1].1[2], LimitUse::heavy("nobody's", 3));
    let refused = text.replace("\"weight\":2", "\"weight\":0");
    let refusal = imported(&rig().await, &refused).await.unwrap_err();
    let expected = "line 7: limits (weight) is 0: expected 1 to";
    assert!(refusal.to_string().starts_with(expected), "{refusal}");
}

#[tokio::test]
async fn a_rate_in_an_archive_is_what_it_says_or_is_refused() {
    let old = rig().await;
    let rate = Rate::new(5, Duration::from_secs(7)).burst(3);
    let done = old
        .store
        .configure_limit("a".into(), Some(Limit::rate(rate)));
    done.await.unwrap();
    let text = archived(&old).await;
    for (was, is, expected) in [
        (
            "\"permits\":5",
            "\"permits\":0",
            "rate (permits) is 0: expected 1 to 1000000",
        ),
        (
            "\"permits\":5",
            "\"permits\":1000001",
            "rate (permits) is 1000001: expected 1 to",
        ),
        (
            "\"burst\":3",
            "\"burst\":0",
            "rate (burst) is 0: expected 1 to 1000000",
        ),
        (
            "\"period_us\":7000000",
            "\"period_us\":0",
            "rate (period) is 0s: expected more than 0s, at most 366 days",
        ),
        (
            "\"period_us\":7000000",
            "\"period_us\":31622400000001",
            "rate (period) is 31622400.000001s: expected more than 0s, at most 366 days",
        ),
    ] {
        assert!(text.contains(was), "{text}");
        let target = rig().await;
        let refusal = imported(&target, &text.replace(was, is)).await;
        let refusal = refusal.unwrap_err().to_string();
        assert!(
            refusal.starts_with("line 2") && refusal.contains(expected),
            "{refusal}"
        );
        assert!(rules(&target).await.0.is_empty(), "{refusal}");
    }
}
