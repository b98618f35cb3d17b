//! Outbound wire: each client implements a port of another room over HTTP.
//!
//! Every client is built on the connections that [`http`] makes. Nothing here
//! decides what is done; it says it on the wire and tells what came back.

pub mod google;
pub mod http;
