//! What a shell would make of a few lines: commands, each a list of words.

/// What ends a command, besides the end of its line.
const ENDS: &[char] = &['|', '&', ';', '>', '<'];

/// The commands of a text, without prompts, comments, and what they are piped or written into.
pub(super) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut reader = Reader::default();
    let mut rest = text.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '\'' | '"' => {
                let quoted: String = rest.by_ref().take_while(|&end| end != sign).collect();
                reader.word.get_or_insert_default().push_str(&quoted);
            }
            '\\' if rest.peek() == Some(&'\n') => {
                rest.next();
            }
            '#' if reader.word.is_none() => while rest.next_if(|&end| end != '\n').is_some() {},
            '\n' => reader.end_command(),
            end if ENDS.contains(&end) => reader.end_command(),
            space if space.is_whitespace() => reader.end_word(),
            other => reader.word.get_or_insert_default().push(other),
        }
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    word: Option<String>,
    words: Vec<String>,
    commands: Vec<Vec<String>>,
}

impl Reader {
    fn end_word(&mut self) {
        let is_prompt = |word: &String| word == "$" && self.words.is_empty();
        if let Some(word) = self.word.take().filter(|word| !is_prompt(word)) {
            self.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
        }
    }
}

#[test]
fn words_are_what_a_shell_makes_of_them() {
    let text = "$ a 'b c' \"d\"e  # no\n\n# nothing\nf \\\n  g | h > i\nj '{\n\"k\": 1}' a#b\n";
    let expected: [&[&str]; 5] = [
        &["a", "b c", "de"],
        &["f", "g"],
        &["h"],
        &["i"],
        &["j", "{\n\"k\": 1}", "a#b"],
    ];
    assert_eq!(commands(text), expected);
}
