//! Server-sent events: however the bytes are cut they are the same messages, those that a reader of the
//! whole text finds; and what was read is written and read again as the same.
#![no_main]

use duly_api::sse::{Message, Parser};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let expected = of_whole(input);
    let varied = usize::from(input.first().copied().unwrap_or_default()) + 1;
    for size in [1, 2, 3, varied, input.len().max(1)] {
        assert_eq!(in_pieces(input, size), expected, "in pieces of {size}");
    }
    let again: String = expected.iter().map(written).collect();
    assert_eq!(in_pieces(again.as_bytes(), varied), expected);
});

fn in_pieces(input: &[u8], size: usize) -> Vec<Message> {
    let mut parser = Parser::default();
    let mut messages = Vec::new();
    for mut piece in input.chunks(size) {
        while let Some(message) = parser.next(&mut piece).expect("a short message") {
            messages.push(message);
        }
        assert!(piece.is_empty(), "all is taken before more is asked for");
    }
    messages
}

/// What the standard says of a text that is there as a whole.
fn of_whole(input: &[u8]) -> Vec<Message> {
    let text = String::from_utf8_lossy(input);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut messages = Vec::new();
    let mut id = None;
    let Some((whole, _)) = text.rsplit_once("\n\n") else {
        return messages;
    };
    for block in whole.split("\n\n") {
        let fields = block.split('\n').map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            (name, value.strip_prefix(' ').unwrap_or(value))
        });
        let of = |wanted: &'static str| fields.clone().filter(move |(name, _)| *name == wanted);
        let new_id = of("id").filter(|(_, value)| !value.contains('\0')).last();
        id = new_id.map(|(_, value)| value.to_owned()).or(id);
        let data: Vec<&str> = of("data").map(|(_, value)| value).collect();
        if new_id.is_some() || !data.is_empty() {
            messages.push(Message {
                id: id.clone(),
                event: of("event")
                    .last()
                    .map_or_else(String::new, |(_, value)| value.to_owned()),
                data: data.join("\n"),
            });
        }
    }
    messages
}

fn written(message: &Message) -> String {
    let id = message
        .id
        .as_ref()
        .map_or_else(String::new, |id| format!("id: {id}\n"));
    let data: String = message
        .data
        .split('\n')
        .map(|line| format!("data: {line}\n"))
        .collect();
    format!("{id}event: {}\n{data}\n", message.event)
}
