//! Configuration files and variables of the environment: either they hold, or every fault has a place and says
//! what was expected.
#![no_main]

use std::cell::OnceCell;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use duly_config::{Config, Sources};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FILE: OnceCell<PathBuf> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let (variables, file) = split(input);
    let path = FILE.with(|path| {
        let name = format!("duly-fuzz-{}.yaml", std::process::id());
        path.get_or_init(|| std::env::temp_dir().join(name)).clone()
    });
    std::fs::write(&path, file).expect("a folder for temporary files");
    let sources = Sources::default().file(Some(path)).environment(variables);
    match Config::load(&sources) {
        Ok(config) => assert!(!config.rows().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

/// Lines `NAME=value` before a line `---` are variables; the rest is the file.
fn split(input: &[u8]) -> (Vec<(OsString, OsString)>, &[u8]) {
    let mut variables = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let line = &rest[..end];
        if line == b"---" {
            return (variables, &rest[end + 1..]);
        }
        let Some(equals) = line.iter().position(|&byte| byte == b'=') else {
            break;
        };
        let name = OsString::from_vec([b"DULY__", &line[..equals]].concat());
        variables.push((name, OsString::from_vec(line[equals + 1..].to_vec())));
        rest = &rest[end + 1..];
    }
    (Vec::new(), input)
}
