//! Server-sent events, as `GET /v1/events` sends them, read from bytes as they come.
//!
//! ```
//! use duly_api::sse::Parser;
//!
//! let mut parser = Parser::default();
//! let mut events = Vec::new();
//! for chunk in [&b"id: 7\nevent: comp"[..], b"leted\ndata: {}\n\nid: 8\n"] {
//!     let mut rest = chunk;
//!     while let Some(message) = parser.next(&mut rest)? {
//!         events.push((message.event, message.data));
//!     }
//! }
//! assert_eq!(events, [("completed".to_owned(), "{}".to_owned())]);
//! # Ok::<(), duly_api::sse::TooLong>(())
//! ```

/// Bytes of one message at most, its id and its name counted: an event with the longest error is far
/// from it.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A mark that a text may begin with.
const BOM: char = '\u{feff}';

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The last id that was given, with this message or before: what a client says as `Last-Event-ID`
    /// when it comes back.
    pub id: Option<String>,
    /// What kind of message it is; empty if none was said.
    pub event: String,
    /// What it says; empty if it only tells an id.
    pub data: String,
}

impl Message {
    const fn bytes(&self) -> usize {
        let id = match &self.id {
            Some(id) => id.len(),
            None => 0,
        };
        id + self.event.len() + self.data.len()
    }
}

/// A message is longer than any that a Duly server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message is too long: expected at most {MESSAGE_BYTES_MAX} bytes")]
pub struct TooLong;

/// Takes bytes, however they are cut, and gives messages. It holds one message at a time, of at most
/// [`MESSAGE_BYTES_MAX`].
///
/// It reads what the [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html)
/// describes, but for one thing: a message without data is given too if it has an id, because it tells
/// a place. Comments and `retry` are passed over, and what is not UTF-8 is replaced by `�`.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The last byte was a CR: an LF that follows belongs to it.
    after_cr: bool,
    /// There was a line already.
    has_begun: bool,
    message: Message,
    has_data: bool,
    has_id: bool,
}

impl Parser {
    /// Takes bytes from the front until a message is whole. `None`: all were taken, and more are needed.
    ///
    /// # Errors
    /// [`TooLong`]; what was read of the message is forgotten, and the stream should be ended.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Message>, TooLong> {
        while let Some((&byte, rest)) = bytes.split_first() {
            *bytes = rest;
            let is_rest_of_end = self.after_cr && byte == b'\n';
            self.after_cr = byte == b'\r';
            match byte {
                b'\n' if is_rest_of_end => {}
                b'\n' | b'\r' => {
                    if let Some(message) = self.end_line() {
                        return Ok(Some(message));
                    }
                }
                _ => self.line.push(byte),
            }
            if self.line.len() + self.message.bytes() > MESSAGE_BYTES_MAX {
                *self = Self::default();
                return Err(TooLong);
            }
        }
        Ok(None)
    }

    fn end_line(&mut self) -> Option<Message> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = line.strip_prefix(BOM).filter(|_| is_first).unwrap_or(&line);
        if line.is_empty() {
            return self.end_message();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                if self.has_data {
                    self.message.data.push('\n');
                }
                self.has_data = true;
                self.message.data.push_str(value);
            }
            "id" if !value.contains('\0') => {
                self.has_id = true;
                self.message.id = Some(value.to_owned());
            }
            // Comments, and what later servers may say.
            _ => {}
        }
        None
    }

    /// Comments alone are no message.
    fn end_message(&mut self) -> Option<Message> {
        let next = Message {
            id: self.message.id.clone(),
            ..Message::default()
        };
        let message = std::mem::replace(&mut self.message, next);
        let has_data = std::mem::take(&mut self.has_data);
        (std::mem::take(&mut self.has_id) || has_data).then_some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: Option<&str>, event: &str, data: &str) -> Message {
        Message {
            id: id.map(str::to_owned),
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    fn read(parser: &mut Parser, mut bytes: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut messages = Vec::new();
        while let Some(message) = parser.next(&mut bytes)? {
            messages.push(message);
        }
        assert!(bytes.is_empty());
        Ok(messages)
    }

    #[test]
    fn messages_are_read_however_the_bytes_are_cut() {
        let text = "\u{feff}: hello\n\nid: 1\nevent: started\ndata: {\"a\":\ndata: 1}\n\nid: 2\r\n\
                    retry: 5\r\ndata:x\r\n\r\ndata\r\rid: 3\n\n\u{feff}data: 1\ndata: ü\n\n";
        let expected = [
            message(Some("1"), "started", "{\"a\":\n1}"),
            message(Some("2"), "", "x"),
            message(Some("2"), "", ""),
            message(Some("3"), "", ""),
            message(Some("3"), "", "ü"),
        ];
        for size in 1..=text.len() {
            let mut parser = Parser::default();
            let mut messages = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                messages.extend(read(&mut parser, chunk).unwrap());
            }
            assert_eq!(messages, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_mark_at_the_very_beginning_is_no_part_of_the_first_field() {
        let messages = read(&mut Parser::default(), "\u{feff}data: 1\n\n".as_bytes());
        assert_eq!(messages.unwrap(), [message(None, "", "1")]);
    }

    #[test]
    fn what_is_not_whole_is_no_message() {
        let mut parser = Parser::default();
        assert_eq!(read(&mut parser, b"event: e\ndata: 1\n"), Ok(Vec::new()));
        let rest = read(&mut parser, b"\nevent: alone\n\ndata\n\n");
        assert_eq!(
            rest.unwrap(),
            [message(None, "e", "1"), message(None, "", "")]
        );
    }

    #[test]
    fn what_never_ends_is_refused() {
        let read = |text: &[u8]| read(&mut Parser::default(), text);
        assert_eq!(read(&vec![b'a'; MESSAGE_BYTES_MAX]), Ok(Vec::new()));
        assert_eq!(read(&vec![b'a'; MESSAGE_BYTES_MAX + 1]), Err(TooLong));
        let lines = b"data: aaaa\n".repeat(MESSAGE_BYTES_MAX / 4);
        assert_eq!(read(&lines), Err(TooLong));
        let id = "a".repeat(MESSAGE_BYTES_MAX - 9);
        let text = format!("id:{id}\nevent:12345\ndata:12345\n\n");
        assert_eq!(read(text.as_bytes()), Err(TooLong), "all counts together");
    }
}
