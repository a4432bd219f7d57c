//! `shell`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::Secret;
use crate::bounds::LIST_MAX;
use crate::form::{duration, list, path, secret, secret_map, text, whole, yes_or_no};
use crate::group::{Example, Group, Visitor, group};

/// Arguments that a task may add.
const ARGS_MAX: u32 = 1_000;
/// Variables of a command.
const VARIABLES_MAX: usize = 100;
/// Bytes of each output that are kept, unless told otherwise, and at most.
const OUTPUT_BYTES: (u32, u32) = (16 << 10, 64 << 10);
/// The longest that a command may run if it has a timeout, and the longest that it has to end.
const TIME_MAX: (Duration, Duration) = (
    Duration::from_secs(366 * 24 * 3600),
    Duration::from_secs(60),
);

/// The kind `shell`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Shell {
    /// The commands that tasks may run, by name.
    pub commands: BTreeMap<String, Command>,
}

impl Shell {
    pub(crate) const ABOUT: &str =
        "The kind shell: programs that are run without any shell in between.";
}

impl Group for Shell {
    fn walk(&mut self, visitor: &mut dyn Visitor) {
        visitor.named("commands", Command::ABOUT, &mut self.commands);
    }
}

group! {
    /// The commands that tasks may run, by name; without any, there is no kind shell. Tasks may change
    /// nothing about a command but what it says here. In a payload, args add to these.
    Command {
        /// The program; a name alone is looked for in PATH, once.
        [AtStart] program: PathBuf = PathBuf::new(), path("an absolute path, or a name alone"), example "/usr/bin/gzip";

        /// The arguments that it always gets, before those of a task. Let the last be -- if the program
        /// knows it and tasks may add more, so that theirs are no options.
        [AtStart] args: Vec<String> = Vec::new(), list(text("a text", no_nul), LIST_MAX),
            example "[--keep, --]";

        /// How many arguments a task may add.
        [AtStart] extra_args: u32 = 0, whole(0..=ARGS_MAX);

        /// Variables of its environment, which is empty otherwise; their values are not shown.
        [AtStart] env: BTreeMap<String, Secret> = BTreeMap::new(),
            secret_map(secret("a text", no_nul), is_variable, VARIABLE, VARIABLES_MAX),
            example "{LANG: C.UTF-8}";

        /// Variables that it has as this process has them, if it does.
        [AtStart] pass_env: Vec<String> = Vec::new(), list(text(VARIABLE, is_variable), VARIABLES_MAX),
            example "[TMPDIR]";

        /// Variables that a task may set.
        [AtStart] free_env: Vec<String> = Vec::new(), list(text(VARIABLE, is_variable), VARIABLES_MAX),
            example "[]";

        /// The folder that it runs in. Without one: that of this process.
        [AtStart] dir: Option<PathBuf> = None, path("the path of a folder").or_none(), example "/var/tmp";

        /// Whether a task may choose the folder.
        [AtStart] free_dir: bool = false, yes_or_no();

        /// Whether a task may give it text to read from its standard input.
        [AtStart] stdin: bool = false, yes_or_no();

        /// How many bytes of each of its outputs are kept.
        [AtStart] output_bytes_max: u32 = OUTPUT_BYTES.0, whole(0..=OUTPUT_BYTES.1);

        /// How long it may run, whatever the task says. Without one: as long as the task lets it.
        [AtStart] timeout: Option<Duration> = None,
            duration(Duration::from_millis(1)..=TIME_MAX.0).or_none(), example "10m";

        /// How long it has to end after SIGTERM, before it is killed; less than `worker.cancel_grace`.
        [AtStart] grace: Duration = Duration::from_secs(3), duration(Duration::ZERO..=TIME_MAX.1);

        /// Which exit codes are a success.
        [AtStart] success: Vec<u8> = vec![0], list(whole(0..=u8::MAX), 256);

        /// Which exit codes are worth another try; the others fail for good. Without this: all are.
        [AtStart] retry: Option<Vec<u8>> = None, list(whole(0..=u8::MAX), 256).or_none(),
            example "[1, 75]";
    }
}

impl Example for Command {
    const NAME: &'static str = "compress";
}

const VARIABLE: &str = "the name of a variable: letters, digits and _, no digit first";

fn is_variable(name: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_known)
        && name
            .bytes()
            .next()
            .is_some_and(|byte| !byte.is_ascii_digit())
}

fn no_nul(text: &str) -> bool {
    !text.contains('\0')
}
