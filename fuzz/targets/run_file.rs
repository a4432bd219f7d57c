//! Files of tasks: either they are read, and make tasks, or the mistake is told with its place. Patterns look
//! for files in a folder of the target's own.
#![no_main]

use std::path::PathBuf;

use duly_run::TaskFile;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static PATH: PathBuf = folder().join("tasks.yaml");
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    PATH.with(|path| match TaskFile::parse(path, text) {
        Ok(file) if stays_here(text) => match file.plan(&[]) {
            Ok(plan) => {
                assert!(plan.in_order().len() <= duly_run::bounds::TASKS_MAX);
                let again = file.plan(&[]).expect("the same once more");
                assert_eq!(again.in_order().len(), plan.in_order().len());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Ok(_) => {}
        Err(error) => {
            let error = error.to_string();
            assert!(
                error.contains("tasks.yaml") && error.len() > "tasks.yaml".len(),
                "{error}"
            );
        }
    });
});

/// A folder with files to find.
fn folder() -> PathBuf {
    let name = format!("duly-fuzz-run-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(folder.join("a/b/.c")).expect("a folder for temporary files");
    for file in [
        "1.jpg",
        "a/2.jpg",
        "a/b/3.png",
        "a/b/.hidden",
        "a/b/.c/4.jpg",
        "a/ü [1].txt",
    ] {
        std::fs::write(folder.join(file), "").expect("there is room");
    }
    folder
}

/// Patterns that begin at the root, go up, or could be made to by escapes, would look for files of this
/// machine.
fn stays_here(text: &str) -> bool {
    let begins_inside =
        |at: usize| text[..at].ends_with(|c: char| c.is_alphanumeric() || "*?]".contains(c));
    !text.contains(['\\', '~'])
        && !text.contains("..")
        && text.match_indices('/').all(|(at, _)| begins_inside(at))
}
