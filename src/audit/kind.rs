//! The kinds of entries, and their words in the store.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As it stands in the store.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

kinds! {
    /// A teacher signed in.
    SignedIn = "sign_in",
    /// A sign-in ended; the outcome says why.
    SignedOut = "sign_out",
    /// Somebody was not let in, or something was not let through.
    Refused = "refused",
    /// A tool was called, and has its result.
    ToolCall = "tool_call",
    /// A draft was laid before the teacher.
    Drafted = "draft",
    /// A waiting draft has become another one: it is shown afresh.
    Redrafted = "draft_changed",
    /// The teacher said yes; the detail holds the hash of what they said yes to.
    Approved = "approval",
    /// The yes came to nothing, and surely nothing was sent: the draft waits again.
    HandedBack = "handed_back",
    /// The teacher said no.
    Rejected = "rejection",
    /// A newer draft took its place.
    Superseded = "superseded",
    /// About to go out.
    Claimed = "claim",
    /// The service accepted it.
    Sent = "sent",
    /// Surely not sent.
    Failed = "not_sent",
    /// Nobody knows whether it was sent.
    Unknown = "send_unknown",
    /// The vault was asked for a token of an account.
    Exchanged = "exchange",
    /// An account was connected, or given more permissions.
    Connected = "connection_made",
    /// An account was disconnected.
    Disconnected = "connection_removed",
    /// The teacher changed a setting.
    Setting = "setting",
    /// The teacher's data were changed, exported or deleted.
    Data = "data",
    /// A limit stopped something.
    Limit = "limit",
    /// The operator did something, such as changing the key.
    Operator = "operator",
}

impl Kind {
    /// Reads what stands in the store.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}
