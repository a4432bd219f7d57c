use duly_store::SystemClock;

use super::*;

async fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    url.parse::<StoreUrl>()?.open(Arc::new(SystemClock)).await
}

async fn refused(url: &str) -> String {
    match open(url).await {
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
    let refusal = refused("me:secret@localhost").await;
    assert!(refusal.contains("\"***@localhost\""), "{refusal}");
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
            open(&url).await.unwrap().close().await.unwrap();
            assert!(path.exists(), "{url}");
        }
    }
}

#[tokio::test]
async fn memory_opens() {
    let store = open("memory:").await.unwrap();
    assert!(!store.traits().durable);
}

#[cfg(feature = "archive")]
#[tokio::test]
async fn memory_keeps_itself_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ü 50%20=.json");
    for made in [0, 1] {
        let url = format!("memory:?every=5m&file={}", path.display());
        let store = open(&url).await.unwrap();
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

#[test]
fn the_file_of_a_store_is_known_before_it_is_opened() {
    let file = |url: &str| {
        let url = url.parse::<StoreUrl>().unwrap();
        url.file().map(|path| path.to_str().unwrap().to_owned())
    };
    assert_eq!(file("memory:"), None);
    #[cfg(feature = "archive")]
    assert_eq!(file("memory:?every=60s&file=a.json").unwrap(), "a.json");
    #[cfg(feature = "sqlite")]
    for (url, path) in [
        ("sqlite:a b.db?synchronous=full", "a b.db"),
        ("sqlite:///a.db", "/a.db"),
    ] {
        assert_eq!(file(url).unwrap(), path);
    }
}
