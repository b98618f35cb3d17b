//! The ID token: its claims, its header, its signature, and every flaw in them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Auth0, CLIENT_ID, Flaw,
    keys::{Signature, foreign},
};
use crate::sandbox::{Person, hold};

/// How long an ID token lasts at Auth0, if nobody says otherwise.
const LIFE: i64 = 36_000;
const HOUR: i64 = 3_600;

/// What an ID token is made from.
pub(super) struct Told<'a> {
    pub(super) person: &'a Person,
    pub(super) sid: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) access_token: &'a str,
}

impl Auth0 {
    /// An ID token, as flawed as was asked for.
    pub(super) fn id_token(&self, told: &Told<'_>) -> String {
        let flaws = hold(&self.state).flaws.clone();
        let mut claims = self.claims(told);
        for flaw in &flaws {
            self.spoil(&mut claims, *flaw);
        }
        self.seal(&Value::Object(claims), &flaws)
    }

    fn claims(&self, told: &Told<'_>) -> Map<String, Value> {
        let now = self.clock.now().as_second();
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| drop(claims.insert(name.to_owned(), value));
        set("iss", json!(self.issuer));
        set("sub", json!(told.person.subject));
        set("aud", json!(CLIENT_ID));
        set("iat", json!(now));
        set("exp", json!(now + LIFE));
        set("sid", json!(told.sid));
        if let Some(nonce) = told.nonce {
            set("nonce", json!(nonce));
        }
        if self.has(Flaw::RightAccessTokenHash) {
            set("at_hash", json!(half_hash(told.access_token)));
        }
        claims.extend(profile(told.person));
        claims
    }

    /// Flaws of the claims; the others show elsewhere.
    fn spoil(&self, claims: &mut Map<String, Value>, flaw: Flaw) {
        let now = self.clock.now().as_second();
        let changed = match flaw {
            Flaw::MissingIssuer => ("iss", Value::Null),
            Flaw::EmptyAudience => ("aud", json!([])),
            Flaw::ListedAudience => ("aud", json!([CLIENT_ID])),
            Flaw::BrokenSubject => ("sub", json!("google-oauth2|1\nadmin")),
            Flaw::MissingExpiry => ("exp", Value::Null),
            Flaw::AddressInUserinfoOnly => ("email", Value::Null),
            Flaw::AddressNotVerified => ("email_verified", json!(false)),
            Flaw::AddressOfUnknownStanding => ("email_verified", Value::Null),
            Flaw::WrongIssuer => ("iss", json!("https://somebody-else.example/")),
            Flaw::IssuerWithoutSlash => ("iss", json!(self.issuer.trim_end_matches('/'))),
            Flaw::ForeignAudience => ("aud", json!("another-client")),
            Flaw::MissingAudience => ("aud", Value::Null),
            Flaw::ExtraAudience => ("aud", json!([CLIENT_ID, "another-client"])),
            Flaw::ForeignParty => ("azp", json!("another-client")),
            Flaw::MissingSubject => ("sub", Value::Null),
            Flaw::EmptySubject => ("sub", json!("")),
            Flaw::LongSubject => ("sub", json!("s".repeat(300))),
            Flaw::OtherSubject => ("sub", json!("google-oauth2|somebody-else")),
            Flaw::MissingIssuedAt => ("iat", Value::Null),
            Flaw::IssuedInTheFuture => ("iat", json!(now + HOUR)),
            Flaw::NotYetValid => ("nbf", json!(now + HOUR)),
            Flaw::ExpiredBy(seconds) => ("exp", json!(now - seconds)),
            Flaw::LastsForYears => ("exp", json!(now + 10 * 365 * 24 * HOUR)),
            Flaw::WrongNonce => ("nonce", json!("a-nonce-that-nobody-sent")),
            Flaw::MissingNonce => ("nonce", Value::Null),
            Flaw::WrongAccessTokenHash => ("at_hash", json!(half_hash("another access token"))),
            Flaw::WrongCodeHash => ("c_hash", json!(half_hash("another code"))),
            Flaw::RightAccessTokenHash
            | Flaw::AlgNone
            | Flaw::UnknownAlgorithm
            | Flaw::OtherType
            | Flaw::TokenInside
            | Flaw::MustBeUnderstood
            | Flaw::HmacWithClientSecret
            | Flaw::HmacWithPublicKey
            | Flaw::OtherKeySameId
            | Flaw::UnknownKeyId
            | Flaw::BringsItsKey
            | Flaw::NoKeyId
            | Flaw::TruncatedSignature
            | Flaw::EmptySignature
            | Flaw::SeveralKeys
            | Flaw::HugeKeys
            | Flaw::NoKeys
            | Flaw::KeysForEncryption
            | Flaw::DiscoveryOfAnotherIssuer
            | Flaw::NoIdToken
            | Flaw::NoRefreshToken
            | Flaw::TokenTypeMac
            | Flaw::UserinfoOfAnother
            | Flaw::VaultGivesExpiredToken
            | Flaw::VaultGivesAnothersToken => return,
        };
        let (name, value) = changed;
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.to_owned(), value);
        }
    }

    fn seal(&self, claims: &Value, flaws: &[Flaw]) -> String {
        let keys = hold(&self.keys);
        let pem = keys.public_pem();
        let has = |flaw| flaws.contains(&flaw);
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": keys.current_id() });
        let mut with = Signature::Current;
        if has(Flaw::AlgNone) {
            (header["alg"], with) = (json!("none"), Signature::None);
        } else if has(Flaw::HmacWithClientSecret) {
            (header["alg"], with) = (json!("HS256"), Signature::Hmac(self.client_secret.as_bytes()));
        } else if has(Flaw::HmacWithPublicKey) {
            (header["alg"], with) = (json!("HS256"), Signature::Hmac(pem.as_bytes()));
        } else if has(Flaw::OtherKeySameId) {
            with = Signature::Foreign;
        } else if has(Flaw::UnknownKeyId) {
            (header["kid"], with) = (json!("nobody-knows-this-key"), Signature::Foreign);
        } else if has(Flaw::BringsItsKey) {
            with = Signature::Foreign;
            header["jwk"] = foreign("brought-along");
            header["jku"] = json!("https://somebody-else.example/jwks.json");
        }
        for (flaw, name, value) in [
            (Flaw::UnknownAlgorithm, "alg", json!("XX256")),
            (Flaw::OtherType, "typ", json!("at+jwt")),
            (Flaw::TokenInside, "cty", json!("JWT")),
            (Flaw::MustBeUnderstood, "crit", json!(["exp"])),
        ] {
            if has(flaw) {
                header[name] = value;
            }
        }
        if has(Flaw::NoKeyId)
            && let Some(header) = header.as_object_mut()
        {
            header.remove("kid");
        }
        shorten(keys.sign(&header, claims, with), flaws)
    }
}

fn shorten(mut token: String, flaws: &[Flaw]) -> String {
    if flaws.contains(&Flaw::TruncatedSignature) {
        token.truncate(token.len() - 40);
    }
    if flaws.contains(&Flaw::EmptySignature)
        && let Some(dot) = token.rfind('.')
    {
        token.truncate(dot + 1);
    }
    token
}

/// What the provider tells about a person.
pub(super) fn profile(person: &Person) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("name".to_owned(), json!(person.name));
    claims.insert("nickname".to_owned(), json!(person.email.split('@').next().unwrap_or_default()));
    claims.insert("email".to_owned(), json!(person.email));
    claims.insert("email_verified".to_owned(), json!(person.email_verified));
    claims
}

/// The left half of the SHA-256 (OpenID Connect Core, 3.1.3.6).
fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
}
