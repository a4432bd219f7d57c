//! Where the server may be reached.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::bounds::{BACKLOG_MAX, SEND_BUFFER_BYTES};

use crate::Options;

/// Why an address is not listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Other machines could reach it, and nothing would ask them who they are.
    #[error(
        "listen is {0}, which other machines can reach: expected a loopback address such as \
         127.0.0.1:7788 or [::1]:7788, or at least one access token that callers must bring \
         (`openssl rand -hex 32` makes one)"
    )]
    NoToken(SocketAddr),
    /// Other machines could reach it, and it does not know the names that they call it by.
    #[error(
        "listen is {0}, which other machines can reach: expected a loopback address such as \
         127.0.0.1:7788 or [::1]:7788, or at least one host, the name that they call this server \
         by, such as duly.example.org"
    )]
    NoHost(SocketAddr),
    /// The system refuses.
    #[error(
        "cannot listen on {address}: {source}; is another server running there? Try another port"
    )]
    Io {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A listener; port 0 is any free one. An address that is not a loopback one needs a token and a host
/// among the options.
///
/// # Errors
/// [`ListenError`]: the options are not enough for the address, or it is taken.
pub async fn bind(address: SocketAddr, options: &Options) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        if !options.wants_token() {
            return Err(ListenError::NoToken(address));
        }
        if options.hosts().len() == 0 {
            return Err(ListenError::NoHost(address));
        }
    }
    listen(address).map_err(|source| ListenError::Io { address, source })
}

/// What is accepted inherits the bound on what the system holds for a client that does not read.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Connections that a server before left to end hold no address.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(address: &str, options: &Options) -> ListenError {
        bind(address.parse().unwrap(), options).await.unwrap_err()
    }

    #[tokio::test]
    async fn what_others_can_reach_needs_a_token_and_a_host() {
        let plain = Options::default();
        let named = plain.clone().host("duly.example.org").unwrap();
        let token = "0123456789abcdef0123456789abcdef";
        let tokened = plain.clone().token(token).unwrap();
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            for options in [&plain, &named] {
                let error = refusal(address, options).await;
                assert!(error.to_string().contains("access token"), "{error}");
            }
            let error = refusal(address, &tokened).await;
            assert!(error.to_string().contains("at least one host"), "{error}");
        }
        let both = named.token(token).unwrap();
        bind("0.0.0.0:0".parse().unwrap(), &both).await.unwrap();
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_named() {
        let options = Options::default();
        let taken = bind("127.0.0.1:0".parse().unwrap(), &options)
            .await
            .unwrap();
        let address = taken.local_addr().unwrap();
        let error = bind(address, &options).await.unwrap_err();
        assert!(matches!(error, ListenError::Io { .. }));
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
