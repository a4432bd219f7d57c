//! Server-sent events, read from bytes as they come.

use std::collections::VecDeque;

/// Bytes of one message: an event with a long error, many times over.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A message; without data it only tells a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The last id that was given, with this message or before.
    pub(super) id: Option<String>,
    /// What kind of message it is; empty: none was said.
    pub(super) event: String,
    /// What it says.
    pub(super) data: String,
}

/// A message is longer than any that a Duly server sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message is longer than {MESSAGE_BYTES_MAX} bytes")]
pub(super) struct TooLong;

/// Takes bytes, and gives messages.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The last byte was a CR: an LF that follows belongs to it.
    after_cr: bool,
    message: Message,
    has_data: bool,
    has_id: bool,
    ready: VecDeque<Message>,
}

impl Parser {
    /// Takes what arrived.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.end_line(),
                _ => self.line.push(byte),
            }
            self.after_cr = byte == b'\r';
            if self.line.len() + self.message.data.len() > MESSAGE_BYTES_MAX {
                return Err(TooLong);
            }
        }
        Ok(())
    }

    /// The next message that is whole.
    pub(super) fn next(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            self.end_message();
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
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
    }

    /// Comments alone are no message.
    fn end_message(&mut self) {
        let next = Message {
            id: self.message.id.clone(),
            ..Message::default()
        };
        let message = std::mem::replace(&mut self.message, next);
        let has_data = std::mem::take(&mut self.has_data);
        if std::mem::take(&mut self.has_id) || has_data {
            self.ready.push_back(message);
        }
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

    #[test]
    fn messages_are_read_however_the_bytes_are_cut() {
        let text = ": hello\n\nid: 1\nevent: started\ndata: {\"a\":\ndata: 1}\n\nid: 2\r\n\
                    retry: 5\r\ndata:x\r\n\r\ndata\r\rid: 3\n\ndata: ü\n\n";
        let expected = [
            message(Some("1"), "started", "{\"a\":\n1}"),
            message(Some("2"), "", "x"),
            message(Some("2"), "", ""),
            message(Some("3"), "", ""),
            message(Some("3"), "", "ü"),
        ];
        for size in 1..text.len() {
            let mut parser = Parser::default();
            let mut messages = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                parser.feed(chunk).unwrap();
                messages.extend(std::iter::from_fn(|| parser.next()));
            }
            assert_eq!(messages, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_whole_is_no_message_and_what_never_ends_is_refused() {
        let mut parser = Parser::default();
        parser.feed(b"data: 1\n").unwrap();
        assert_eq!(parser.next(), None);
        let endless = vec![b'a'; MESSAGE_BYTES_MAX + 1];
        assert_eq!(Parser::default().feed(&endless), Err(TooLong));
        let lines = b"data: aaaa\n".repeat(MESSAGE_BYTES_MAX / 4);
        assert_eq!(Parser::default().feed(&lines), Err(TooLong));
    }
}
