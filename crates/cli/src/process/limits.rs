//! Limits as the settings want them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use duly::store::ListAttachments;
use duly::store::bounds::PAGE_MAX;
use duly::{Duly, InvalidInput, Limit, Name, RequestError, Subject};
use duly_config::Limit as Said;

/// Limits by name, as settings say them.
type Declared = BTreeMap<String, Said>;

/// Defines the limits that are named, attached to exactly what is said of them, and removes those that
/// were named until now and are not any more. What is as it should be is not written.
pub(super) async fn set(duly: &Duly, old: &BTreeSet<String>, new: &Declared) -> anyhow::Result<()> {
    if old.is_empty() && new.is_empty() {
        return Ok(());
    }
    let limits = duly.limits();
    let there = limits.list().await?.into_iter();
    let there: BTreeMap<Name, Limit> = there.map(|record| (record.name, record.limit)).collect();
    for (name, said) in new {
        let bounds = bounds(said)?;
        let found = there.get(name.as_str());
        if found != Some(&bounds) {
            let defined = limits.define(name.as_str(), bounds).await;
            defined.with_context(|| format!("cannot set limits.{name}"))?;
            told(name, if found.is_some() { "changed" } else { "added" });
        }
    }
    let now = attached(duly).await?;
    // What makes room goes first. One by one: what others attach and detach meanwhile stays as they want it.
    for (subject, limit) in stale(&now, old, new) {
        let doing = || format!("cannot detach limits.{limit} from {}", shown(&subject));
        let detached = limits.detach(subject.clone(), limit.clone()).await;
        detached.with_context(doing)?;
    }
    for (subject, limit, weight) in missing(&now, new) {
        let doing = || format!("cannot attach limits.{limit} to {}", shown(&subject));
        let attached = limits.attach(subject.clone(), limit.clone(), weight).await;
        attached.with_context(doing)?;
    }
    for limit in there.keys() {
        if old.contains(&**limit) && !new.contains_key(&**limit) {
            let removed = limits.remove(limit.clone()).await;
            removed.with_context(|| format!("cannot remove the limit {limit}"))?;
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

/// What is attached of limits that are or were named, and should not be. What is attached of others stays.
fn stale(now: &Attached, old: &BTreeSet<String>, new: &Declared) -> Vec<(Subject, Name)> {
    let is_wanted = |subject: &Subject, limit: &Name| {
        let of = |said: &Said| match subject {
            Subject::Queue(name) => said.queues.contains_key(&**name),
            Subject::Kind(name) => said.kinds.contains_key(&**name),
            Subject::Tenant(name) => said.tenants.contains_key(&**name),
        };
        new.get(&**limit).is_some_and(of)
    };
    let pairs = now
        .iter()
        .flat_map(|(subject, uses)| uses.keys().map(move |limit| (subject, limit)));
    let own = pairs.filter(|(_, limit)| old.contains(&***limit) || new.contains_key(&***limit));
    let stale = own.filter(|(subject, limit)| !is_wanted(subject, limit));
    stale
        .map(|(subject, limit)| (subject.clone(), limit.clone()))
        .collect()
}

/// What should be attached, and is not, or has another weight.
fn missing(now: &Attached, new: &Declared) -> Vec<(Subject, Name, u32)> {
    let wanted = new.iter().flat_map(|(limit, said)| {
        subjects(said).map(|(subject, weight)| (subject, Name::from(limit.as_str()), weight))
    });
    let is_there = |subject: &Subject, limit: &Name, weight: u32| {
        now.get(subject).and_then(|uses| uses.get(limit)) == Some(&weight)
    };
    wanted
        .filter(|(subject, limit, weight)| !is_there(subject, limit, *weight))
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

/// `kind "http"`.
fn shown(subject: &Subject) -> String {
    format!("{} {:?}", subject.what(), subject.name())
}

fn told(limit: &str, what: &str) {
    tracing::info!(limit, what, "a limit is as the configuration says");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(name: &str, kinds: &[&str]) -> Declared {
        let mut said = Said::default();
        said.concurrency = Some(5);
        said.kinds = kinds.iter().map(|kind| ((*kind).to_owned(), 1)).collect();
        Declared::from([(name.to_owned(), said)])
    }

    async fn on(duly: &Duly, kind: &str) -> Vec<String> {
        let uses = duly.limits().attached(&Subject::Kind(kind.into())).await;
        let uses = uses.unwrap().into_iter();
        uses.map(|one| one.name.to_string()).collect()
    }

    #[tokio::test]
    async fn what_two_processes_set_at_once_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}", folder.path().join("duly.db").display());
        let (one, other) = (
            Duly::open(&store).await.unwrap(),
            Duly::open(&store).await.unwrap(),
        );
        for round in 0..20 {
            let kind = format!("k{round}");
            let (a, b) = (declared("a", &[&kind]), declared("b", &[&kind]));
            let none = BTreeSet::new();
            let set = tokio::join!(set(&one, &none, &a), set(&other, &none, &b));
            assert!(set.0.is_ok() && set.1.is_ok(), "{set:?}");
            assert_eq!(on(&one, &kind).await, ["a", "b"], "{kind}");
        }
        one.close().await.unwrap();
        other.close().await.unwrap();
    }

    #[tokio::test]
    async fn what_makes_room_goes_before_what_takes_it() {
        let duly = Duly::open("memory:").await.unwrap();
        let all = |letter: &str| {
            let limits = (0..8).map(|i| declared(&format!("{letter}{i}"), &["k"]));
            limits.flatten().collect::<Declared>()
        };
        let (old, new) = (all("z"), all("a"));
        set(&duly, &BTreeSet::new(), &old).await.unwrap();
        let old = old.into_keys().collect();
        set(&duly, &old, &new).await.unwrap();
        assert_eq!(
            on(&duly, "k").await,
            new.keys().cloned().collect::<Vec<_>>()
        );
    }
}
