//! `duly completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::{args, output};

const EXAMPLES: &str = "\
Examples:
  duly completions bash > ~/.local/share/bash-completion/completions/duly
  duly completions zsh > ~/.zfunc/_duly        # in a folder of $fpath
  duly completions fish > ~/.config/fish/completions/duly.fish";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(asked: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = args::Arguments::command();
    clap_complete::generate(asked.shell, &mut command, "duly", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}
