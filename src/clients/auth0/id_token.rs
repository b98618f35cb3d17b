//! The ID token, check by check (OpenID Connect Core, 3.1.3.7).
//!
//! The crate checks signature, issuer, audience, nonce and expiry. The rest is
//! left to its caller, and is here.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, Nonce, SignatureVerificationError,
    core::{CoreIdTokenVerifier, CoreJwsSigningAlgorithm},
};

use super::{
    provider::{Claims, OidcClient, SignedIdToken},
    wire::quote,
};

/// How far two honest clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// The longest life of an ID token that is believed, in seconds.
const LONGEST: i64 = 24 * 60 * 60;
/// The longest subject (OpenID Connect Core, 2).
const LONGEST_SUBJECT: usize = 255;

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdTokenError {
    /// No key that is known made this signature: newer keys may help.
    #[error("no known key made its signature")]
    UnknownKey,
    /// A check failed, for good.
    #[error("{0}")]
    Refused(String),
}

impl IdTokenError {
    fn because(why: &str) -> Self {
        Self::Refused(why.to_owned())
    }
}

/// The claims of `id_token`, once every check has passed.
pub(super) fn verify<'t>(
    client: &OidcClient,
    id_token: &'t SignedIdToken,
    access_token: &AccessToken,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<&'t Claims, IdTokenError> {
    let verifier = verifier(client, now);
    let claims = id_token.claims(&verifier, nonce).map_err(unbelieved)?;
    check_party(claims, client.client_id())?;
    check_times(claims, now.as_second())?;
    check_subject(claims.subject())?;
    check_access_token(&verifier, id_token, claims, access_token)?;
    Ok(claims)
}

fn verifier(client: &OidcClient, now: Timestamp) -> CoreIdTokenVerifier<'_> {
    let latest_issue = now.as_second().saturating_add(LEEWAY);
    let leeway = SignedDuration::from_secs(LEEWAY);
    let clock = SystemTime::from(now.checked_sub(leeway).unwrap_or(now));
    client
        .id_token_verifier()
        // Without this the provider's own list would count, and with a client
        // secret at hand even HS256 would do.
        .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
        .set_time_fn(move || clock.into())
        .set_issue_time_verifier_fn(move |issued| {
            if issued.timestamp() > latest_issue { Err("issued in the future".to_owned()) } else { Ok(()) }
        })
}

fn unbelieved(error: ClaimsVerificationError) -> IdTokenError {
    use SignatureVerificationError::{CryptoError, NoMatchingKey};
    match error {
        ClaimsVerificationError::SignatureVerification(NoMatchingKey | CryptoError(_)) => IdTokenError::UnknownKey,
        ClaimsVerificationError::SignatureVerification(other) => IdTokenError::Refused(quote(&other.to_string())),
        other => IdTokenError::Refused(quote(&other.to_string())),
    }
}

fn check_party(claims: &Claims, client_id: &str) -> Result<(), IdTokenError> {
    let other = claims.authorized_party().is_some_and(|party| party.as_str() != client_id);
    if other { Err(IdTokenError::because("it was made for another application (azp)")) } else { Ok(()) }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit into an f64 for 285 million years")]
fn check_times(claims: &Claims, now: i64) -> Result<(), IdTokenError> {
    if claims.expiration().timestamp().saturating_sub(now) > LONGEST {
        return Err(IdTokenError::because(
            "it would be valid for more than 24 hours: lower the tenant's ID token expiry",
        ));
    }
    let begins = claims.additional_claims().nbf;
    if begins.is_some_and(|begins| begins > (now + LEEWAY) as f64) {
        return Err(IdTokenError::because("it is not valid yet (nbf)"));
    }
    Ok(())
}

fn check_subject(subject: &str) -> Result<(), IdTokenError> {
    let fits = (1..=LONGEST_SUBJECT).contains(&subject.len()) && !subject.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(IdTokenError::because("its subject is empty, too long or unreadable")) }
}

fn check_access_token(
    verifier: &CoreIdTokenVerifier<'_>,
    id_token: &SignedIdToken,
    claims: &Claims,
    access_token: &AccessToken,
) -> Result<(), IdTokenError> {
    let Some(told) = claims.access_token_hash() else { return Ok(()) };
    let unreadable = |_| IdTokenError::because("its at_hash cannot be checked");
    let algorithm = id_token.signing_alg().map_err(unreadable)?;
    let key = id_token.signing_key(verifier).map_err(unreadable)?;
    let found = AccessTokenHash::from_token(access_token, algorithm, key)
        .map_err(|_| IdTokenError::because("its at_hash cannot be checked"))?;
    if found == *told { Ok(()) } else { Err(IdTokenError::because("it belongs to another access token (at_hash)")) }
}
