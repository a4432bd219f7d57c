//! The guides and the README say what is so: their commands, files and requests are read by what
//! reads them in earnest.

mod blocks;
mod shell;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;
use duly_api::{Attachment, Bulk, Code, LimitSet, NewTask, Problem, parse_object};
use duly_config::{Config, Sources};
use duly_run::TaskFile;

use crate::args::Arguments;
use blocks::{Block, blocks, code_spans};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every guide and the README, by their paths.
fn pages() -> BTreeMap<String, String> {
    let guides = std::fs::read_dir(root().join("docs")).expect("there are guides");
    guides
        .map(|entry| entry.expect("a readable folder").file_name())
        .map(|name| format!("docs/{}", name.to_str().expect("names are plain")))
        .filter(|path| path.ends_with(".md"))
        .chain(["README.md".to_owned()])
        .map(|path| (path.clone(), page(&path)))
        .collect()
}

/// The commands of a page's terminal blocks; where answers stand beside them, those after a prompt.
fn commands(page: &str) -> Vec<Vec<String>> {
    let typed = |block: &Block| match block.language.as_str() {
        "sh" => block.text.clone(),
        "console" => {
            let prompts = block.text.lines().filter(|line| line.starts_with("$ "));
            prompts.map(|line| format!("{line}\n")).collect()
        }
        _ => String::new(),
    };
    let blocks = blocks(page);
    blocks
        .iter()
        .flat_map(|block| shell::commands(&typed(block)))
        .collect()
}

/// What a reader puts in the place of a word in capitals.
fn filled(word: &str) -> &str {
    match word {
        "ID" => "01932f5e-7c1a-7b3e-9d55-0242ac120002",
        "COMMAND" => "list",
        "SHELL" => "bash",
        other => other,
    }
}

/// What clap says to a command, if it is one of ours.
fn refusal(words: &[String]) -> Option<clap::Error> {
    let is_ours = words.first().is_some_and(|word| word == "duly");
    let words = words.iter().map(|word| filled(word));
    let parsed = is_ours.then(|| Arguments::try_parse_from(words))?;
    let is_help = |error: &clap::Error| {
        [ErrorKind::DisplayHelp, ErrorKind::DisplayVersion].contains(&error.kind())
    };
    parsed.err().filter(|error| !is_help(error))
}

#[test]
fn every_command_can_be_typed() {
    let mut seen = 0;
    for (path, page) in pages() {
        for words in commands(&page) {
            seen += usize::from(words[0] == "duly");
            if let Some(error) = refusal(&words) {
                panic!("{path}: {}\n{error}", words.join(" "));
            }
        }
    }
    assert!(seen > 20, "{seen} commands alone: are they still found?");
}

#[test]
fn commands_within_a_sentence_exist() {
    for (path, page) in pages() {
        let spans = code_spans(&page);
        let typed = spans.iter().filter(|span| !span.ends_with('…'));
        for words in typed.flat_map(|span| shell::commands(span)) {
            if let Some(error) = refusal(&words).filter(|error| !is_left_out(error, &words)) {
                panic!("{path}: {}\n{error}", words.join(" "));
            }
        }
    }
}

/// Whether there is too little of a command: a sentence may leave out what it works on, and what an
/// option at its end is set to.
fn is_left_out(error: &clap::Error, words: &[String]) -> bool {
    match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        ErrorKind::InvalidValue => words.last().is_some_and(|word| word.starts_with("--")),
        _ => false,
    }
}

#[test]
fn a_command_that_is_not_there_is_found() {
    let typed = commands("```sh\n$ duly sumbit a\nduly list --sate failed | wc -l\nls -l\n```");
    let kinds: Vec<_> = typed.iter().map(|words| refusal(words)).collect();
    let kinds: Vec<_> = kinds
        .iter()
        .map(|error| error.as_ref().map(clap::Error::kind))
        .collect();
    let (command, flag) = (ErrorKind::InvalidSubcommand, ErrorKind::UnknownArgument);
    // What follows a pipe is a command of its own.
    assert_eq!(kinds, [Some(command), Some(flag), None, None]);
}

#[test]
fn configurations_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("duly.yaml");
    for path in [
        "docs/configuration.md",
        "docs/limits.md",
        "docs/priority-rules.md",
        "docs/schedules.md",
    ] {
        let written = blocks(&page(path));
        let written: Vec<_> = written.iter().filter(|b| b.language == "yaml").collect();
        assert!(!written.is_empty());
        for block in written {
            std::fs::write(&file, &block.text).expect("a file");
            if let Err(error) = Config::load(&Sources::default().file(Some(file.clone()))) {
                panic!("{path}:{}: {error}", block.line);
            }
        }
    }
}

#[test]
fn files_of_tasks_make_sense() {
    for path in ["docs/files-of-tasks.md", "docs/unique.md"] {
        let written = blocks(&page(path));
        let written: Vec<_> = written.iter().filter(|b| b.language == "yaml").collect();
        assert!(!written.is_empty());
        for block in written {
            if let Err(error) = TaskFile::parse(Path::new("tasks.yaml"), &block.text) {
                panic!("{path}:{}: {error}", block.line);
            }
        }
    }
}

#[test]
fn bodies_of_requests_are_taken() {
    let mut seen = 0;
    for (path, page) in pages() {
        for words in commands(&page).iter().filter(|words| words[0] == "curl") {
            let Some(at) = words.iter().position(|word| word == "-d") else {
                continue;
            };
            let (url, body) = (
                words.iter().find(|word| word.contains("://")),
                &words[at + 1],
            );
            let taken = match url.and_then(|url| url.split_once("/v1/")) {
                Some((_, "tasks")) => parse_object::<NewTask>(body.as_bytes()).err(),
                Some((_, "tasks/bulk")) => parse_object::<Bulk>(body.as_bytes()).err(),
                Some((_, "limits/mailer")) => parse_object::<LimitSet>(body.as_bytes()).err(),
                Some((_, "limits/mailer/attach")) => {
                    parse_object::<Attachment>(body.as_bytes()).err()
                }
                _ => panic!("{path}: what does {url:?} take? Say it here"),
            };
            assert_eq!(taken, None, "{path}: {body}");
            seen += 1;
        }
    }
    assert!(seen > 2, "{seen} bodies alone: are they still found?");
}

#[test]
fn what_is_shown_as_json_is_json() {
    for (path, page) in pages() {
        for block in blocks(&page).iter().filter(|b| b.language == "json") {
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&block.text) {
                panic!("{path}:{}: {error}", block.line);
            }
        }
    }
}

#[test]
fn the_page_of_problems_lists_every_code() {
    let page = page("docs/problems.md");
    let listed: Vec<(&str, &str)> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter_map(|(code, rest)| Some((code, rest.split_once(" |")?.0)))
        .collect();
    let codes = Code::ALL
        .iter()
        .map(|code| (code.name(), code.status().to_string()));
    let mut expected: Vec<_> = codes.collect();
    let mut found: Vec<_> = listed
        .iter()
        .map(|&(code, status)| (code, status.to_owned()))
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);

    let written = blocks(&page);
    let example = written
        .iter()
        .find(|b| b.language == "json")
        .expect("an example");
    let problem: Problem = serde_json::from_str(&example.text).expect("a problem");
    let code = Code::ALL
        .iter()
        .find(|code| code.name() == problem.code)
        .expect("a code");
    assert_eq!(problem.status, code.status());
    assert_eq!(problem.title, code.title());
}
