//! Limits as the settings want them.

use std::collections::BTreeMap;

use duly::store::ListAttachments;
use duly::store::bounds::PAGE_MAX;
use duly::{Duly, InvalidInput, Limit, LimitUse, Name, RequestError, Subject};
use duly_config::Limit as Said;

/// Limits by name, as settings say them.
type Declared = BTreeMap<String, Said>;

/// Defines the limits that are named, attached to exactly what is said of them, and removes those that
/// were named until now and are not any more. What is as it should be is not written.
pub(super) async fn set(duly: &Duly, old: &Declared, new: &Declared) -> Result<(), RequestError> {
    if old.is_empty() && new.is_empty() {
        return Ok(());
    }
    let limits = duly.limits();
    let there = limits.list().await?;
    for (name, said) in new {
        let bounds = bounds(said)?;
        let found = there.iter().find(|limit| *limit.name == **name);
        if found.is_none_or(|limit| limit.limit != bounds) {
            limits.define(name.as_str(), bounds).await?;
            told(name, if found.is_some() { "changed" } else { "added" });
        }
    }
    for (subject, uses) in wanted(&attached(duly).await?, old, new) {
        limits.attach_exactly(subject, uses).await?;
    }
    for limit in there.iter().map(|limit| &limit.name) {
        if old.contains_key(&**limit) && !new.contains_key(&**limit) {
            limits.remove(limit.clone()).await?;
            told(limit, "removed");
        }
    }
    Ok(())
}

fn bounds(said: &Said) -> Result<Limit, InvalidInput> {
    said.bounds().map_err(|expected| InvalidInput {
        field: "limits",
        value: "contradictory".to_owned(),
        expected,
    })
}

/// What is attached, with its weights, by what it is attached to.
type Attached = BTreeMap<Subject, BTreeMap<Name, u32>>;

/// All that is attached.
async fn attached(duly: &Duly) -> Result<Attached, RequestError> {
    let mut all = Attached::new();
    let mut request = ListAttachments::first(PAGE_MAX);
    loop {
        let page = duly.store().attachments(request.clone()).await?;
        for (subject, uses) in page.attachments {
            let uses = uses.into_iter().map(|one| (one.name, one.weight));
            all.insert(subject, uses.collect());
        }
        request.after = page.next;
        if request.after.is_none() {
            return Ok(all);
        }
    }
}

/// Of every subject that has other limits than it should: those that it should have. What is attached of
/// limits that were never named stays.
fn wanted(now: &Attached, old: &Declared, new: &Declared) -> Vec<(Subject, Vec<LimitUse>)> {
    let mut wanted = now.clone();
    for uses in wanted.values_mut() {
        uses.retain(|limit, _| !old.contains_key(&**limit) && !new.contains_key(&**limit));
    }
    for (limit, said) in new {
        for (subject, weight) in subjects(said) {
            let uses = wanted.entry(subject).or_default();
            uses.insert(limit.as_str().into(), weight);
        }
    }
    let differs = wanted.into_iter().filter(|(subject, uses)| {
        let now = now.get(subject);
        now.map_or(!uses.is_empty(), |now| now != uses)
    });
    let uses = |uses: BTreeMap<Name, u32>| {
        let uses = uses.into_iter();
        uses.map(|(limit, weight)| LimitUse::heavy(limit, weight))
            .collect()
    };
    differs
        .map(|(subject, wanted)| (subject, uses(wanted)))
        .collect()
}

/// What a limit is to be attached to.
fn subjects(said: &Said) -> impl Iterator<Item = (Subject, u32)> {
    let of = |names: &BTreeMap<String, u32>, subject: fn(Name) -> Subject| {
        let names = names.iter();
        let all = names.map(|(name, weight)| (subject(name.as_str().into()), *weight));
        all.collect::<Vec<_>>()
    };
    let queues = of(&said.queues, Subject::Queue);
    let kinds = of(&said.kinds, Subject::Kind);
    let tenants = of(&said.tenants, Subject::Tenant);
    queues.into_iter().chain(kinds).chain(tenants)
}

fn told(limit: &str, what: &str) {
    tracing::info!(limit, what, "a limit is as the configuration says");
}
