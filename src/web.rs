//! The inbound wire: what a browser asks for and what it gets.
//!
//! Pages are whole, parts are pieces; both are askama structs that own plain
//! words and numbers. This room decides nothing about grades, mail or rights:
//! it shows what the rooms behind it have decided.

pub mod assets;
#[cfg(test)]
mod gallery;
pub mod markdown;
pub mod pages;
pub mod parts;
