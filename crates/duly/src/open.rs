//! From a URL to a store.

use std::sync::Arc;

use duly_store::{Clock, Store};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL names no kind of store that is known here.
    #[error("\"{url}\" names no known store: expected {}", known())]
    UnknownScheme {
        /// The URL, without its options and credentials.
        url: String,
    },
    /// The URL lacks what the store needs.
    #[error("\"{url}\" is not complete: expected {expected}")]
    Incomplete {
        /// The URL, without its options.
        url: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The store has no such option.
    #[error("there is no option \"{option}\": expected {expected}")]
    UnknownOption {
        /// Its name.
        option: String,
        /// The options that there are.
        expected: &'static str,
    },
    /// An option has a value that it cannot have.
    #[error("option {option} is \"{value}\": expected {expected}")]
    InvalidOption {
        /// Its name.
        option: &'static str,
        /// The value.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An option is given more than once.
    #[error("option {option} is given twice: expected once")]
    RepeatedOption {
        /// Its name.
        option: String,
    },
    /// The file could not be opened.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] duly_store_sqlite::OpenError),
    /// The file of a store in memory could not be opened.
    #[cfg(feature = "archive")]
    #[error(transparent)]
    File(#[from] duly_store::file::FileError),
}

/// What a URL may begin with.
const fn known() -> &'static str {
    if cfg!(feature = "sqlite") {
        "sqlite:PATH or memory:"
    } else {
        "memory: (the feature `sqlite` adds sqlite:PATH)"
    }
}

/// Opens the store that a URL names.
pub(crate) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Arc<dyn Store>, OpenError> {
    let (place, options) = url.split_once('?').unwrap_or((url, ""));
    let options = pairs(options)?;
    match place.split_once(':') {
        Some(("memory", "")) => memory::open(&options, clock).await,
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) => sqlite::open(place, path, &options, clock).await,
        _ => Err(OpenError::UnknownScheme {
            url: without_credentials(place),
        }),
    }
}

/// A URL that names another kind of store may well hold a password.
fn without_credentials(place: &str) -> String {
    let Some((before, after)) = place.rsplit_once('@') else {
        return place.to_owned();
    };
    let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
    format!("{scheme}***@{after}")
}

fn pairs(options: &str) -> Result<Vec<(&str, &str)>, OpenError> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for pair in options.split('&').filter(|pair| !pair.is_empty()) {
        let (option, value) = pair.split_once('=').unwrap_or((pair, ""));
        if pairs.iter().any(|(known, _)| *known == option) {
            let option = option.to_owned();
            return Err(OpenError::RepeatedOption { option });
        }
        pairs.push((option, value));
    }
    Ok(pairs)
}

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(test)]
mod tests {
    use super::*;
    use duly_store::SystemClock;

    async fn refused(url: &str) -> String {
        match open(url, Arc::new(SystemClock)).await {
            Ok(_) => panic!("{url} was opened"),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_with_what_was_expected() {
        let refusal = refused("redis://localhost?password=secret").await;
        assert!(refusal.contains("\"redis://localhost\" names no known store"));
        assert!(!refusal.contains("secret"));
        let refusal = refused("postgres://me:se@cret@localhost/db").await;
        assert!(
            refusal.contains("\"postgres://***@localhost/db\""),
            "{refusal}"
        );
        assert!(
            refused("me:secret@localhost")
                .await
                .contains("\"***@localhost\"")
        );
        assert!(refused("duly.db").await.contains("memory:"));
        assert!(
            refused("memory:?size=3")
                .await
                .contains("no option \"size\"")
        );
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn options_of_a_file_are_checked_before_it_is_touched() {
        assert!(refused("sqlite:").await.contains("sqlite:PATH"));
        let refusal = refused("sqlite:never.db?synchronous=off").await;
        assert_eq!(
            refusal,
            "option synchronous is \"off\": expected full or normal"
        );
        assert!(
            refused("sqlite:never.db?sync=full")
                .await
                .contains("synchronous")
        );
        for absurd in ["soon", "-1", "1.5", "", "3601", "18446744073709551615"] {
            let refusal = refused(&format!("sqlite:never.db?busy_timeout={absurd}")).await;
            let expected = format!(
                "option busy_timeout is \"{absurd}\": expected whole seconds, such as 60, at most 3600"
            );
            assert_eq!(refusal, expected);
        }
        let refusal = refused("sqlite:never.db?synchronous=full&synchronous=normal").await;
        assert_eq!(refusal, "option synchronous is given twice: expected once");
        assert!(!std::path::Path::new("never.db").exists());
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn what_only_other_programs_take_for_a_file_is_refused() {
        for url in [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite:file:never.db",
        ] {
            let refusal = refused(url).await;
            assert!(
                refusal.contains("is not complete: expected a file"),
                "{refusal}"
            );
        }
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn a_path_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b.db", "50%20.db", "ü=&#.db"] {
            for slashes in ["", "//"] {
                let path = folder.path().join(name);
                let url = format!("sqlite:{slashes}{}?busy_timeout=1", path.display());
                open(&url, Arc::new(SystemClock))
                    .await
                    .unwrap()
                    .close()
                    .await
                    .unwrap();
                assert!(path.exists(), "{url}");
            }
        }
    }

    #[tokio::test]
    async fn memory_opens() {
        let store = open("memory:", Arc::new(SystemClock)).await.unwrap();
        assert!(!store.traits().durable);
    }

    #[cfg(feature = "archive")]
    #[tokio::test]
    async fn memory_keeps_itself_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ü 50%20=.json");
        for made in [0, 1] {
            let url = format!("memory:?every=5m&file={}", path.display());
            let store = open(&url, Arc::new(SystemClock)).await.unwrap();
            assert_eq!(store.queues().await.unwrap().len(), made);
            let second = refused(&url).await;
            assert!(second.contains("in use by another process"), "{second}");
            let change = duly_store::QueueChange::default();
            store.configure("mail".into(), change).await.unwrap();
            store.close().await.unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        std::fs::remove_file(folder.path().join("ü 50%20=.json.bak")).unwrap_or(());
        let refusal = refused(&format!("memory:?file={}", path.display())).await;
        assert!(refusal.contains("is damaged ("), "{refusal}");
    }

    #[cfg(feature = "archive")]
    #[tokio::test]
    async fn options_of_a_store_in_memory_are_checked() {
        for (url, expected) in [
            ("memory:?file=", "option file is \"\": expected a path"),
            ("memory:?file", "option file is \"\": expected a path"),
            (
                "memory:?every=60s",
                "option every is \"60s\": expected none without a file",
            ),
            (
                "memory:?file=a&every=60",
                "option every is \"60\": expected a duration",
            ),
            (
                "memory:?file=a&every=0s",
                "option every is \"0s\": expected a duration",
            ),
            ("memory:?file=a&every=25h", "more than 0s, at most 24h"),
            ("memory:?file=a&every=-1s", "option every is \"-1s\""),
            ("memory:?file=a&file=b", "option file is given twice"),
            (
                "memory:?files=a",
                "no option \"files\": expected file or every",
            ),
        ] {
            let refusal = refused(url).await;
            assert!(refusal.contains(expected), "{url}: {refusal}");
        }
        assert!(!std::path::Path::new("a").exists());
    }
}
