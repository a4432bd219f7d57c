//! Files of tasks: either they are read, and make tasks, or the mistake is told with its place.
#![no_main]

use std::path::Path;

use duly_run::TaskFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match TaskFile::parse(Path::new("tasks.yaml"), text) {
        // What is looked for in folders is left alone: it would be those of this machine.
        Ok(file) if !text.contains(['*', '?', '[']) => match file.plan(&[]) {
            Ok(plan) => assert!(plan.in_order().len() <= duly_run::bounds::TASKS_MAX),
            Err(error) => assert!(!error.to_string().is_empty()),
        },
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
