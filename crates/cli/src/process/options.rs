//! Who may call, as the settings say.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use duly_config::{Config, Server};
use duly_server::{InvalidOption, Options};

use crate::failure::Failure;

/// Bytes of a file of tokens: 64 KiB.
const TOKEN_FILE_BYTES_MAX: u64 = 64 << 10;

/// The names and the tokens of the server.
pub(crate) fn options(config: &Config) -> Result<Options, Failure> {
    let server = &config.settings.server;
    let said = |setting: &str, error: &dyn std::fmt::Display| {
        Failure::Usage(format!("{}: {error}", config.origin(setting)))
    };
    let with_tokens = tokens(
        named(server).map_err(|error| said("server.hosts", &error))?,
        server,
    );
    let mut options = with_tokens.map_err(|error| said("server.tokens", &error))?;
    if let Some(path) = &server.token_file {
        let text = read(path).map_err(|error| said("server.token_file", &error))?;
        options = from_file(options, path, &text).map_err(|e| said("server.token_file", &e))?;
    }
    Ok(options)
}

fn named(server: &Server) -> Result<Options, InvalidOption> {
    let mut hosts = server.hosts.iter();
    hosts.try_fold(Options::default(), |options, host| options.host(host))
}

fn tokens(options: Options, server: &Server) -> Result<Options, InvalidOption> {
    let mut tokens = server.tokens.iter();
    tokens.try_fold(options, |options, token| options.token(token.expose()))
}

fn read(path: &Path) -> Result<String, String> {
    let place = path.display();
    let mut text = String::new();
    let file = File::open(path).map_err(|error| format!("cannot read {place}: {error}"))?;
    let read = file
        .take(TOKEN_FILE_BYTES_MAX + 1)
        .read_to_string(&mut text);
    read.map_err(|error| format!("cannot read {place}: {error}"))?;
    if text.len() as u64 > TOKEN_FILE_BYTES_MAX {
        return Err(format!(
            "{place} is larger than {TOKEN_FILE_BYTES_MAX} bytes: is it the right file?"
        ));
    }
    Ok(text)
}

/// A token a line; empty lines, and those that begin with `#`, are none. A file without any would leave
/// open what was meant to be closed.
fn from_file(options: Options, path: &Path, text: &str) -> Result<Options, String> {
    let place = path.display();
    let lines = text.lines().enumerate();
    let mut lines = lines
        .map(|(i, line)| (i + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    if lines.peek().is_none() {
        return Err(format!("{place} has no token: expected one a line"));
    }
    lines.try_fold(options, |options, (number, token)| {
        let added = options.token(token);
        added.map_err(|error| format!("{place}:{number}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_token_a_line() {
        let token = "0123456789abcdef0123456789abcdef";
        let read = |text: &str| from_file(Options::default(), Path::new("tokens"), text);
        let good = read(&format!("# of the proxy\n{token}\r\n\n  {token}x  \n")).unwrap();
        assert!(good.wants_token());
        for text in ["", "\n# nothing\n"] {
            assert_eq!(
                read(text).unwrap_err(),
                "tokens has no token: expected one a line"
            );
        }
        let error = read(&format!("{token}\nhunter2\n")).unwrap_err();
        assert!(
            error.starts_with("tokens:2: token is of 7 characters"),
            "{error}"
        );
        assert!(!error.contains("hunter2"));
    }
}
