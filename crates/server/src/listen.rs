//! Where the server may be reached.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::bounds::{BACKLOG_MAX, SEND_BUFFER_BYTES};

/// Why an address is not listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Other machines could reach it, and nothing would ask them who they are.
    #[error(
        "listen is {0}: expected a loopback address such as 127.0.0.1:7788 or [::1]:7788, because \
         the API does not ask who calls; put a proxy that does in front of it"
    )]
    NotLoopback(SocketAddr),
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

/// A listener on a loopback address; port 0 is any free one.
///
/// # Errors
/// [`ListenError`]: another address, or one that is taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
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

    #[tokio::test]
    async fn only_loopback_is_listened_on() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let error = bind(address.parse().unwrap()).await.unwrap_err();
            assert!(error.to_string().contains("127.0.0.1:7788"), "{error}");
        }
        let taken = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let error = bind(taken.local_addr().unwrap()).await.unwrap_err();
        assert!(matches!(error, ListenError::Io { .. }));
    }
}
