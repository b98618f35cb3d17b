//! The whole application on a random port, as teachers and scripts meet it:
//! real HTTP on both sides, with the sandbox in the place of Auth0, the model
//! and Google.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod activity;
mod address;
mod api;
mod arguments;
mod audit;
mod bad_input;
mod bound;
mod branches;
#[path = "../browser/main.rs"]
mod browser;
mod calendar;
mod canaries;
mod cast;
mod caution;
mod charts;
mod connections;
mod crash;
mod decisions;
mod drafts;
mod egress;
mod evidence;
mod export;
mod faults;
mod following;
mod foreign_text;
mod google;
mod harness;
mod leaving;
mod limits;
mod logged;
mod mallory;
mod map;
mod mime;
mod model;
mod obedient;
mod oidc;
#[path = "../payloads.rs"]
mod payloads;
mod plain;
mod restart;
mod routes;
mod scripts;
mod security_page;
mod seen;
mod settings;
mod setup;
mod shelf;
mod sign_in;
mod snapshots;
mod source_rules;
mod statements;
mod story;
mod strangers;
mod suggestions;
mod supply_chain;
mod tables;
mod wire;
