//! `Idempotency-Key`: a submit that is sent again, because its answer was lost, submits nothing twice.
//!
//! The ids of the tasks are derived from the key, so that the store itself sees that they are there
//! already; a fingerprint of the body is kept with each task, so that a key that is used again for
//! something else is noticed. Both last as long as the tasks are kept. Of two different arrays that
//! are sent under one key at the same instant, one is refused, but of its tasks those stay that the
//! other has no place for.

use axum::body::Bytes;
use axum::http::HeaderMap;
use duly_api::{Code, Problem};
use duly_core::TaskId;
use sha2::{Digest, Sha256};

use crate::App;
use crate::bounds::IDEMPOTENCY_KEY_BYTES_MAX;
use crate::port::{NewTask, SubmitReply, TaskRecord};
use crate::refusal::Refusal;

const HEADER: &str = "Idempotency-Key";

/// The label that holds the fingerprint of the body that a task came with.
const LABEL: &str = "duly.submit";

/// A key, as what is derived from it and from the body.
pub(crate) struct Key {
    hash: Sha256,
    fingerprint: String,
}

/// The key that a request gives, if any.
pub(super) fn key(headers: &HeaderMap, body: &Bytes) -> Result<Option<Key>, Refusal> {
    let mut given = headers.get_all(HEADER).iter();
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let bytes = value.as_bytes();
    let fits = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&bytes.len());
    if !fits || !bytes.iter().all(u8::is_ascii_graphic) || given.next().is_some() {
        let expected =
            format!("one of 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible characters of ASCII");
        let detail = format!("{HEADER} is not valid: expected {expected}");
        return Err(Problem::invalid(HEADER, expected, detail).into());
    }
    let mut hash = Sha256::new_with_prefix(b"duly task of idempotency key\0");
    hash.update(bytes);
    hash.update([0]);
    Ok(Some(Key {
        hash,
        fingerprint: hex(&Sha256::digest(body)),
    }))
}

impl Key {
    /// An id for a task of the request, by how many were derived before: a UUID of version 8, always
    /// the same.
    pub(crate) fn task_id(&self, before: usize) -> TaskId {
        let mut hash = self.hash.clone();
        hash.update((before as u64).to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        TaskId::from_bytes(bytes)
    }

    /// Keeps with a task which request it came with.
    pub(crate) fn sign(&self, task: &mut NewTask) {
        task.labels
            .insert(LABEL.to_owned(), self.fingerprint.clone());
    }

    fn has_signed(&self, task: &TaskRecord) -> bool {
        task.labels.get(LABEL) == Some(&self.fingerprint)
    }
}

/// The ids that were derived from the key, in order.
pub(super) fn derived(tasks: &[NewTask]) -> Vec<TaskId> {
    let signed = tasks.iter().filter(|task| task.labels.contains_key(LABEL));
    signed.map(|task| task.id).collect()
}

/// Before anything is submitted: the first task, if it is there already, came with the same request.
pub(super) async fn check_before(app: &App, key: &Key, derived: &[TaskId]) -> Result<(), Refusal> {
    match derived {
        // Whatever else a request with this key submits, it has the first of its ids.
        [first, _, ..] => check(app, key, *first).await,
        // A task alone is told by the reply as well, without asking twice.
        _ => Ok(()),
    }
}

/// What was there already came with the same request.
pub(super) async fn check_after(
    app: &App,
    key: &Key,
    (asked, derived): (&[TaskId], &[TaskId]),
    reply: &SubmitReply,
) -> Result<(), Refusal> {
    // All are in the order of the request. Another task may stand for one that was asked for.
    let mut derived = derived.iter().peekable();
    let mut ours = reply
        .tasks
        .iter()
        .zip(asked)
        .filter(|(_, id)| derived.next_if_eq(id).is_some());
    match ours.find(|(task, id)| task.existed() && task.id == **id) {
        Some((task, _)) => check(app, key, task.id).await,
        None => Ok(()),
    }
}

async fn check(app: &App, key: &Key, id: TaskId) -> Result<(), Refusal> {
    match app.store().task(id).await? {
        Some(task) if !key.has_signed(&task) => Err(Problem {
            field: Some(HEADER.to_owned()),
            ..Problem::new(
                Code::IdempotencyKeyReused,
                format!(
                    "{HEADER} was used before, with another body, for task {id}: send the same \
                     body, or another key"
                ),
            )
        }
        .into()),
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::trace;

    fn asked(text: &str) -> Result<Option<Key>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, text.parse().unwrap());
        key(&headers, &Bytes::from_static(b"{}"))
    }

    #[test]
    fn ids_are_the_same_whenever_they_are_derived() {
        let [one, again, other] = ["a", "a", "b"].map(|text| asked(text).unwrap().unwrap());
        assert_eq!(one.task_id(0), again.task_id(0));
        assert_ne!(one.task_id(0), one.task_id(1));
        assert_ne!(one.task_id(0), other.task_id(0));
        let text = one.task_id(0).to_string();
        assert_eq!(&text[14..15], "8", "the version: {text}");
        assert!("89ab".contains(&text[19..20]), "the variant: {text}");
    }

    #[test]
    fn a_label_of_ours_is_reserved() {
        assert!(trace::is_reserved(LABEL));
    }

    #[test]
    fn keys_are_short_and_visible_and_there_once() {
        assert!(key(&HeaderMap::new(), &Bytes::new()).unwrap().is_none());
        assert!(asked("").is_err());
        assert!(asked("!~").is_ok());
        assert!(asked("a key").is_err());
        assert!(asked("a\tkey").is_err());
        assert!(asked("clé").is_err());
        assert!(asked(&"a".repeat(IDEMPOTENCY_KEY_BYTES_MAX)).is_ok());
        assert!(asked(&"a".repeat(IDEMPOTENCY_KEY_BYTES_MAX + 1)).is_err());
        let mut two = HeaderMap::new();
        two.append(HEADER, "a".parse().unwrap());
        two.append(HEADER, "b".parse().unwrap());
        assert!(key(&two, &Bytes::new()).is_err());
    }
}
