//! The lines of an archive.

use std::collections::BTreeMap;

use duly_core::{Limit, Timestamp};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::bounds::LINE_BYTES_MAX;
use super::element::{KindElement, QueueElement, ScheduleElement, TaskElement, TenantElement};
use super::error::ArchiveError;
use super::limit::{AttachmentElement, LimitElement};
use super::text::Instant;
use crate::{
    KindSettings, LimitUse, Name, PutSchedule, QueueSettings, SavedTask, ScheduleRecord, Subject,
    TenantSettings,
};

/// What the first line calls the format.
const FORMAT: &str = "duly";
/// The version of the format that is written, and the only one that is read.
const VERSION: u32 = 1;

/// How many of everything an archive has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Queues.
    pub queues: u64,
    /// Schedules.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub schedules: u64,
    /// Kinds with settings of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kinds: u64,
    /// Tenants with settings of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tenants: u64,
    /// Limits.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub limits: u64,
    /// Queues, kinds and tenants that limits are attached to.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attachments: u64,
    /// Tasks.
    pub tasks: u64,
    /// Events of the tasks.
    pub events: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Counted {
    /// Counts a task with its events.
    pub(crate) fn task(&mut self, saved: &SavedTask) {
        self.tasks += 1;
        self.events += saved.events.len() as u64;
    }
}

/// One line of an archive.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Line {
    /// The first.
    Header {
        /// When the archive was begun.
        at: Timestamp,
    },
    /// A queue.
    Queue {
        /// Its name.
        name: Name,
        /// What holds for it.
        settings: QueueSettings,
    },
    /// A kind.
    Kind {
        /// Its name.
        name: Name,
        /// What holds for it.
        settings: KindSettings,
    },
    /// A tenant.
    Tenant {
        /// Its name.
        name: Name,
        /// What holds for it.
        settings: TenantSettings,
    },
    /// A limit.
    Limit {
        /// Its name.
        name: Name,
        /// What it bounds.
        limit: Limit,
    },
    /// All the limits that are attached to a queue, a kind or a tenant.
    Attachment {
        /// What they are attached to.
        subject: Subject,
        /// The limits, with what each task there weighs.
        limits: Vec<LimitUse>,
    },
    /// A schedule, as it is put where there is none of its name.
    Schedule(Box<PutSchedule>),
    /// A task with its history. Its sequences are 0: the store that takes it gives others.
    Task(Box<SavedTask>),
    /// The last.
    End(Counted),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Element {
    Archive(Header),
    Queue(QueueElement),
    Kind(KindElement),
    Tenant(TenantElement),
    Limit(LimitElement),
    Attachment(AttachmentElement),
    Schedule(Box<ScheduleElement>),
    Task(Box<TaskElement>),
    End(Counted),
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    at_us: Instant,
    /// What a later version may have; looked at once the version is known.
    #[serde(flatten, skip_serializing)]
    rest: BTreeMap<String, IgnoredAny>,
}

impl Header {
    /// Why this is no archive that can be read, by field.
    fn check(&self) -> Result<(), (&str, String)> {
        if self.format != FORMAT {
            let quote = super::error::quote(&self.format);
            let problem = format!("{quote:?} is no format that is known: expected {FORMAT:?}");
            return Err(("archive.format", problem));
        }
        if self.version != VERSION {
            let problem = format!(
                "{} is no version that is known: expected {VERSION} (a later Duly may read it)",
                self.version
            );
            return Err(("archive.version", problem));
        }
        match self.rest.keys().next() {
            Some(field) => Err((field, "there is no such field".to_owned())),
            None => Ok(()),
        }
    }
}

/// Writes the first line, of an archive that is begun at `at`.
pub fn write_header(at: Timestamp, out: &mut Vec<u8>) {
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        at_us: Instant(at),
        rest: BTreeMap::new(),
    };
    write(&Element::Archive(header), out);
}

/// Writes the line of a queue.
pub fn write_queue(name: &Name, settings: &QueueSettings, out: &mut Vec<u8>) {
    write(&Element::Queue(QueueElement::new(name, settings)), out);
}

/// Writes the line of a kind.
pub fn write_kind(name: &Name, settings: KindSettings, out: &mut Vec<u8>) {
    write(&Element::Kind(KindElement::new(name, settings)), out);
}

/// Writes the line of a tenant.
pub fn write_tenant(name: &Name, settings: TenantSettings, out: &mut Vec<u8>) {
    write(&Element::Tenant(TenantElement::new(name, settings)), out);
}

/// Writes the line of a limit.
pub fn write_limit(name: &Name, limit: &Limit, out: &mut Vec<u8>) {
    let given = String::new();
    write(&Element::Limit(LimitElement::new(name, limit, given)), out);
}

/// Writes the line of what is attached to a queue, a kind or a tenant.
pub fn write_attachment(subject: &Subject, limits: &[LimitUse], out: &mut Vec<u8>) {
    let element = AttachmentElement::new(subject, limits);
    write(&Element::Attachment(element), out);
}

/// Writes the line of a schedule.
pub fn write_schedule(schedule: &ScheduleRecord, out: &mut Vec<u8>) {
    write(
        &Element::Schedule(Box::new(ScheduleElement::new(schedule))),
        out,
    );
}

/// Writes the line of a task with its history.
pub fn write_task(saved: &SavedTask, out: &mut Vec<u8>) {
    write(&Element::Task(Box::new(TaskElement::new(saved))), out);
}

/// Writes the last line.
pub fn write_end(counted: Counted, out: &mut Vec<u8>) {
    write(&Element::End(counted), out);
}

fn write(element: &Element, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, element)
        .expect("an element has text for keys, and a vector takes it all");
    out.push(b'\n');
}

/// Reads one line, without its end; `number` counts from 1, for errors.
///
/// # Errors
/// [`ArchiveError::Line`], naming line, column, field and what was expected.
pub fn parse_line(number: u64, bytes: &[u8]) -> Result<Line, ArchiveError> {
    let fail = |column: usize, field: &str, problem: &str| {
        Err(ArchiveError::line(number, column, field, problem))
    };
    if bytes.len() > LINE_BYTES_MAX {
        return fail(
            1,
            "",
            &format!("too long: expected at most {LINE_BYTES_MAX} bytes"),
        );
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        return fail(error.valid_up_to() + 1, "", "expected UTF-8");
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let element: Element = match serde_path_to_error::deserialize(&mut json) {
        Ok(element) => element,
        Err(error) => {
            let (field, inner) = (error.path().to_string(), error.inner());
            return fail(inner.column(), &field, &inner.to_string());
        }
    };
    if let Err(error) = json.end() {
        return fail(error.column(), "", "expected nothing behind the object");
    }
    Ok(match element {
        Element::Archive(header) => {
            if let Err((field, problem)) = header.check() {
                return fail(1, field, &problem);
            }
            Line::Header { at: header.at_us.0 }
        }
        Element::Queue(queue) => {
            let (name, settings) = queue.into_queue();
            Line::Queue { name, settings }
        }
        Element::Kind(kind) => {
            let (name, settings) = kind.into_kind();
            Line::Kind { name, settings }
        }
        Element::Tenant(tenant) => {
            let (name, settings) = tenant.into_tenant();
            Line::Tenant { name, settings }
        }
        Element::Limit(limit) => {
            let (name, limit, _) = match limit.into_limit() {
                Ok(limit) => limit,
                Err(refused) => return fail(1, "limit.rate", &refused.to_string()),
            };
            Line::Limit { name, limit }
        }
        Element::Attachment(attachment) => {
            let (subject, limits) = attachment.into_attachment();
            Line::Attachment { subject, limits }
        }
        Element::Schedule(schedule) => Line::Schedule(Box::new(schedule.into_put())),
        Element::Task(task) => Line::Task(Box::new(task.into_saved())),
        Element::End(counted) => Line::End(counted),
    })
}
