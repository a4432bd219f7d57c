//! Reading the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::bounds::FILE_BYTES_MAX;
use crate::fault::{ConfigError, Fault};
use crate::origin::{Document, Origin, Spot};

/// A file as text.
pub(crate) fn read(path: &Path) -> Result<Arc<Document>, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let bytes = bytes(path).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        let reason = format!("it is larger than {FILE_BYTES_MAX} bytes: is it the right file?");
        return Err(unreadable(reason));
    }
    let document = |text| Document {
        path: path.to_owned(),
        text,
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(document(text))),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let faults = vec![not_utf8(document(text), good)];
            Err(ConfigError::Invalid { faults })
        }
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if about.is_dir() {
        return Err("it is a folder: expected a file".to_owned());
    }
    let mut bytes = Vec::new();
    let read = file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The first byte that is no text. What stood before it is the same in the lossy text.
fn not_utf8(document: Document, good: usize) -> Fault {
    let before = &document.text[..good];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].chars().count() + 1;
    let document = Arc::new(document);
    let spot = Spot {
        document,
        line,
        column,
    };
    let message = "this is not UTF-8: save the file as UTF-8".to_owned();
    Fault::new(Origin::File(spot), message)
}
