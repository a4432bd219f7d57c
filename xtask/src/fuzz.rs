//! `cargo xtask fuzz`: every parser that takes bytes from outside, fed with what it does not expect.
//!
//! The targets are a workspace of their own (`fuzz/`), because they need a nightly toolchain. Where there is
//! none the step of the test command is skipped, and says so.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::cargo;

/// What drives the fuzzer, and the version that is installed.
const TOOL: (&str, &str) = ("cargo-fuzz", "0.13.2");
/// How long each target runs as a step of the test command: a minute or so for all of them.
const SECONDS_IN_TESTS: u32 = 5;
/// The longest input.
const INPUT_BYTES_MAX: u32 = 4_096;
/// The most memory that a target may take.
const MEMORY_MIB_MAX: u32 = 2_048;
/// The longest that one input may take, by the clock on the wall: a busy machine may let it wait.
const INPUT_SECONDS_MAX: u32 = 30;
/// A folder in memory, on systems that have it: some targets write a thousand files a second.
const IN_MEMORY: &str = "/dev/shm";
/// The code is free of `unsafe`: what a sanitizer would look for is in others' code, and costs half the speed.
const BUILD: &[&str] = &["--fuzz-dir", "fuzz", "--sanitizer", "none"];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each target runs, in seconds
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// These targets alone
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

/// Runs the targets, one after the other.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(why) = unavailable() {
        bail!("{why}");
    }
    require(false)?;
    let targets = if arguments.targets.is_empty() {
        targets()?
    } else {
        arguments.targets.clone()
    };
    feed(&targets, arguments.seconds)
}

/// Runs each target for a moment.
pub(crate) fn check(install: bool) -> Result<()> {
    require(install)?;
    feed(&targets()?, SECONDS_IN_TESTS)
}

/// Why nothing can be fuzzed here, if so.
pub(crate) fn unavailable() -> Option<String> {
    let nightly = succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "--version"]));
    (!nightly).then(|| {
        "there is no nightly toolchain: `rustup toolchain install nightly` brings one".to_owned()
    })
}

fn require(install: bool) -> Result<()> {
    let (tool, version) = TOOL;
    if succeeds(Command::new("cargo").args(["fuzz", "--version"])) {
        return Ok(());
    }
    if !install {
        bail!("{tool} is missing: `cargo install {tool}`, or run `cargo xtask test --install`");
    }
    cargo::run(&["install", tool, "--version", version, "--locked"], &[])
}

fn targets() -> Result<Vec<String>> {
    let folder = cargo::root()?.join("fuzz/targets");
    let files = folder.read_dir_utf8().context("cannot list fuzz/targets")?;
    let mut names = Vec::new();
    for file in files {
        let path = file?.into_path();
        if path.extension() == Some("rs") {
            names.extend(path.file_stem().map(str::to_owned));
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn feed(targets: &[String], seconds: u32) -> Result<()> {
    nightly(&[&["build"], BUILD].concat(), &[])?;
    let files = folder()?;
    std::fs::create_dir_all(&files).with_context(|| format!("cannot make {files}"))?;
    let fed = targets
        .iter()
        .try_for_each(|target| feed_one(target, seconds, &files));
    let removed = std::fs::remove_dir_all(&files);
    fed?;
    removed.with_context(|| format!("cannot remove {files}"))?;
    println!("{} targets, {seconds} s each, clean", targets.len());
    Ok(())
}

/// Where the targets of this process have their files.
fn folder() -> Result<Utf8PathBuf> {
    let memory = Utf8PathBuf::from(IN_MEMORY);
    let parent = if memory.is_dir() {
        memory
    } else {
        cargo::root()?.join("fuzz/target")
    };
    Ok(parent.join(format!("duly-fuzz-{}", std::process::id())))
}

fn feed_one(target: &str, seconds: u32, files: &Utf8Path) -> Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    let seeds = format!("fuzz/seeds/{target}");
    for folder in [&corpus, &seeds] {
        std::fs::create_dir_all(cargo::root()?.join(folder))
            .with_context(|| format!("cannot make {folder}"))?;
    }
    let limits = [
        format!("-max_total_time={seconds}"),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-rss_limit_mb={MEMORY_MIB_MAX}"),
        format!("-timeout={INPUT_SECONDS_MAX}"),
        "-print_final_stats=1".to_owned(),
        "-verbosity=0".to_owned(),
    ];
    let mut words = [&["run"], BUILD, &[target, &corpus, &seeds, "--"]].concat();
    words.extend(limits.iter().map(String::as_str));
    nightly(&words, &[("TMPDIR", files.as_str())])
}

/// Runs cargo-fuzz on the nightly toolchain, with these variables.
fn nightly(words: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    println!("$ cargo +nightly fuzz {}", words.join(" "));
    let mut command = Command::new("rustup");
    command
        .args(["run", "nightly", "cargo", "fuzz"])
        .args(words);
    // This process runs under a toolchain of its own, which its children would take over.
    for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let status = command.current_dir(cargo::root()?).status();
    let status = status.context("rustup did not start")?;
    if !status.success() {
        bail!("`cargo +nightly fuzz {}`: {status}", words.join(" "));
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
