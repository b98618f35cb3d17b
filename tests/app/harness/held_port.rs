//! A free port that stays free.

use std::net::Ipv4Addr;

use tokio::net::TcpSocket;

/// A port on which nobody listens, and which the system gives to nobody else
/// while this lives: whoever connects is refused. Only who asks for it by
/// number, as the program does, can listen on it.
pub struct HeldPort(TcpSocket);

impl HeldPort {
    pub fn take() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // With it on both sides, two may bind one port as long as neither listens.
        socket.set_reuseaddr(true).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self(socket)
    }

    pub fn number(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }
}
