//! How a request gets there: over the network, or to the server's own routes in this process. What
//! comes back is the same, so that a command has one code path.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use duly::Duly;
use duly::rules::PriorityRules;
use duly_server::{App, router};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use tower::ServiceExt;

use crate::bounds::{ANSWER_WAIT_MAX, CONNECT_WAIT_MAX};
use crate::failure::Failure;
use crate::store;
use crate::target::{SERVER, Target};

/// Where requests are answered.
#[derive(Clone)]
pub(super) enum Transport {
    /// A server.
    Network { http: reqwest::Client, base: Url },
    /// The routes, over a store that is open here.
    Store { duly: Duly, router: Router },
}

impl Transport {
    pub(super) async fn open(
        target: Target,
        may_make: bool,
        rules: PriorityRules,
    ) -> Result<Self, Failure> {
        match target {
            Target::Server { base, token } => network(base, token),
            Target::Store(url) => {
                let duly = if may_make {
                    store::open(&url).await?
                } else {
                    store::open_existing(&url).await?
                };
                duly.prioritiser().set(rules);
                let router = router(App::new(duly.clone()));
                Ok(Self::Store { duly, router })
            }
        }
    }

    /// Ends what was begun; a store is closed in good order. What went wrong before comes first.
    pub(super) async fn close(&self, outcome: Result<(), Failure>) -> Result<(), Failure> {
        match self {
            Self::Store { duly, .. } => store::close(duly, outcome).await,
            Self::Network { .. } => outcome,
        }
    }

    /// What paths stand below.
    pub(super) fn base(&self) -> Url {
        match self {
            Self::Network { base, .. } => base.clone(),
            Self::Store { .. } => Url::parse("http://localhost/").expect("it is a URL"),
        }
    }

    /// Who answers, for people: without what a URL may hold beside the place.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Network { base, .. } => plain(base),
            Self::Store { .. } => "the store".to_owned(),
        }
    }

    /// The head of the answer is there; its body may still be on its way.
    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, Failure> {
        let answering = async {
            match self {
                Self::Network { http, .. } => self.over_network(http, request).await,
                Self::Store { router, .. } => {
                    let Ok(answer) = router.clone().oneshot(request.map(Body::from)).await;
                    Ok(answer)
                }
            }
        };
        match tokio::time::timeout(ANSWER_WAIT_MAX, answering).await {
            Ok(answer) => answer,
            Err(_) => Err(self.silent()),
        }
    }

    async fn over_network(
        &self,
        http: &reqwest::Client,
        request: Request<Bytes>,
    ) -> Result<Response<Body>, Failure> {
        let (parts, body) = request.into_parts();
        // This way user and password of a URL become a header.
        let request = http.request(parts.method, parts.uri.to_string());
        let sent = request.headers(parts.headers).body(body).send().await;
        let answer = sent.map_err(|error| {
            Failure::Unreachable(format!(
                "no answer from {}: {}; start a server with `duly serve`, name another with \
                 --server, or open a store with --store",
                self.name(),
                root(&error)
            ))
        })?;
        Ok(Response::from(answer).map(Body::new))
    }

    /// It took too long.
    pub(super) fn silent(&self) -> Failure {
        let seconds = ANSWER_WAIT_MAX.as_secs();
        Failure::Unreachable(format!(
            "no answer from {} within {seconds} s; try again",
            self.name()
        ))
    }
}

fn network(base: Url, token: Option<HeaderValue>) -> Result<Transport, Failure> {
    let headers: HeaderMap = token
        .into_iter()
        .map(|token| (AUTHORIZATION, token))
        .collect();
    let http = duly_server::tls::client(|builder| {
        let builder = builder.connect_timeout(CONNECT_WAIT_MAX);
        let builder = builder.default_headers(headers.clone());
        // Elsewhere a request would be another, and the token shown to whoever is there.
        let builder = builder.redirect(Policy::none());
        // A server on this machine is never behind a proxy.
        let builder = builder.no_proxy();
        match base.scheme() {
            // Reading the system's certificates for nothing costs more than the request.
            "http" => builder.tls_certs_only([]),
            _ => builder,
        }
    })
    .map_err(anyhow::Error::new)?;
    Ok(Transport::Network { http, base })
}

/// A URL without user, password and query.
pub(super) fn plain(url: &Url) -> String {
    let mut url = url.clone();
    // Either fails only for URLs that cannot have one.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    if url.as_str().trim_end_matches('/') == SERVER {
        return SERVER.to_owned();
    }
    url.to_string()
}

/// The innermost cause says most.
pub(super) fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_holds_beside_the_place_is_not_shown() {
        for (url, shown) in [
            (
                "http://me:s3cret@host:1/base?key=s3cret#a",
                "http://host:1/base",
            ),
            ("http://127.0.0.1:7788", "http://127.0.0.1:7788"),
        ] {
            assert_eq!(plain(&Url::parse(url).unwrap()), shown);
        }
    }
}
