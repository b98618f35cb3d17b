//! The sandbox over real HTTP, by a client that knows nothing of its insides.

mod connected;
mod faults;
mod kit;
mod model;
mod oidc;
mod outbox;
mod pages;
mod vault;
