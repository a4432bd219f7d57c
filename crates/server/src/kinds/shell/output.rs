//! What is kept of an output: its beginning and its end.

use std::collections::VecDeque;

use super::bounds::{QUOTE_BYTES_MAX, QUOTE_LINES_MAX};

/// Takes in any number of bytes, and keeps the first and the last of them.
#[derive(Debug)]
pub(super) struct Output {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    head_max: usize,
    tail_max: usize,
    left_out: u64,
}

/// What a program wrote.
#[derive(Debug)]
pub(super) struct Written {
    /// As text: what is not UTF-8 is replaced, and what was left out is marked.
    pub(super) text: String,
    /// Something was left out.
    pub(super) is_truncated: bool,
}

impl Output {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            head_max: bytes_max - bytes_max / 2,
            tail_max: bytes_max / 2,
            left_out: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = self.head_max - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        let passed_over = rest.len().saturating_sub(self.tail_max);
        let last = &rest[passed_over..];
        let too_many = (self.tail.len() + last.len()).saturating_sub(self.tail_max);
        self.tail.drain(..too_many);
        self.tail.extend(last);
        self.left_out += (passed_over + too_many) as u64;
    }

    /// What is kept, to be read.
    pub(super) fn written(&self) -> Written {
        Written {
            text: self.text(),
            is_truncated: self.left_out > 0,
        }
    }

    fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if self.left_out == 0 {
            let whole = [&*self.head, &*tail].concat();
            return String::from_utf8_lossy(&whole).into_owned();
        }
        let head = String::from_utf8_lossy(without_broken_end(&self.head));
        let tail = String::from_utf8_lossy(without_broken_beginning(&tail));
        let left_out = self.left_out;
        format!("{head}\n[… {left_out} bytes left out …]\n{tail}")
    }
}

/// Cuts off a character of which the end is left out.
fn without_broken_end(bytes: &[u8]) -> &[u8] {
    let last = bytes.utf8_chunks().last();
    match last.map(|chunk| chunk.invalid()) {
        // A broken character that something follows is replaced; one at the end may have been cut.
        Some(invalid) if is_beginning(invalid) => &bytes[..bytes.len() - invalid.len()],
        _ => bytes,
    }
}

/// The beginning of a character that could have gone on.
fn is_beginning(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// Cuts off a character of which the beginning is left out.
fn without_broken_beginning(bytes: &[u8]) -> &[u8] {
    let goes_on = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let broken = bytes.iter().take(3).take_while(goes_on).count();
    &bytes[broken..]
}

/// The last lines of a text, for an error: without characters that would steer a terminal.
pub(super) fn last_lines(text: &str) -> String {
    let text = text.trim_end();
    let start = text.ceil_char_boundary(text.len().saturating_sub(QUOTE_BYTES_MAX));
    let mut quote = &text[start..];
    if start > 0
        && let Some((_, whole)) = quote.split_once('\n')
    {
        quote = whole;
    }
    let lines: Vec<_> = quote.lines().collect();
    let lines = &lines[lines.len().saturating_sub(QUOTE_LINES_MAX)..];
    let is_plain = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    lines.join("\n").trim().chars().filter(is_plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(bytes_max: usize, pieces: &[&[u8]]) -> (String, bool) {
        let mut output = Output::new(bytes_max);
        for piece in pieces {
            output.push(piece);
        }
        let written = output.written();
        (written.text, written.is_truncated)
    }

    #[test]
    fn the_beginning_and_the_end_are_kept_however_it_comes() {
        assert_eq!(kept(8, &[b"abcd", b"efgh"]), ("abcdefgh".into(), false));
        let cut = ("abcd\n[… 5 bytes left out …]\njklm".to_owned(), true);
        assert_eq!(kept(8, &[b"abcdefghijklm"]), cut);
        assert_eq!(kept(8, &[b"ab", b"cdef", b"ghijkl", b"m"]), cut);
        let singly: Vec<&[u8]> = b"abcdefghijklm".chunks(1).collect();
        assert_eq!(kept(8, &singly), cut);
        assert_eq!(
            kept(0, &[b"abc"]),
            ("\n[… 3 bytes left out …]\n".into(), true)
        );
        assert_eq!(
            kept(1, &[b"abc"]),
            ("a\n[… 2 bytes left out …]\n".into(), true)
        );
        assert_eq!(kept(8, &[]), (String::new(), false));
    }

    #[test]
    fn a_character_that_was_cut_is_left_out_and_one_that_is_wrong_is_replaced() {
        let umlauts = "ü".repeat(9);
        let (text, truncated) = kept(6, &[umlauts.as_bytes()]);
        assert_eq!(text, "ü\n[… 12 bytes left out …]\nü");
        assert!(truncated);
        assert_eq!(kept(8, &[b"a\xffb\xfe"]).0, "a�b�");
        assert_eq!(
            kept(4, &["aü".as_bytes(), b"b"]).0,
            "aüb",
            "cut between head and tail"
        );
        assert_eq!(
            kept(4, &[b"a\xff", b"zzzz", b"b\xff"]).0,
            "a�\n[… 4 bytes left out …]\nb�"
        );
    }

    #[test]
    fn an_error_quotes_the_last_whole_lines() {
        assert_eq!(last_lines("one\ntwo\n\n"), "one\ntwo");
        let many: Vec<_> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(last_lines(&many.join("\n")), many[80..].join("\n"));
        let long = format!("first {}\nlast", "x".repeat(QUOTE_BYTES_MAX));
        assert_eq!(last_lines(&long), "last");
        let one = "ü".repeat(QUOTE_BYTES_MAX);
        assert_eq!(last_lines(&one).len(), QUOTE_BYTES_MAX);
        assert_eq!(last_lines("\u{1b}[31mred\u{7}\n"), "[31mred");
        assert_eq!(last_lines(""), "");
    }
}
