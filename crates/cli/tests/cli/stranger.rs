//! What answers is no Duly server, or one that stands behind something else.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::support::{Outcome, run, served};

const ID: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

/// The first answer of somebody who answers everything alike.
async fn asked(
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
    arguments: &[&str],
) -> Outcome {
    let answers = Router::new().fallback(async move || answer());
    let url = format!("http://{}", served(answers).await);
    run(&[&["--server", &url], arguments].concat()).await
}

#[tokio::test]
async fn pages_are_no_answers() {
    for arguments in [
        &["list"][..],
        &["submit", "a"],
        &["events", "--follow"],
        &["show", ID],
    ] {
        for status in [StatusCode::OK, StatusCode::NOT_FOUND] {
            let page = move || (status, Html("<h1>It works!</h1>")).into_response();
            let outcome = asked(page, arguments).await;
            assert_eq!(outcome.code, 1, "{arguments:?}: {outcome:?}");
            assert!(outcome.err.contains("Duly server"), "{outcome:?}");
            assert!(outcome.err.contains("--server"), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn who_stands_before_the_server_and_cannot_reach_it_is_worth_another_try() {
    for status in [
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ] {
        let page = move || (status, Html("<h1>Sorry</h1>")).into_response();
        let outcome = asked(page, &["list"]).await;
        assert_eq!(outcome.code, 3, "{outcome:?}");
        assert!(outcome.err.contains(status.as_str()), "{outcome:?}");
        assert!(outcome.err.contains("try again"), "{outcome:?}");
    }
}

/// Followed, a POST would become a GET that changes nothing and looks as if it had, and the token would
/// be shown elsewhere.
#[tokio::test]
async fn other_places_are_named_and_not_gone_to() {
    for arguments in [&["submit", "a"][..], &["cancel", ID], &["events", "-f"]] {
        let elsewhere = || {
            let place = [(
                header::LOCATION,
                "https://me:s3cret@duly.example/v1?key=s3cret",
            )];
            (StatusCode::MOVED_PERMANENTLY, place).into_response()
        };
        let outcome = asked(elsewhere, arguments).await;
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.err.contains("301"), "{outcome:?}");
        assert!(
            outcome.err.contains("https://duly.example/v1"),
            "{outcome:?}"
        );
        assert!(outcome.err.contains("--server"), "{outcome:?}");
        assert!(!outcome.err.contains("s3cret"), "{outcome:?}");
    }
}
