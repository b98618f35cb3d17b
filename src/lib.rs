//! Teacher's Aide: an assistant that answers from a teacher's own grade book
//! and writes mails that leave only after the teacher approves them.

pub mod app;
pub mod assistant;
pub mod audit;
pub mod calendar;
pub mod check;
pub mod clients;
pub mod clock;
pub mod identity;
pub mod mail;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod school;
pub mod settings;
pub mod setup;
pub mod store;
pub mod telemetry;
pub mod tools;
pub mod vault;
pub mod web;
