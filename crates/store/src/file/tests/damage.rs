//! Files that cannot be read, and the save before.

use super::*;

/// Saves twice, with one task and then with two; answers the file's text after both.
async fn saved_twice(place: &Place) -> [String; 2] {
    let (file, rig) = place.rig().await;
    rig.submit(vec![task(1)]).await;
    file.save().await.unwrap();
    let first = place.text();
    place.clock.advance(Duration::from_secs(60));
    rig.submit(vec![task(2)]).await;
    file.close().await.unwrap();
    [first, place.text()]
}

#[tokio::test]
async fn a_damaged_file_is_set_aside_and_the_save_before_is_loaded() {
    let place = Place::new();
    let [first, second] = saved_twice(&place).await;
    assert_eq!(fs::read_to_string(place.beside(".bak")).unwrap(), first);
    let changed = |from: &str, to: &str| {
        assert!(second.contains(from), "{from}");
        second.replacen(from, to, 1)
    };
    let half = second[..second.len() / 2].to_owned();
    let doubled = second
        .lines()
        .nth(4)
        .unwrap()
        .trim_end_matches(',')
        .to_owned();
    for damage in [
        String::new(),
        "{}".to_owned(),
        "rubbish".to_owned(),
        half,
        second[..second.len() - 3].to_owned(),
        format!("{second}more"),
        changed("\"tasks\":2", "\"tasks\":3"),
        changed("\"state\":\"pending\"", "\"state\":\"completed\""),
        changed("\"kind\":\"work\"", "\"kind\":\"\""),
        changed("\"end\":", "\"odd\":"),
        changed("\"format\":\"duly-memory\"", "\"format\":\"other\""),
        changed("\"version\":1", "\"version\":0"),
        changed("\"at_us\"", "\"queues\":[],\"at_us\""),
        changed("],\"end\"", &format!(",{doubled}],\"end\"")),
    ] {
        fs::write(place.path(), &damage).unwrap();
        fs::write(place.beside(".bak"), &first).unwrap();
        place.clock.advance(Duration::from_micros(1));
        let file = place.open().await.unwrap();
        let notice = file.notice().unwrap();
        assert!(notice.contains("is damaged ("), "{notice}");
        assert!(
            notice.contains("it is 1m old, and what happened since may be lost"),
            "{notice}"
        );
        let aside = place.aside().pop().unwrap();
        assert!(notice.contains(&aside), "{notice}");
        let kept = place.folder.path().join(aside);
        assert_eq!(fs::read_to_string(&kept).unwrap(), damage);
        assert_eq!(held(&*file).await.len(), 1);
        file.close().await.unwrap();
        assert!(
            place.open().await.unwrap().notice().is_none(),
            "it was saved anew"
        );
        fs::remove_file(kept).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_went_missing_comes_back_from_the_save_before() {
    let place = Place::new();
    saved_twice(&place).await;
    fs::remove_file(place.path()).unwrap();
    let file = place.open().await.unwrap();
    let notice = file.notice().unwrap();
    assert!(
        notice.contains("is not there, although it was saved before"),
        "{notice}"
    );
    assert_eq!(held(&*file).await.len(), 1);
}

#[tokio::test]
async fn without_a_good_copy_it_does_not_open_and_changes_nothing() {
    let place = Place::new();
    let [first, _] = saved_twice(&place).await;
    let half = &first[..first.len() / 2];
    let backup = place.beside(".bak");
    let cases: [(Option<&str>, Option<&str>); 3] = [
        (Some(half), None),
        (Some(half), Some("?")),
        (None, Some("?")),
    ];
    for (text, copy) in cases {
        for (path, text) in [(&place.path(), text), (&backup, copy)] {
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => fs::remove_file(path).unwrap_or(()),
            }
        }
        for _ in 0..2 {
            let error = place.open().await.unwrap_err();
            assert!(matches!(error, FileError::Damaged { .. }), "{error}");
            let message = error.to_string();
            assert!(message.contains("there is no good copy of it"), "{message}");
            assert!(
                message.contains("put a good copy in its place"),
                "{message}"
            );
            assert_eq!(fs::read_to_string(place.path()).ok().as_deref(), text);
            assert_eq!(fs::read_to_string(&backup).ok().as_deref(), copy);
            assert_eq!(place.aside(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn what_a_later_version_wrote_is_left_alone() {
    let place = Place::new();
    let [_, second] = saved_twice(&place).await;
    let later = second.replacen("\"version\":1", "\"version\":2,\"new\":{}", 1);
    fs::write(place.path(), &later).unwrap();
    let error = place.open().await.unwrap_err();
    assert!(
        matches!(error, FileError::Later { version: 2, .. }),
        "{error}"
    );
    assert_eq!(place.text(), later);
}
