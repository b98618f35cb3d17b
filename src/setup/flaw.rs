//! What can be wrong outside, each with what it looks like and the click that mends it.

use std::fmt;

use super::Part;

/// One thing that may be wrong with the set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Another address answers than the tenant's own.
    Address,
    /// The client id or the client secret is wrong.
    Credentials,
    /// The application may not sign people in, or not use refresh tokens.
    SignInGrants,
    /// The application may not use the token vault.
    VaultGrant,
    /// A second factor is always asked for.
    SecondFactor,
    /// The connection, or its use by this application, is not for the vault.
    Purpose,
    /// Refresh tokens are not good for the My Account API.
    Policy,
    /// The address to come back to is not listed.
    Callback,
    /// Refresh tokens change at each use.
    Rotation,
    /// A sign-in brings no refresh token.
    NoRefreshToken,
    /// Google gives the vault no refresh token.
    OfflineAccess,
    /// Google ends each consent after a week.
    Testing,
    /// An API of Google's is not switched on in the project.
    GoogleApi,
    /// The vault mixes teachers up.
    MixUp,
    /// A sign-in was answered with something that is not believed.
    Disbelieved,
    /// Something else.
    Other,
}

const GRANTS: &str = "Auth0, Applications > this application > Settings > Advanced Settings > Grant Types: tick \
                      Authorization Code and Refresh Token; the application must be first-party and confidential";
const VAULT: &str = "Auth0, Applications > this application > Settings > Advanced Settings > Grant Types: tick Token \
                     Vault; the application must be first-party and confidential";
const CREDENTIALS: &str = "Auth0, Applications > this application > Settings: copy both again into AUTH0_CLIENT_ID and \
                           AUTH0_CLIENT_SECRET; and Credentials: Client Secret (Post)";
const FACTOR: &str = "Auth0, Security > Multi-factor Auth: the policy must not be Always. Where one is wanted, use an \
                      Action that asks for it except when the protocol is oauth2-refresh-token";
const PURPOSE: &str = "Auth0, Authentication > Social > the Google connection: Purpose must be Authentication and \
                       Connected Accounts for Token Vault, and under Applications it must be on for this one; \
                       AUTH0_CONNECTION must be its name; Applications > this application > Settings: Refresh Token \
                       Rotation must be off";
const POLICY: &str = "Auth0, Applications > APIs > My Account API: activate it and authorize this application for user \
                      access; then Applications > this application > Multi-Resource Refresh Token: switch the My \
                      Account API on with create:me:connected_accounts, read:me:connected_accounts and \
                      delete:me:connected_accounts. A tenant of the older kind, where signing in fills the vault, wants \
                      AUTH0_CONNECT_BY=sign-in instead";
const CALLBACK: &str = "Auth0, Applications > this application > Settings > Allowed Callback URLs: add this site's \
                        address with /auth/callback, letter by letter; or set PUBLIC_URL";
const NO_TOKEN: &str = "Auth0, Applications > this application > Settings > Advanced Settings > Grant Types: tick \
                        Refresh Token. Nothing can be sent for a teacher who signed in without";
const OFFLINE: &str = "Auth0, Authentication > Social > the Google connection: tick Offline Access, and give it a client \
                       id and a client secret of your own, not Auth0's developer keys";
const TESTING: &str = "Google Cloud, OAuth consent screen > Audience: in Testing each consent ends after 7 days; make \
                       the app Internal, or publish it. A changed Google password looks the same from here";

const API: &str = "Google Cloud, APIs & Services > Library: enable the Gmail API, and the Google Calendar API as well; it \
                   takes a few minutes until Google knows";

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Address,
        Self::Credentials,
        Self::SignInGrants,
        Self::VaultGrant,
        Self::SecondFactor,
        Self::Purpose,
        Self::Policy,
        Self::Callback,
        Self::Rotation,
        Self::NoRefreshToken,
        Self::OfflineAccess,
        Self::Testing,
        Self::GoogleApi,
        Self::MixUp,
        Self::Disbelieved,
        Self::Other,
    ];

    /// What it looks like, as one begins a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Address => "Another address answers than the tenant's own",
            Self::Credentials => "The client id or the client secret is not taken",
            Self::SignInGrants => "Signing in or refresh tokens are not allowed for this application",
            Self::VaultGrant => "The Token Vault is not allowed for this application",
            Self::SecondFactor => "A second factor is asked for where nobody can answer",
            Self::Purpose => "The Token Vault does not take this connection or this application",
            Self::Policy => "Refresh tokens are not good for the My Account API",
            Self::Callback => "This site's address to come back to is refused",
            Self::Rotation => "A refresh token was changed at its use",
            Self::NoRefreshToken => "A sign-in brought no refresh token",
            Self::OfflineAccess => "An account was connected, and the vault has nothing of it",
            Self::Testing => "Google ended a permission a week after it was given",
            Self::GoogleApi => "The Gmail API or the Google Calendar API is not switched on",
            Self::MixUp => "The vault answered with another teacher's token",
            Self::Disbelieved => "An answer at sign-in was not believed",
            Self::Other => "Auth0 answered what this program does not know",
        }
    }

    /// The click that mends it.
    pub fn mend(self) -> &'static str {
        match self {
            Self::Address => "Set AUTH0_DOMAIN, or AUTH0_ISSUER for a custom domain, to the one that the tenant uses",
            Self::Credentials => CREDENTIALS,
            Self::SignInGrants => GRANTS,
            Self::VaultGrant => VAULT,
            Self::SecondFactor => FACTOR,
            Self::Purpose => PURPOSE,
            Self::Policy => POLICY,
            Self::Callback => CALLBACK,
            Self::Rotation => {
                "Auth0, Applications > this application > Settings > Refresh Token Rotation: switch it off"
            }
            Self::NoRefreshToken => NO_TOKEN,
            Self::OfflineAccess => OFFLINE,
            Self::Testing => TESTING,
            Self::GoogleApi => API,
            Self::MixUp => "It was not used. Look in the log for ALARM, and report it to Auth0",
            Self::Disbelieved => "Look in the log for \"nobody was signed in\": it says which check failed",
            Self::Other => "Look in the log for the reference that the teacher was shown: it has Auth0's words",
        }
    }

    /// Where the guide tells more.
    pub fn part(self) -> Part {
        match self {
            Self::Credentials
            | Self::SignInGrants
            | Self::VaultGrant
            | Self::SecondFactor
            | Self::Callback
            | Self::Rotation
            | Self::NoRefreshToken => Part::Application,
            Self::Purpose | Self::OfflineAccess => Part::Connection,
            Self::Policy => Part::Accounts,
            Self::Testing | Self::GoogleApi => Part::Google,
            Self::Address | Self::MixUp | Self::Disbelieved | Self::Other => Part::Trouble,
        }
    }

    /// Whether it is only the likeliest of several causes.
    pub fn is_a_guess(self) -> bool {
        matches!(self, Self::OfflineAccess | Self::Testing)
    }
}

/// A flaw that stood in somebody's way, and what the service said: for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{told}")]
pub struct Fault {
    /// What is wrong.
    pub flaw: Flaw,
    told: String,
}

impl Fault {
    /// A flaw, with what was seen of it; the mending click is added.
    pub fn of(flaw: Flaw, seen: impl fmt::Display) -> Self {
        Self { flaw, told: format!("{seen}. {}.", flaw.mend()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flaw_stands_once_with_words_of_its_own() {
        let mut all = Flaw::ALL.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Flaw::ALL.len());
        for (at, flaw) in Flaw::ALL.iter().enumerate() {
            let others = || Flaw::ALL[at + 1..].iter();
            assert!(others().all(|other| other.title() != flaw.title() && other.mend() != flaw.mend()), "{flaw:?}");
            assert!(!flaw.title().ends_with('.') && !flaw.mend().ends_with('.'), "{flaw:?}");
        }
    }
}
