//! What a terminal shows.

use tokio::process::Command;

use super::Folder;

/// What a run shows on a terminal of this many columns and rows, if there is a way to have one.
async fn shown(folder: &Folder, columns: u16, rows: u16) -> String {
    let duly = env!("CARGO_BIN_EXE_duly");
    let line = format!("stty cols {columns} rows {rows}; exec {duly} run a.yaml");
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path());
    command
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .env_remove("DULY_LOG");
    let output = command
        .output()
        .await
        .expect("`script`, as every Linux has it");
    String::from_utf8(output.stdout).unwrap()
}

/// Lines as they stand, without what steers the terminal.
fn lines(text: &str) -> Vec<String> {
    let plain = console::strip_ansi_codes(text);
    let lines = plain
        .split(['\r', '\n'])
        .map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

#[tokio::test]
async fn a_terminal_has_a_bar_for_each_group_and_then_the_summary() {
    let folder = Folder::with(
        "tasks:\n- {name: first, each: [a, b, c], command: [true]}\n\
         - {name: second, command: [true]}\n",
    );
    let shown = shown(&folder, 80, 24).await;
    assert!(
        shown.contains("first  [========================] 3/3"),
        "{shown:?}"
    );
    assert!(
        shown.contains("second [========================] 1/1"),
        "{shown:?}"
    );
    let lines = lines(&shown);
    assert!(
        lines.last().unwrap().starts_with("done: 4 tasks in "),
        "{lines:#?}"
    );
}

#[tokio::test]
async fn a_small_terminal_has_one_bar_and_no_line_in_two_rows() {
    let groups: String = (0..30)
        .map(|n| {
            let items = "[one-with-a-rather-long-name, another-with-a-rather-long-name]";
            format!("- {{name: group number {n}, each: {items}, command: [sh, -c, 'exit 1']}}\n")
        })
        .collect();
    let folder = Folder::with(&format!("tasks:\n{groups}"));
    let shown = shown(&folder, 60, 10).await;
    assert!(shown.contains("all [==========] 60/60"), "{shown:?}");
    let lines = lines(&shown);
    let progress = lines.iter().filter(|line| line.starts_with("all ["));
    let table = lines.iter().filter(|line| line.starts_with("group number"));
    let said = lines
        .iter()
        .filter(|line| line.starts_with("failed: group"));
    assert_eq!(table.clone().count(), 30, "{lines:#?}");
    for line in progress.chain(table).chain(said) {
        assert!(console::measure_text_width(line) <= 60, "{line}");
    }
    let more = lines
        .iter()
        .find(|line| line.starts_with("… and 40 more: duly failed list"));
    assert!(more.is_some(), "{lines:#?}");
}
