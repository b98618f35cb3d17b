//! Google's APIs, called with a token of the teacher's own account.

mod answer;
mod calendar;
mod gmail;

pub use calendar::GoogleCalendar;
pub use gmail::GmailMailer;
