//! The line: one client's connection, which a fault can break.

use std::{any::Any, io};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use tokio::net::TcpSocket;

/// A second handle on a connection's socket.
pub(super) struct Line(TcpSocket);

impl Line {
    /// Keeps a handle on a connection that was just accepted.
    pub(super) fn keep(connection: &dyn Any, data: &mut Extensions) {
        let stream = connection.downcast_ref::<TcpStream>();
        if let Some(Ok(handle)) = stream.map(second_handle) {
            data.insert(Self(TcpSocket::from_std_stream(handle)));
        }
    }

    /// Makes the closing of this connection a reset (RST) and not an end (FIN):
    /// with a linger time of zero the kernel drops what it has and says so.
    pub(super) fn will_reset(&self) {
        if let Err(error) = self.0.set_zero_linger() {
            tracing::warn!(%error, "the sandbox could not arm a reset");
        }
    }
}

#[cfg(unix)]
fn second_handle(stream: &TcpStream) -> io::Result<std::net::TcpStream> {
    use std::os::fd::AsFd;
    Ok(stream.as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn second_handle(stream: &TcpStream) -> io::Result<std::net::TcpStream> {
    use std::os::windows::io::AsSocket;
    Ok(stream.as_socket().try_clone_to_owned()?.into())
}
