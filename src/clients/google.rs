//! Google's APIs, called with a token of the teacher's own account.

mod gmail;

pub use gmail::GmailMailer;
