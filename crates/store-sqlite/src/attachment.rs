//! What limits are attached to, as records have it.

use duly_store::{
    AttachmentPage, LimitUse, ListAttachments, Name, RequestError, Subject, validate,
};
use rusqlite::{Connection, Result};

use crate::error::Fault;
use crate::row;

pub(crate) const AFTER: &str = "SELECT subject, name, weight FROM duly_attachment
    WHERE what = ?1 AND subject > ?2 ORDER BY subject, name";
pub(crate) const OF: &str = "SELECT name, weight FROM duly_attachment
    WHERE what = ?1 AND subject = ?2 ORDER BY name";

/// A subject by its name, among its likes.
type Make = fn(Name) -> Subject;
/// What limits are attached to, in the order of subjects, by the words of records.
const SUBJECTS: [(&str, Make); 3] = [
    ("queue", Subject::Queue),
    ("kind", Subject::Kind),
    ("tenant", Subject::Tenant),
];

/// What is attached to a subject, by name.
pub(crate) fn of(connection: &Connection, subject: &Subject) -> Result<Vec<LimitUse>> {
    let mut statement = connection.prepare_cached(OF)?;
    let rows = statement.query_map([subject.what(), subject.name().as_str()], |row| {
        Ok(LimitUse::heavy(row::name(row, 0)?, row::number(row, 1)?))
    })?;
    rows.collect()
}

/// What is attached to up to `most` subjects, the first that come after one.
pub(crate) fn after(
    connection: &Connection,
    after: Option<&Subject>,
    most: usize,
) -> Result<Vec<(Subject, Vec<LimitUse>)>> {
    let mut all: Vec<(Subject, Vec<LimitUse>)> = Vec::new();
    let mut statement = connection.prepare_cached(AFTER)?;
    let mut from = after.map_or("", |after| after.name().as_str());
    let is_before = |what: &str| after.is_some_and(|after| after.what() != what);
    for (what, make) in SUBJECTS.into_iter().skip_while(|(what, _)| is_before(what)) {
        let mut rows = statement.query([what, std::mem::take(&mut from)])?;
        while let Some(row) = rows.next()? {
            let subject = make(row::name(row, 0)?);
            let one = LimitUse::heavy(row::name(row, 1)?, row::number(row, 2)?);
            let is_full = all.len() == most;
            match all.last_mut() {
                Some((last, uses)) if *last == subject => uses.push(one),
                _ if is_full => return Ok(all),
                _ => all.push((subject, vec![one])),
            }
        }
    }
    Ok(all)
}

/// A page of what is attached, of all limits.
pub(crate) fn page(
    connection: &Connection,
    request: &ListAttachments,
) -> std::result::Result<AttachmentPage, Fault<RequestError>> {
    validate::page(request.limit).map_err(|refused| Fault::Refused(refused.into()))?;
    let (limit, last) = (request.limit as usize, request.after.as_ref());
    let mut attachments = match &request.only {
        Some(only) if last.is_none_or(|last| only > last) => {
            vec![(only.clone(), of(connection, only)?)]
        }
        Some(_) => Vec::new(),
        None => after(connection, last, limit + 1)?,
    };
    attachments.retain(|(_, uses)| !uses.is_empty());
    let more = attachments.len() > limit;
    attachments.truncate(limit);
    let last = attachments.last().filter(|_| more);
    let next = last.map(|(subject, _)| subject.clone());
    Ok(AttachmentPage { attachments, next })
}
