//! The inbound wire: what a browser asks for and what it gets.
//!
//! Pages are whole, parts are pieces; both are askama structs that own plain
//! words and numbers. This room decides nothing about grades, mail or rights:
//! it shows what the rooms behind it have decided.

mod activity;
mod api;
mod approvals;
pub mod assets;
mod branches;
mod chart;
mod chat;
mod connections;
mod conversations;
pub mod csrf;
mod downloads;
pub mod error;
mod export;
mod frame;
#[cfg(test)]
mod gallery;
pub mod headers;
mod host;
mod leaving;
mod login;
pub mod markdown;
pub mod old_cookies;
pub mod pages;
pub mod parts;
pub mod patience;
pub mod present;
pub mod rates;
mod return_to;
mod roster;
pub mod routes;
mod scripts;
mod seen;
pub mod session;
mod settings;
mod setup;
mod spreadsheet;
pub mod state;
mod stream;
pub mod token;
mod turns;
