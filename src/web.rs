//! The inbound wire: what a browser asks for and what it gets.
//!
//! Pages are whole, parts are pieces; both are askama structs that own plain
//! words and numbers. This room decides nothing about grades, mail or rights:
//! it shows what the rooms behind it have decided.

mod approvals;
pub mod assets;
mod chat;
mod connections;
pub mod csrf;
pub mod error;
mod frame;
#[cfg(test)]
mod gallery;
pub mod headers;
mod login;
pub mod markdown;
pub mod pages;
pub mod parts;
pub mod present;
mod return_to;
mod roster;
pub mod routes;
mod scripts;
pub mod session;
pub mod state;
mod stream;
mod turns;
