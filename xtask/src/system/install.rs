//! Installing what is missing.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Installs packages with apt, as root or through a `sudo` that asks nothing.
pub(super) fn packages(names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let rights = Rights::of_this_user().with_context(|| format!("for {}", names.join(" ")))?;
    run(&mut rights.apt(&["update"]))?;
    run(rights
        .apt(&["install", "--yes", "--no-install-recommends"])
        .args(names))
}

/// Adds components to the Rust toolchain.
pub(super) fn components(names: &[&str]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    run(Command::new("rustup")
        .args(["component", "add"])
        .args(names))
    .context("install them the way this toolchain was installed")
}

/// By what right packages may be installed.
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn of_this_user() -> Result<Self> {
        let id = Command::new("id")
            .arg("-u")
            .output()
            .context("`id -u` did not start")?;
        if id.stdout.trim_ascii() == b"0" {
            return Ok(Self::Root);
        }
        let sudo = Command::new("sudo").args(["-n", "true"]).output();
        if sudo.is_ok_and(|output| output.status.success()) {
            return Ok(Self::Sudo);
        }
        bail!("packages need root, or a sudo that asks for no password: install them by hand")
    }

    fn apt(&self, arguments: &[&str]) -> Command {
        let mut words = match self {
            Self::Root => vec!["env"],
            Self::Sudo => vec!["sudo", "-n", "env"],
        };
        words.extend(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        words.extend(arguments);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    }
}

fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", spelled(command));
    let status = command
        .status()
        .with_context(|| format!("{} did not start", spelled(command)))?;
    if !status.success() {
        bail!("`{}`: {status}", spelled(command));
    }
    Ok(())
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_unprivileged_go_through_sudo() {
        let line = |rights: Rights| spelled(&rights.apt(&["update"]));
        assert_eq!(
            line(Rights::Root),
            "env DEBIAN_FRONTEND=noninteractive apt-get update"
        );
        assert!(line(Rights::Sudo).starts_with("sudo -n env DEBIAN_FRONTEND="));
    }

    #[test]
    fn a_failing_command_is_named() {
        let error = run(Command::new("false").arg("x")).expect_err("it fails");
        assert!(error.to_string().starts_with("`false x`: "), "{error}");
        let error = run(&mut Command::new("a-program-that-nobody-has")).expect_err("no program");
        assert!(error.to_string().contains("did not start"), "{error}");
    }
}
