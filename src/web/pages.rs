//! Pages: whole documents, one file each, with a template of the same name.
//!
//! A page is a plain value with all it shows; it asks nobody anything. Handlers
//! make the value and render it.

mod activity;
mod chat;
mod class;
mod classes;
mod connections;
mod conversations;
mod message;
mod seen;
mod settings;
mod setup;
mod sign_in;
mod student;

pub use activity::{Activity, Choices, Day, Event, Named, Picked};
pub use chat::Chat;
pub use class::{Attention, Class, Figure, WriteTo};
pub use classes::{ClassCard, Classes, Semester, Share};
pub use connections::{AccountCard, AccountState, Connections, Permission, Use};
pub use conversations::{Away, Conversation, Conversations, Found, Stretch};
pub use message::Message;
pub use seen::{Seen, SeenCall, SeenMessage, SeenRequest};
pub use settings::{Choice, Settings};
pub use setup::{Checked, Flawed, Given, Guide, GuidePart, SetUp};
pub use sign_in::SignIn;
pub use student::{Address, Mail, Student, StudentNote};

use crate::web::parts;

/// A question that a page offers to ask, by a form that begins a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The words that would be said.
    pub words: String,
    /// Makes a second click harmless.
    pub client_id: String,
}
