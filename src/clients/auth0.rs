//! Auth0 on the wire: the sign-in (OpenID Connect), the token vault, and the
//! register of connected accounts (My Account API).
//!
//! One room for both because they speak to one tenant as one application. It
//! calls no other host than the issuer's, follows no redirect, keeps no token,
//! and puts no word of the provider before a teacher.

mod application;
mod connected_accounts;
mod id_token;
mod logout_token;
mod my_account;
mod person;
mod provider;
mod refusals;
mod sign_in;
mod token_vault;
mod wire;

#[cfg(test)]
mod rehearsal;

pub use application::{Application, ApplicationError};
pub use connected_accounts::Auth0Accounts;
pub use sign_in::Auth0SignIn;
pub use token_vault::{Auth0Vault, CONNECTION_TOKEN, EXCHANGE_GRANT, REFRESH_TOKEN};
