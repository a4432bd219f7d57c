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

/// Rows of a terminal of this many columns as they are written one after the other, without what
/// steers it.
fn rows(text: &str, columns: usize) -> Vec<String> {
    let plain = console::strip_ansi_codes(text);
    let mut rows = Vec::new();
    for line in plain.split(['\r', '\n']) {
        let line: Vec<_> = line.chars().collect();
        let row = |row: &[char]| row.iter().collect::<String>().trim_end().to_owned();
        rows.extend(line.chunks(columns).map(row));
    }
    rows.retain(|row| !row.is_empty());
    rows
}

#[tokio::test]
async fn a_terminal_has_a_bar_for_each_group_and_then_the_summary() {
    let folder = Folder::with(
        "tasks:\n- {name: first, each: [a, b, c], command: [true]}\n\
         - {name: second, command: [true]}\n",
    );
    let shown = shown(&folder, 80, 24).await;
    let rows = rows(&shown, 80);
    for (bar, none) in [("first  [", "] 0/3"), ("second [", "] 0/1")] {
        let is_bar = |row: &String| row.starts_with(bar) && row.contains(none);
        assert!(rows.iter().any(is_bar), "{rows:#?}");
    }
    let counted = |row: &String| row.starts_with("first   3      3     0 ");
    assert!(rows.iter().any(counted), "{rows:#?}");
    let end = rows.last().unwrap();
    assert!(end.starts_with("done: 4 tasks in "), "{rows:#?}");
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
    let rows = rows(&shown, 60);
    let progress = rows.iter().position(|row| row.starts_with("  program"));
    for row in &rows[..progress.expect("what failed, whole")] {
        let is_known = ["all [", "60 tasks, ", "failed: group number "];
        assert!(
            is_known.iter().any(|start| row.starts_with(start)),
            "{row}\n{rows:#?}"
        );
    }
    let table = rows.iter().filter(|row| row.starts_with("group number"));
    assert_eq!(table.count(), 30, "{rows:#?}");
    let more = "… and 40 more: duly failed list";
    assert!(rows.iter().any(|row| row.starts_with(more)), "{rows:#?}");
}
