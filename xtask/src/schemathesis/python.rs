//! Python packages of this project's own, beneath `target/`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

/// All packages, each at one version and with the hashes of its files, from the folder of the tools.
const REQUIREMENTS: &str = "requirements.txt";

/// An environment that has them.
pub(super) struct Python {
    program: Utf8PathBuf,
}

impl Python {
    /// The environment, made anew if it has not what is required and may be.
    pub(super) fn find(root: &Utf8Path, tools: &Utf8Path, install: bool) -> Result<Self> {
        let venv = root.join("target/schemathesis/venv");
        let python = Self {
            program: venv.join("bin/python"),
        };
        let requirements = tools.join(REQUIREMENTS);
        let required = fs::read(&requirements).with_context(|| format!("no {requirements}"))?;
        // Written last, so that an environment with it is whole.
        let installed = venv.join(REQUIREMENTS);
        if fs::read(&installed).is_ok_and(|installed| installed == required) {
            return Ok(python);
        }
        if !install {
            bail!(
                "schemathesis is missing, or another version than {REQUIREMENTS} says: run `cargo \
                 xtask schemathesis --install`, or `cargo xtask test --install`"
            );
        }
        let venv = venv.as_str();
        run(Command::new("python3").args(["-m", "venv", "--clear", venv]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        let mut command = python.module("pip");
        command
            .args(pip)
            .args(["--require-hashes", "--requirement"]);
        run(command.arg(&requirements))?;
        fs::write(installed, required).context("the environment cannot be marked as whole")?;
        Ok(python)
    }

    /// Runs a module.
    pub(super) fn module(&self, module: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-m", module]);
        command
    }

    /// Runs a file.
    pub(super) fn script(&self, path: &Utf8Path) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(path);
        command
    }
}

fn run(command: &mut Command) -> Result<()> {
    println!("$ {command:?}");
    let status = command.status();
    let status = status.with_context(|| format!("{command:?} did not start"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_next_command() {
        let root = std::env::temp_dir().join(format!("duly-xtask-{}", std::process::id()));
        let root = Utf8PathBuf::from_path_buf(root).expect("a path of text");
        let venv = root.join("target/schemathesis/venv");
        fs::create_dir_all(&venv).expect("the temporary folder can be written");
        for (file, text) in [
            (root.join(REQUIREMENTS), "a==2"),
            (venv.join(REQUIREMENTS), "a==1"),
        ] {
            fs::write(file, text).expect("it can be written");
        }
        let error = Python::find(&root, &root, false).err().expect("an old one");
        assert!(error.to_string().contains("--install"), "{error}");
        fs::write(root.join(REQUIREMENTS), "a==1").expect("it can be written");
        assert!(Python::find(&root, &root, false).is_ok());
        fs::remove_dir_all(&root).expect("it was made");
    }
}
