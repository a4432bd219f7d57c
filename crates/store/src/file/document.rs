//! The document that the file is.

use std::io::{self, Read, Write};

use duly_core::{RateState, Timestamp};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::spool::Written;
use crate::archive::Counted;
use crate::archive::bounds::QUOTE_BYTES_MAX;
use crate::archive::element::{
    KindElement, QueueElement, ScheduleElement, TaskElement, TenantElement,
};
use crate::archive::limit::{AttachmentElement, LimitElement};
use crate::bounds::{PAGE_MAX, SAVE_BYTES_MAX};
use crate::memory::snapshot::Whole;
use crate::{
    AttachmentChange, MemoryStore, Name, PutSchedule, QueueChange, QueueSettings, Restore,
    SavedTask, validate,
};

const FORMAT: &str = "duly-memory";
const VERSION: u32 = 1;

/// A document that is being written.
pub(super) struct Document<'a, W> {
    out: &'a mut W,
    counted: Counted,
}

impl<'a, W: Write> Document<'a, W> {
    /// Writes all that comes before the tasks.
    pub(super) fn begin(whole: &Whole, out: &'a mut W) -> io::Result<Self> {
        let at = whole.at.as_micros();
        write!(
            out,
            "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"at_us\":{at},\"queues\":["
        )?;
        let mut counted = Counted::default();
        for (name, settings) in &whole.queues {
            separate(counted.queues, out)?;
            serde_json::to_writer(&mut *out, &QueueElement::new(name, settings))?;
            counted.queues += 1;
        }
        if !whole.schedules.is_empty() {
            out.write_all(b"\n],\"schedules\":[")?;
        }
        for schedule in &whole.schedules {
            separate(counted.schedules, out)?;
            serde_json::to_writer(&mut *out, &ScheduleElement::new(schedule))?;
            counted.schedules += 1;
        }
        out.write_all(b"\n],\"kinds\":[")?;
        for (name, settings) in &whole.kinds {
            separate(counted.kinds, out)?;
            serde_json::to_writer(&mut *out, &KindElement::new(name, *settings))?;
            counted.kinds += 1;
        }
        out.write_all(b"\n],\"tenants\":[")?;
        for (name, settings) in &whole.tenants {
            separate(counted.tenants, out)?;
            serde_json::to_writer(&mut *out, &TenantElement::new(name, *settings))?;
            counted.tenants += 1;
        }
        if !whole.limits.is_empty() {
            out.write_all(b"\n],\"limits\":[")?;
        }
        for (name, limit, given) in &whole.limits {
            separate(counted.limits, out)?;
            let element = LimitElement::new(name, limit, given.to_text());
            serde_json::to_writer(&mut *out, &element)?;
            counted.limits += 1;
        }
        if !whole.attached.is_empty() {
            out.write_all(b"\n],\"attachments\":[")?;
        }
        for (subject, limits) in &whole.attached {
            separate(counted.attachments, out)?;
            serde_json::to_writer(&mut *out, &AttachmentElement::new(subject, limits))?;
            counted.attachments += 1;
        }
        out.write_all(b"\n],\"tasks\":[")?;
        Ok(Self { out, counted })
    }

    pub(super) fn task(&mut self, task: &Written) -> io::Result<()> {
        separate(self.counted.tasks, self.out)?;
        self.out.write_all(&task.json)?;
        self.counted.tasks += 1;
        self.counted.events += task.events;
        Ok(())
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n],\"end\":")?;
        serde_json::to_writer(&mut *self.out, &self.counted)?;
        self.out.write_all(b"}\n")
    }
}

fn separate(before: u64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(if before == 0 { b"\n" } else { b",\n" })
}

/// Why a document was not loaded.
pub(super) enum Unread {
    /// The system refuses to read it.
    Io(io::Error),
    /// It is not what it should be.
    Damaged(String),
    /// It is of a later version.
    Later(u32),
}

/// Loads a document into an empty store; answers of which instant it is.
pub(super) fn load(source: impl Read, store: &MemoryStore) -> Result<Timestamp, Unread> {
    let mut loader = Loader {
        store,
        queues: Vec::new(),
        batch: Vec::new(),
        batch_bytes: 0,
        counted: Counted::default(),
        later: None,
    };
    let mut json = serde_json::Deserializer::from_reader(source);
    let read = json
        .deserialize_map(&mut loader)
        .and_then(|at| json.end().map(|()| at));
    read.map_err(|error| match loader.later {
        Some(version) => Unread::Later(version),
        None if error.is_io() => Unread::Io(error.into()),
        None => Unread::Damaged(validate::cut(error.to_string(), QUOTE_BYTES_MAX)),
    })
}

struct Loader<'a> {
    store: &'a MemoryStore,
    queues: Vec<(Name, QueueSettings)>,
    batch: Vec<SavedTask>,
    batch_bytes: usize,
    counted: Counted,
    /// The version of the document, if it is later than what is known.
    later: Option<u32>,
}

impl Loader<'_> {
    /// Settings, with room for whatever the queue holds.
    fn queue(&mut self, name: Name, settings: QueueSettings) -> Result<(), String> {
        let wide = QueueSettings {
            bound: u64::MAX,
            ..settings.clone()
        };
        self.configure(&name, &wide)?;
        self.queues.push((name, settings));
        self.counted.queues += 1;
        Ok(())
    }

    fn configure(&self, name: &Name, settings: &QueueSettings) -> Result<(), String> {
        let set = self.store.configure_now(name, QueueChange::from(settings));
        set.map(drop)
            .map_err(|error| format!("queue {name:?}: {error}"))
    }

    fn schedule(&mut self, put: &PutSchedule) -> Result<(), String> {
        self.counted.schedules += 1;
        match self.store.put_schedule_now(put) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("schedule {:?}: {error}", put.name)),
        }
    }

    fn kind(&mut self, kind: KindElement) -> Result<(), String> {
        let (name, settings) = kind.into_kind();
        self.counted.kinds += 1;
        let set = self.store.configure_kind_now(&name, settings.into());
        set.map(drop)
            .map_err(|error| format!("kind {name:?}: {error}"))
    }

    fn tenant(&mut self, tenant: TenantElement) -> Result<(), String> {
        let (name, settings) = tenant.into_tenant();
        self.counted.tenants += 1;
        let set = self.store.configure_tenant_now(&name, settings.into());
        set.map(drop)
            .map_err(|error| format!("tenant {name:?}: {error}"))
    }

    fn limit(&mut self, limit: LimitElement) -> Result<(), String> {
        let called = limit.name().to_owned();
        let (name, limit, given) = limit
            .into_limit()
            .map_err(|error| format!("limit {called:?}: {error}"))?;
        self.counted.limits += 1;
        let Some(given) = RateState::from_text(&given) else {
            return Err(format!("limit {name:?}: {given:?} is no account of a rate"));
        };
        let set = self.store.put_limit_now(&name, limit, given);
        set.map_err(|error| format!("limit {name:?}: {error}"))
    }

    fn attachment(&mut self, attachment: AttachmentElement) -> Result<(), String> {
        let (subject, limits) = attachment.into_attachment();
        self.counted.attachments += 1;
        let set = self
            .store
            .attach_now(&subject, &AttachmentChange::Exactly(limits));
        set.map_err(|error| format!("{subject}: {error}"))
    }

    fn task(&mut self, saved: SavedTask) -> Result<(), String> {
        self.counted.task(&saved);
        self.batch_bytes += saved.bytes();
        self.batch.push(saved);
        if self.batch.len() == PAGE_MAX as usize || self.batch_bytes >= SAVE_BYTES_MAX {
            self.restore()?;
        }
        Ok(())
    }

    fn restore(&mut self) -> Result<(), String> {
        self.batch_bytes = 0;
        let tasks = std::mem::take(&mut self.batch);
        let count = tasks.len();
        let ids: Vec<_> = tasks.iter().map(|saved| saved.task.id).collect();
        let restored = self.store.restore_now(&Restore { tasks });
        let restored = restored.map_err(|error| {
            let id = error.index().and_then(|index| ids.get(index));
            id.map_or_else(|| error.to_string(), |id| format!("{id}: {error}"))
        })?;
        if restored.restored as usize == count {
            Ok(())
        } else {
            Err("a task is there twice".to_owned())
        }
    }

    fn end(&mut self, said: Option<Counted>) -> Result<(), String> {
        self.restore()?;
        if said != Some(self.counted) {
            let found = self.counted;
            return Err(format!(
                "it says that it has {said:?}, and it has {found:?}"
            ));
        }
        for (name, settings) in std::mem::take(&mut self.queues) {
            self.configure(&name, &settings)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", field_identifier)]
enum Field {
    Format,
    Version,
    AtUs,
    Queues,
    Kinds,
    Schedules,
    Tenants,
    Limits,
    Attachments,
    Tasks,
    End,
}

impl<'de> Visitor<'de> for &mut Loader<'_> {
    type Value = Timestamp;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the state of a memory store")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Timestamp, A::Error> {
        let (mut format, mut version, mut at, mut end) = (None, None, None, None);
        let mut seen = Vec::new();
        while let Some(field) = map.next_key::<Field>()? {
            let mark = std::mem::discriminant(&field);
            if seen.contains(&mark) {
                return Err(A::Error::custom("a field is there twice"));
            }
            seen.push(mark);
            match field {
                Field::Format => format = Some(map.next_value::<String>()?),
                Field::Version => {
                    let found = map.next_value::<u32>()?;
                    self.later = (found > VERSION).then_some(found);
                    if found != VERSION {
                        return Err(A::Error::custom("it is of another version"));
                    }
                    version = Some(found);
                }
                Field::AtUs => at = Some(map.next_value::<i64>()?),
                Field::Queues => map.next_value_seed(Elements(
                    |queue: QueueElement| {
                        let (name, settings) = queue.into_queue();
                        self.queue(name, settings)
                    },
                    std::marker::PhantomData,
                ))?,
                Field::Schedules => map.next_value_seed(Elements(
                    |schedule: ScheduleElement| self.schedule(&schedule.into_put()),
                    std::marker::PhantomData,
                ))?,
                Field::Kinds => map.next_value_seed(Elements(
                    |kind: KindElement| self.kind(kind),
                    std::marker::PhantomData,
                ))?,
                Field::Tenants => map.next_value_seed(Elements(
                    |tenant: TenantElement| self.tenant(tenant),
                    std::marker::PhantomData,
                ))?,
                Field::Limits => map.next_value_seed(Elements(
                    |limit: LimitElement| self.limit(limit),
                    std::marker::PhantomData,
                ))?,
                Field::Attachments => map.next_value_seed(Elements(
                    |attachment: AttachmentElement| self.attachment(attachment),
                    std::marker::PhantomData,
                ))?,
                Field::Tasks => map.next_value_seed(Elements(
                    |task: TaskElement| self.task(task.into_saved()),
                    std::marker::PhantomData,
                ))?,
                Field::End => end = Some(map.next_value::<Counted>()?),
            }
        }
        if format.as_deref() != Some(FORMAT) || version.is_none() {
            let problem = format_args!(
                "it is not the state of a memory store: expected the format {FORMAT:?}"
            );
            return Err(A::Error::custom(problem));
        }
        self.end(end).map_err(A::Error::custom)?;
        let at = at.ok_or_else(|| A::Error::missing_field("at_us"))?;
        Ok(Timestamp::from_micros(at))
    }
}

/// A list whose elements are given away one by one.
struct Elements<T, F>(F, std::marker::PhantomData<T>);

impl<'de, T, F> DeserializeSeed<'de> for Elements<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T, F> Visitor<'de> for Elements<T, F>
where
    T: Deserialize<'de>,
    F: FnMut(T) -> Result<(), String>,
{
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            (self.0)(element).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}
