//! Seeing whether something is there by using it.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

/// A C program that needs the C library's headers.
const PROGRAM: &[u8] = b"#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n";

/// A use of a need, cheap and without a trace.
#[derive(Clone, Copy)]
pub(super) enum Probe {
    /// A C compiler accepts a program that includes a standard header.
    CompilesC,
    /// A program runs with these arguments and succeeds.
    Runs(&'static str, &'static [&'static str]),
}

impl Probe {
    pub(super) fn succeeds(self) -> bool {
        match self {
            Self::CompilesC => compiles(env::var_os("CC").unwrap_or_else(|| "cc".into())),
            Self::Runs(program, arguments) => runs(program, arguments),
        }
    }
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn compiles(compiler: OsString) -> bool {
    let child = Command::new(compiler)
        .args(["-x", "c", "-fsyntax-only", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let fed = child
        .stdin
        .take()
        .is_some_and(|mut input| input.write_all(PROGRAM).is_ok());
    // Waited for in any case, so that no child is left behind.
    child.wait().is_ok_and(|status| status.success()) && fed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_not_there() {
        assert!(Probe::Runs("cargo", &["--version"]).succeeds());
        assert!(!Probe::Runs("cargo", &["no-such-subcommand"]).succeeds());
    }

    #[test]
    fn a_compiler_that_is_not_there_compiles_nothing() {
        assert!(!compiles("a-compiler-that-nobody-has".into()));
    }
}
