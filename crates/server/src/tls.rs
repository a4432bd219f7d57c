//! The one TLS stack: rustls with `ring`, and the certificates that the system trusts.

use reqwest::{Client, ClientBuilder};

/// A client set up by `configure`. Where the system has no certificates it trusts nobody: `http`
/// works, and everything by `https` fails.
///
/// # Errors
/// If the system refuses what a client needs.
pub fn client(
    configure: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Result<Client, reqwest::Error> {
    // Fails where another provider was installed before: then that one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    configure(Client::builder()).build().or_else(|error| {
        tracing::warn!(%error, "no trusted certificates: https will not work until the system's \
                        package ca-certificates is installed");
        configure(Client::builder()).tls_certs_only([]).build()
    })
}
