//! The logout token, check by check (OpenID Connect Back-Channel Logout 1.0, 2.6).
//!
//! The provider's own server brings it. Nothing in it is believed before its
//! signature; what is not exactly as the standard says is refused.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openidconnect::{
    JsonWebKey, JsonWebKeyId,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::identity::LogoutNotice;

/// How far two honest clocks may be apart, in seconds.
const LEEWAY: i64 = 60;
/// How old a token may be, in seconds.
const OLDEST: i64 = 10 * 60;
/// The longest token that is looked at, and the longest text in it.
const LONGEST: usize = 16 * 1024;
const LONGEST_TEXT: usize = 255;
/// What kind of event it must tell of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Why a logout token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LogoutTokenError {
    /// No key that is known made this signature: newer keys may help.
    #[error("no known key made its signature")]
    UnknownKey,
    /// A check failed, for good.
    #[error("{0}")]
    Refused(&'static str),
}

use LogoutTokenError::{Refused, UnknownKey};

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: Option<i64>,
    jti: String,
    events: Map<String, Value>,
    sub: Option<String>,
    sid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    nonce: bool,
}

/// Whatever stands there, even null.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(from).map(|_| true)
}

/// What the provider says, once every check has passed.
pub(super) fn verify(
    token: &str,
    keys: &[CoreJsonWebKey],
    issuer: &str,
    client_id: &str,
    now: Timestamp,
) -> Result<LogoutNotice, LogoutTokenError> {
    let (message, header, claims, signature) = split(token).ok_or(Refused("it is no signed token"))?;
    check_header(&header)?;
    check_signature(keys, header.kid.as_deref(), message, &signature)?;
    let claims: Claims =
        serde_json::from_slice(&claims).map_err(|_| Refused("a claim is missing or of another type"))?;
    check_claims(&claims, issuer, client_id, now.as_second())?;
    Ok(LogoutNotice { issuer: claims.iss, subject: claims.sub, sid: claims.sid, token: claims.jti })
}

fn split(token: &str) -> Option<(&str, Header, Vec<u8>, Vec<u8>)> {
    let (message, signature) = token.rsplit_once('.').filter(|_| token.len() <= LONGEST)?;
    let (header, claims) = message.split_once('.').filter(|(_, claims)| !claims.contains('.'))?;
    let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    Some((message, serde_json::from_slice(&bytes(header)?).ok()?, bytes(claims)?, bytes(signature)?))
}

fn check_header(header: &Header) -> Result<(), LogoutTokenError> {
    if header.alg != "RS256" {
        return Err(Refused("it is signed in another way than RS256"));
    }
    if header.crit.is_some() {
        return Err(Refused("it wants something of its reader that is not known here (crit)"));
    }
    match header.typ.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None | Some("jwt" | "logout+jwt" | "application/logout+jwt") => Ok(()),
        Some(_) => Err(Refused("it is a token of another kind (typ)")),
    }
}

fn check_signature(
    keys: &[CoreJsonWebKey],
    kid: Option<&str>,
    message: &str,
    signature: &[u8],
) -> Result<(), LogoutTokenError> {
    let kid = kid.map(|kid| JsonWebKeyId::new(kid.to_owned()));
    let fits: Vec<_> = keys.iter().filter(|key| kid.is_none() || key.key_id() == kid.as_ref()).collect();
    let [key] = fits[..] else { return Err(UnknownKey) };
    let alg = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    key.verify_signature(&alg, message.as_bytes(), signature).map_err(|_| UnknownKey)
}

fn check_claims(claims: &Claims, issuer: &str, client_id: &str, now: i64) -> Result<(), LogoutTokenError> {
    let ours = match &claims.aud {
        Audience::One(one) => one == client_id,
        Audience::Many(many) => many.len() == 1 && many[0] == client_id,
    };
    let text = |text: &Option<String>| text.as_ref().is_none_or(|t| (1..=LONGEST_TEXT).contains(&t.len()));
    let age = now.saturating_sub(claims.iat);
    if claims.iss != issuer {
        Err(Refused("another provider made it (iss)"))
    } else if !ours {
        Err(Refused("it is not for this application alone (aud)"))
    } else if !claims.events.get(EVENT).is_some_and(Value::is_object) {
        Err(Refused("it tells of no logout (events)"))
    } else if claims.nonce {
        Err(Refused("it has a nonce: it may be an ID token"))
    } else if !(-LEEWAY..=OLDEST).contains(&age) {
        Err(Refused("it is too old, or from the future (iat)"))
    } else if claims.exp.is_some_and(|ends| ends.saturating_add(LEEWAY) < now) {
        Err(Refused("it has run out (exp)"))
    } else if claims.jti.is_empty() || claims.jti.len() > LONGEST_TEXT {
        Err(Refused("it has no name of its own (jti)"))
    } else if claims.sub.is_none() && claims.sid.is_none() {
        Err(Refused("it names neither a person nor a session"))
    } else if !text(&claims.sub) || !text(&claims.sid) {
        Err(Refused("its person or its session is empty or too long"))
    } else {
        Ok(())
    }
}
