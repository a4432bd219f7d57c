//! Where the tasks are: a server, or a store that the command opens itself.

use reqwest::Url;
use reqwest::header::HeaderValue;

use crate::failure::Failure;

/// Where the server listens unless told otherwise.
pub(crate) const SERVER: &str = "http://127.0.0.1:7788";

const HEADING: &str = "Where the tasks are";
const SERVER_HELP: &str =
    "The server to talk to [env: DULY_SERVER] [default: http://127.0.0.1:7788]";
const STORE_HELP: &str = "Open this store without a server, such as sqlite:duly.db \
                          [env: DULY_STORE, unless a server is named]";
const TOKEN_HELP: &str = "What the server asks for, if it asks; safer in the environment, which others \
                          do not see [env: DULY_TOKEN]";

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_name = "URL", help = SERVER_HELP, help_heading = HEADING)]
    server: Option<String>,
    #[arg(long, global = true, value_name = "URL", help = STORE_HELP, help_heading = HEADING)]
    store: Option<String>,
    #[arg(long, global = true, value_name = "TOKEN", help = TOKEN_HELP, help_heading = HEADING)]
    token: Option<String>,
}

/// A server or a store.
#[derive(Clone)]
pub(crate) enum Target {
    /// A server, and what it is asked with.
    Server {
        /// Where it is.
        base: Url,
        /// What it asks for.
        token: Option<HeaderValue>,
    },
    /// A store, by its URL.
    Store(String),
}

impl Arguments {
    /// The store that is typed, for a command that opens one of its own and asks no server.
    pub(crate) fn own_store(self) -> Result<Option<String>, Failure> {
        if self.server.is_some() {
            return Err(Failure::Usage(
                "--server: expected none; tasks of a file run in this process, on a store of their \
                 own or on that of --store"
                    .into(),
            ));
        }
        Ok(self.store)
    }

    /// What is typed goes before the environment, and in it a server before a store: `DULY_STORE` is
    /// what `duly serve` opens, and whoever names a server besides means to talk to that.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        self.choose(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
    }

    /// For commands that are no clients: what they would not look at is refused, so that nobody takes an
    /// API for closed that is open.
    pub(crate) fn refuse(&self, command: &str) -> Result<(), Failure> {
        let typed = [("--server", &self.server), ("--token", &self.token)];
        match typed.iter().find(|(_, value)| value.is_some()) {
            Some((flag, _)) => Err(Failure::Usage(format!(
                "{flag} is for commands that ask a server: expected {command} without it (the \
                 tokens that a server asks for are server.token_file of its configuration)"
            ))),
            None => Ok(()),
        }
    }

    /// The same for those that open no store either.
    pub(crate) fn refuse_all(&self, command: &str) -> Result<(), Failure> {
        self.refuse(command)?;
        if self.store.is_some() {
            return Err(Failure::Usage(format!(
                "--store is for commands that open a store: expected {command} without it (the \
                 setting store, or DULY_STORE, says what is opened)"
            )));
        }
        Ok(())
    }

    fn choose(&self, env: impl Fn(&str) -> Option<String>) -> Result<Target, Failure> {
        if self.server.is_some() && self.store.is_some() {
            return Err(Failure::Usage(
                "--server and --store exclude each other: tasks are asked for in one place".into(),
            ));
        }
        if let Some(store) = &self.store {
            return Ok(Target::Store(store.clone()));
        }
        let token = self.token.clone().or_else(|| env("DULY_TOKEN"));
        if let Some(server) = &self.server {
            return Target::server("--server", server, token);
        }
        if let Some(server) = env("DULY_SERVER") {
            return Target::server("DULY_SERVER", &server, token);
        }
        match env("DULY_STORE") {
            Some(store) => Ok(Target::Store(store)),
            None => Target::server("--server", SERVER, token),
        }
    }
}

impl Target {
    fn server(name: &str, text: &str, token: Option<String>) -> Result<Self, Failure> {
        let base = Url::parse(text).ok();
        let base = base.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut base) = base else {
            // What looks as if it held a password is not repeated.
            let value = match text.contains('@') {
                true => "no URL of a server".to_owned(),
                false => format!("{text:?}"),
            };
            return Err(Failure::Usage(format!(
                "{name} is {value}: expected a URL such as {SERVER}"
            )));
        };
        let token = token.as_deref().map(bearer).transpose()?;
        if token.is_some() {
            // One header has room for one of the two. Neither fails for a URL with a host.
            let _ = base.set_username("");
            let _ = base.set_password(None);
        }
        Ok(Self::Server { base, token })
    }
}

/// The header that shows a token. The token itself is never repeated, not even where it is wrong.
fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        Failure::Usage(
            "--token (or DULY_TOKEN) holds what no header can: expected visible characters".into(),
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(typed: [Option<&str>; 3], env: &[(&str, &str)]) -> Result<String, String> {
        let [server, store, token] = typed.map(|text| text.map(str::to_owned));
        let arguments = Arguments {
            server,
            store,
            token,
        };
        let env = |name: &str| {
            let found = env.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match arguments.choose(env) {
            Ok(Target::Server { base, .. }) => Ok(base.to_string()),
            Ok(Target::Store(store)) => Ok(store),
            Err(failure) => Err(failure.to_string()),
        }
    }

    const SERVED: &[(&str, &str)] = &[("DULY_SERVER", "http://env:1"), ("DULY_STORE", "memory:")];

    #[test]
    fn what_is_typed_goes_before_the_environment_and_a_server_before_a_store() {
        for (typed, env, expected) in [
            ([None, None, None], &[][..], "127.0.0.1"),
            ([None, None, None], &SERVED[1..], "memory:"),
            ([None, None, None], SERVED, "//env:1/"),
            ([Some("http://typed:1"), None, None], SERVED, "//typed:1/"),
            ([None, Some("sqlite:typed"), None], SERVED, "sqlite:typed"),
        ] {
            let target = chosen(typed, env).unwrap();
            assert!(target.contains(expected), "{typed:?}: {target}");
        }
        let both = chosen([Some("http://a:1"), Some("memory:"), None], &[]);
        assert!(both.unwrap_err().contains("exclude each other"));
    }

    #[test]
    fn secrets_are_not_repeated() {
        assert!(bearer("s3cret").unwrap().is_sensitive());
        for typed in [
            [None, None, Some("s3cret\n")],
            [Some("me:s3cret@host"), None, None],
        ] {
            let refusal = chosen(typed, &[]).unwrap_err();
            assert!(
                refusal.contains("expected") && !refusal.contains("s3cret"),
                "{refusal}"
            );
        }
        assert!(
            chosen([Some("localhost"), None, None], &[])
                .unwrap_err()
                .contains("\"localhost\"")
        );
    }
}
