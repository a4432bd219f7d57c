//! When it is saved, and what becomes of a save that fails.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[tokio::test]
async fn it_saves_now_and_then_and_again_after_a_failure() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    file.inner.saver.lock().unwrap().before(move || {
        let _ = tell.send(());
        Err(io::Error::other("no room"))
    });
    rig.submit(vec![task(1)]).await;
    let slept = async || {
        while place.clock.next_wake().is_none() {
            tokio::task::yield_now().await;
        }
        place.clock.advance(FileOptions::EVERY_DEFAULT);
    };
    slept().await;
    told.recv().await.unwrap();
    let error = file.save().await.unwrap_err().to_string();
    assert!(error.contains("no room. The file is as it was"), "{error}");
    assert!(!place.path().exists());
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    file.inner.saver.lock().unwrap().before(move || {
        let _ = tell.send(());
        Ok(())
    });
    slept().await;
    told.recv().await.unwrap();
    // It waits for the save that has begun, and has nothing left to do.
    file.save().await.unwrap();
    assert!(place.text().contains("\"tasks\":1"));
    let written = fs::metadata(place.path()).unwrap().modified().unwrap();
    while told.try_recv().is_ok() {}
    file.save().await.unwrap();
    assert!(told.try_recv().is_err(), "nothing has changed");
    assert_eq!(
        fs::metadata(place.path()).unwrap().modified().unwrap(),
        written
    );
}

#[tokio::test]
async fn a_save_that_fails_when_it_is_closed_is_told_and_closing_again_tries_again() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    let full = || Err(io::Error::from(io::ErrorKind::StorageFull));
    file.inner.saver.lock().unwrap().before(full);
    let error = file.close().await.unwrap_err();
    assert!(error.retryable(), "{error}");
    let message = error.to_string();
    assert!(message.contains("cannot save to "), "{message}");
    assert!(message.contains("in memory only"), "{message}");
    let other = place.open().await;
    assert!(matches!(other, Err(FileError::InUse { .. })), "not let go");
    file.inner.saver.lock().unwrap().before(|| Ok(()));
    file.close().await.unwrap();
    file.close().await.unwrap();
    assert_eq!(held(&*place.open().await.unwrap()).await.len(), 1);
}

#[tokio::test]
async fn a_full_disk_is_left_to_others() {
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    for step in 0.. {
        let now = AtomicUsize::new(0);
        let full = move || match now.fetch_add(1, Ordering::Relaxed) {
            now if now < step => Ok(()),
            _ => Err(io::Error::from(io::ErrorKind::StorageFull)),
        };
        file.inner.saver.lock().unwrap().before(full);
        let saved = file.save().await;
        assert!(!place.beside(".spool").exists(), "step {step}");
        assert!(!place.beside(".tmp").exists(), "step {step}");
        if saved.is_ok() {
            assert!(step > 3);
            return;
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_save_keeps_the_rights_of_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    file.save().await.unwrap();
    let mode = |path: PathBuf| fs::metadata(path).map(|found| found.permissions().mode() & 0o777);
    for rights in [0o600, 0o622] {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(rights)).unwrap();
        // What a save that was killed left behind decides nothing.
        fs::write(place.beside(".tmp"), "").unwrap();
        fs::write(place.beside(".spool"), "").unwrap();
        rig.submit(vec![task(rights as u8)]).await;
        let (spool, seen) = (place.beside(".spool"), Arc::new(AtomicUsize::new(0)));
        let first = seen.clone();
        let mut steps = 0;
        file.inner.saver.lock().unwrap().before(move || {
            steps += 1;
            if steps == 2 {
                first.store(mode(spool.clone())? as usize, Ordering::Relaxed);
            }
            Ok(())
        });
        file.save().await.unwrap();
        assert_eq!(mode(place.path()).unwrap(), rights);
        assert_eq!(seen.load(Ordering::Relaxed), rights as usize, "the scratch");
    }
}
