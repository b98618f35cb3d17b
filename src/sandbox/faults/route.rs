//! The doors of the sandbox, by which faults are aimed and the log is read.

/// A door of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The identity provider's discovery document.
    Discovery,
    /// Its public keys.
    Jwks,
    /// The sign-in page and its answer.
    Authorize,
    /// The token endpoint, whatever the grant.
    Token,
    /// The token endpoint, trading a code.
    CodeGrant,
    /// The token endpoint, trading a refresh token for the provider's own tokens.
    RefreshGrant,
    /// The token endpoint, trading a refresh token for a Google token.
    Exchange,
    /// Who the bearer of an access token is.
    Userinfo,
    /// Takes a refresh token back.
    Revoke,
    /// Ends the provider's session.
    Logout,
    /// Begins connecting an account.
    Connect,
    /// Finishes connecting an account.
    Complete,
    /// Lists and removes connected accounts.
    Accounts,
    /// The model's Chat Completions.
    ModelChat,
    /// The model's list of models.
    ModelList,
    /// Gmail's send.
    GmailSend,
    /// Google Calendar.
    Calendar,
    /// The outbox and other pages.
    Page,
}

/// A request, as far as faults look at it.
pub(crate) struct Seen<'a> {
    pub(crate) route: Route,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

impl Route {
    /// Whether requests at that door are meant by this one.
    pub fn covers(self, other: Self) -> bool {
        let any_grant = matches!(other, Self::CodeGrant | Self::RefreshGrant | Self::Exchange);
        self == other || (self == Self::Token && any_grant)
    }

    /// The door, by the path alone.
    pub(crate) fn of_path(path: &str) -> Self {
        match path {
            "/auth0/.well-known/openid-configuration" => Self::Discovery,
            "/auth0/.well-known/jwks.json" => Self::Jwks,
            "/auth0/oauth/token" => Self::Token,
            "/auth0/oauth/revoke" => Self::Revoke,
            "/auth0/userinfo" => Self::Userinfo,
            "/auth0/oidc/logout" | "/auth0/v2/logout" => Self::Logout,
            "/auth0/me/v1/connected-accounts/connect" => Self::Connect,
            "/auth0/me/v1/connected-accounts/complete" => Self::Complete,
            "/v1/chat/completions" => Self::ModelChat,
            _ if path.starts_with("/auth0/me/v1/") => Self::Accounts,
            _ if path.starts_with("/auth0/authorize") => Self::Authorize,
            _ if path.starts_with("/v1/models") => Self::ModelList,
            _ if path.starts_with("/google/gmail/") => Self::GmailSend,
            _ if path.starts_with("/google/calendar/") => Self::Calendar,
            _ => Self::Page,
        }
    }

    /// The door once the body is known: it names the grant.
    pub(crate) fn with_body(self, body: &str) -> Self {
        match self {
            Self::Token if body.contains("federated-connection-access-token") => Self::Exchange,
            Self::Token if body.contains("authorization_code") => Self::CodeGrant,
            Self::Token if body.contains("refresh_token") => Self::RefreshGrant,
            same => same,
        }
    }
}
