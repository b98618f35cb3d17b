//! The whole application on a random port, as teachers and scripts meet it:
//! real HTTP on both sides, with the sandbox in the place of Auth0, the model
//! and Google.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod address;
mod audit;
mod bad_input;
mod bound;
#[path = "../browser/main.rs"]
mod browser;
mod calendar;
mod cast;
mod caution;
mod connections;
mod decisions;
mod drafts;
mod following;
mod foreign_text;
mod google;
mod harness;
mod mallory;
mod map;
mod mime;
mod model;
mod obedient;
mod plain;
mod restart;
mod scripts;
mod sign_in;
mod snapshots;
mod source_rules;
mod story;
mod strangers;
