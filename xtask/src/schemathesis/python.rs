//! Python packages of this project's own, beneath `target/`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

/// What is installed, each at one version.
const PACKAGES: &[&str] = &["schemathesis==4.32.5", "prometheus_client==0.26.0"];

/// An environment that has them.
pub(super) struct Python {
    program: Utf8PathBuf,
}

impl Python {
    /// The environment, made if it may be.
    pub(super) fn find(root: &Utf8Path, install: bool) -> Result<Self> {
        let folder = root.join("target/schemathesis");
        std::fs::create_dir_all(&folder).with_context(|| format!("{folder} cannot be made"))?;
        let venv = folder.join("venv");
        let python = Self {
            program: venv.join("bin/python"),
        };
        if python.is_whole() {
            return Ok(python);
        }
        if !install {
            bail!(
                "{} are missing: run `cargo xtask schemathesis --install`, or `cargo xtask test \
                 --install`",
                PACKAGES.join(" and ")
            );
        }
        run(Command::new("python3").args(["-m", "venv", venv.as_str()]))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check"];
        run(python.command("pip").args(pip).args(PACKAGES))?;
        Ok(python)
    }

    /// Runs a module.
    pub(super) fn command(&self, module: &str) -> Command {
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

    /// Whether it is there with all packages, at their versions.
    fn is_whole(&self) -> bool {
        let check = "import sys; from importlib.metadata import version\n\
                     for one in sys.argv[1:]:\n    name, wanted = one.split('==')\n    \
                     assert version(name) == wanted";
        let mut command = Command::new(&self.program);
        command.args(["-c", check]).args(PACKAGES);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

fn run(command: &mut Command) -> Result<()> {
    println!("$ {command:?}");
    let status = command
        .status()
        .with_context(|| format!("{command:?} did not start"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_next_command() {
        let folder = std::env::temp_dir().join(format!("duly-xtask-{}", std::process::id()));
        let root = Utf8PathBuf::from_path_buf(folder).expect("a path of text");
        let error = Python::find(&root, false).err().expect("nothing is there");
        let text = error.to_string();
        assert!(
            text.contains("schemathesis==") && text.contains("--install"),
            "{text}"
        );
        std::fs::remove_dir_all(&root).expect("it was made");
    }
}
