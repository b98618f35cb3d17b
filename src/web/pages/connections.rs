use askama::Template;

use super::parts::{Frame, Notice, Tone};

/// The teacher's accounts elsewhere.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/connections.html")]
pub struct Connections {
    /// What is around the page.
    pub frame: Frame,
    /// What was just done.
    pub notice: Option<Notice>,
    /// Each account that can be connected.
    pub accounts: Vec<AccountCard>,
    /// Whether connecting is a new sign-in in this tenant.
    pub by_sign_in: bool,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCard {
    /// Its name in addresses.
    pub key: String,
    /// Its name for a reader: "Google".
    pub name: String,
    /// How it stands.
    pub state: AccountState,
    /// What an operator finds in the log.
    pub reference: Option<String>,
    /// "21 November 2026".
    pub since: Option<String>,
    /// "14:02, to write to a student".
    pub last_use: Option<String>,
    /// Whether the teacher disconnected it.
    pub put_away: bool,
    /// What was agreed to, a sentence each.
    pub scopes: Vec<String>,
    /// What the assistant can do with it.
    pub uses: Vec<Use>,
}

/// How it stands with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It can be used for what was agreed to.
    Connected,
    /// It cannot be used.
    NotConnected,
    /// The service no longer takes the permission.
    Revoked,
    /// Nothing can be told before the teacher signs in again.
    SignInAgain,
    /// Nothing can be told just now.
    Unreachable,
    /// Nothing can be told before the operator has mended something.
    Operator,
}

/// One thing that the assistant can do with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The tool's name.
    pub tool: String,
    /// "write to a student".
    pub words: String,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// What it stands on.
    pub permissions: Vec<Permission>,
}

/// A permission in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// What it allows.
    pub allows: String,
    /// What it still does not allow.
    pub never: String,
}

impl AccountState {
    fn words(self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::NotConnected => "Not connected",
            Self::Revoked => "No longer accepted by Google",
            Self::SignInAgain => "Your sign-in has ended over there",
            Self::Unreachable => "Cannot be told just now",
            Self::Operator => "Not set up on this site",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Connected => Tone::Good,
            Self::NotConnected => Tone::Plain,
            Self::Revoked | Self::SignInAgain | Self::Unreachable => Tone::Warn,
            Self::Operator => Tone::Bad,
        }
    }

    /// What stands in the way, where something does that the list does not say.
    fn explained(self) -> &'static str {
        match self {
            Self::Connected | Self::NotConnected => "",
            Self::Revoked => {
                "Google ended the permission: it ran out, the password was changed, or it was taken back over there. \
                 Connect again to go on; your drafts are as they were."
            }
            Self::SignInAgain => "Sign in again, and this page can tell how things stand.",
            Self::Unreachable => "The sign-in service does not answer. Nothing was changed; look again in a moment.",
            Self::Operator => {
                "Something is not set up as it should be. It is not your fault, and connecting again does not help: \
                 tell whoever runs this site, with the reference below."
            }
        }
    }

    /// Whether connecting would help.
    fn can_connect(self) -> bool {
        match self {
            Self::Connected | Self::NotConnected | Self::Revoked | Self::SignInAgain => true,
            Self::Unreachable | Self::Operator => false,
        }
    }

    fn is_connected(self) -> bool {
        self == Self::Connected
    }
}

impl AccountCard {
    fn can_disconnect(&self) -> bool {
        match self.state {
            AccountState::Connected | AccountState::Revoked => true,
            AccountState::NotConnected => self.put_away,
            AccountState::SignInAgain | AccountState::Unreachable | AccountState::Operator => false,
        }
    }
}
