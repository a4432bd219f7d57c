//! Where a snapshot lies until it is whole: written tasks by sequence, and again those that changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::SavedTask;
use crate::archive::element::TaskElement;

/// Bytes before each task: its sequence, how many events it has, and how long it is.
const HEAD: usize = 24;

/// A scratch file that is being filled.
pub(super) struct Spool {
    out: BufWriter<File>,
    /// Where the next task will lie.
    end: u64,
    /// Where the first pass ended, and what changed begins.
    first_pass: Option<u64>,
    /// Where the newest version of each changed task lies; `None`: it was removed.
    changed: BTreeMap<i64, Option<u64>>,
}

/// A task as it will stand in the document.
pub(super) struct Written {
    sequence: i64,
    pub(super) events: u64,
    pub(super) json: Vec<u8>,
}

impl Spool {
    pub(super) fn of(empty: File) -> Self {
        Self {
            out: BufWriter::new(empty),
            end: 0,
            first_pass: None,
            changed: BTreeMap::new(),
        }
    }

    /// Adds a task of the first pass; they come by sequence.
    pub(super) fn add(&mut self, saved: &SavedTask) -> io::Result<()> {
        self.write(saved.task.sequence, saved).map(drop)
    }

    /// Replaces, adds or removes a task after the first pass.
    pub(super) fn change(&mut self, sequence: i64, saved: Option<&SavedTask>) -> io::Result<()> {
        self.first_pass.get_or_insert(self.end);
        let place = saved.map(|saved| self.write(sequence, saved)).transpose()?;
        self.changed.insert(sequence, place);
        Ok(())
    }

    fn write(&mut self, sequence: i64, saved: &SavedTask) -> io::Result<u64> {
        let json = serde_json::to_vec(&TaskElement::new(saved))?;
        let length = json.len() as u64;
        self.out.write_all(&sequence.to_le_bytes())?;
        self.out
            .write_all(&(saved.events.len() as u64).to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&json)?;
        let place = self.end;
        self.end += HEAD as u64 + length;
        Ok(place)
    }

    /// Gives every task once, in its newest version, by sequence.
    pub(super) fn read(
        mut self,
        path: &Path,
        mut give: impl FnMut(&Written) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.flush()?;
        let first_pass = self.first_pass.unwrap_or(self.end);
        let mut newer = BufReader::new(File::open(path)?);
        let mut changed = self.changed.into_iter().peekable();
        let mut give_changed =
            |place: Option<u64>, give: &mut dyn FnMut(&Written) -> io::Result<()>| {
                let Some(place) = place else { return Ok(()) };
                newer.seek(SeekFrom::Start(place))?;
                give(&next(&mut newer)?)
            };
        let mut older = BufReader::new(File::open(path)?);
        let mut at = 0;
        while at < first_pass {
            let task = next(&mut older)?;
            at += (HEAD + task.json.len()) as u64;
            while let Some((_, place)) = changed.next_if(|(sequence, _)| *sequence < task.sequence)
            {
                give_changed(place, &mut give)?;
            }
            match changed.next_if(|(sequence, _)| *sequence == task.sequence) {
                Some((_, place)) => give_changed(place, &mut give)?,
                None => give(&task)?,
            }
        }
        changed.try_for_each(|(_, place)| give_changed(place, &mut give))
    }
}

fn next(source: &mut impl Read) -> io::Result<Written> {
    let mut number = || {
        let mut bytes = [0; 8];
        source.read_exact(&mut bytes)?;
        io::Result::Ok(bytes)
    };
    let sequence = i64::from_le_bytes(number()?);
    let events = u64::from_le_bytes(number()?);
    let length = u64::from_le_bytes(number()?);
    let mut json = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    source.read_exact(&mut json)?;
    Ok(Written {
        sequence,
        events,
        json,
    })
}
