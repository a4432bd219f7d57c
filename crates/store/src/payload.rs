//! What a task carries, and what it leaves behind: bytes with a tag that says how to read them.

use std::fmt;
use std::sync::Arc;

use crate::Name;

/// How the bytes of a [`Payload`] are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Encoding {
    /// UTF-8 JSON: the default.
    #[default]
    Json = 0,
    /// Bytes that only the handler understands.
    Bytes = 1,
}

impl Encoding {
    /// The number that stores keep.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// From [`code`](Self::code).
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Json),
            1 => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// Bytes with what is needed to read them. Cheap to clone. Its `Debug` shows the size, never the
/// content: payloads hold other people's data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    /// How to read the bytes.
    pub encoding: Encoding,
    /// The version of their schema, as the application counts it.
    pub version: u16,
    /// The key they are encrypted with, if they are.
    pub key_id: Option<Name>,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl Payload {
    /// JSON text. Nothing checks that it is JSON; whoever made it knows.
    #[must_use]
    pub fn json(text: impl Into<Vec<u8>>) -> Self {
        Self {
            encoding: Encoding::Json,
            version: 0,
            key_id: None,
            bytes: text.into().into(),
        }
    }

    /// Bytes as they are.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            encoding: Encoding::Bytes,
            version: 0,
            key_id: None,
            bytes: bytes.into().into(),
        }
    }

    /// All that is known of it but its bytes.
    ///
    /// ```
    /// use duly_store::Payload;
    ///
    /// let brief = Payload::json(r#""a long letter""#).emptied();
    /// assert_eq!(brief, Payload::json(""));
    /// ```
    #[must_use]
    pub fn emptied(&self) -> Self {
        Self {
            encoding: self.encoding,
            version: self.version,
            key_id: self.key_id.clone(),
            bytes: Arc::from([]),
        }
    }
}

impl Default for Payload {
    /// JSON `null`.
    fn default() -> Self {
        Self::json("null")
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Payload({:?}, {} bytes)",
            self.encoding,
            self.bytes.len()
        )
    }
}
