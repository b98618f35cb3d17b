//! How the tenant is set up; each field is a switch that an operator can have wrong.

/// The tenant's switches; the default works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a dashboard's switches, each on its own")]
pub struct Setup {
    /// A login with `connection_scope` fills the vault, as tenants of 2025 do.
    /// Off, as on newer tenants: only the connect flow and a login with
    /// `prompt=consent` do.
    pub vault_at_login: bool,
    /// The client may trade refresh tokens for Google tokens.
    pub exchange_allowed: bool,
    /// The connection's purpose includes connected accounts.
    pub connection_for_vault: bool,
    /// The client's refresh tokens are also good for the My Account API. Off,
    /// the tenant silently answers with a token for the default audience.
    pub my_account_policy: bool,
    /// The tenant asks for a second factor always: no exchange ever works.
    pub mfa_always: bool,
    /// Refresh tokens change at each use, and a second use ends the family.
    pub rotation: bool,
    /// The client may ask for `offline_access`.
    pub offline_allowed: bool,
    /// Discovery names `end_session_endpoint`, as on tenants since November 2023.
    pub logout_in_discovery: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            vault_at_login: true,
            exchange_allowed: true,
            connection_for_vault: true,
            my_account_policy: true,
            mfa_always: false,
            rotation: false,
            offline_allowed: true,
            logout_in_discovery: true,
        }
    }
}
