//! The signing keys, and the ways to sign.

use std::{io, sync::OnceLock, thread};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    PrivateSigningKey,
    core::{CoreHmacKey, CoreJwsSigningAlgorithm},
};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::EncodePublicKey,
    rand_core::OsRng,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
    traits::PublicKeyParts,
};
use serde_json::{Value, json};

/// Making a key takes a while, so all sandboxes of a process share these: two
/// that a tenant rotates through, and one that no tenant ever publishes.
static POOL: [OnceLock<RsaPrivateKey>; 3] = [const { OnceLock::new() }; 3];
const FOREIGN: usize = 2;

/// The keys of one tenant: which one signs, and which are published.
#[derive(Debug)]
pub(super) struct KeyRing {
    current: usize,
    oldest_published: usize,
}

/// What signs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature<'a> {
    /// RS256 by the tenant's current key.
    Current,
    /// RS256 by a key that is nowhere published.
    Foreign,
    /// HS256 by these bytes.
    Hmac(&'a [u8]),
    /// No signature.
    None,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self { current: 1, oldest_published: 1 }
    }
}

impl KeyRing {
    /// From now on a new key signs; the old one stays published.
    pub(super) fn rotate(&mut self) {
        self.current += 1;
    }

    /// Only the current key stays published.
    pub(super) fn withdraw_old(&mut self) {
        self.oldest_published = self.current;
    }

    pub(super) fn current_id(&self) -> String {
        id(self.current)
    }

    /// The published keys (RFC 7517), newest first.
    pub(super) fn published(&self) -> Vec<Value> {
        (self.oldest_published..=self.current).rev().map(|number| public(pooled(number % 2), &id(number))).collect()
    }

    /// The current public key in the form in which it would be mistaken for a secret.
    pub(super) fn public_pem(&self) -> String {
        pooled(self.current % 2).to_public_key().to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap_or_default()
    }

    /// A signed token (RFC 7515) of this header and these claims.
    pub(super) fn sign(&self, header: &Value, claims: &Value, with: Signature<'_>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match with {
            Signature::Current => rs256(pooled(self.current % 2), &message),
            Signature::Foreign => rs256(pooled(FOREIGN), &message),
            Signature::Hmac(secret) => hs256(secret, &message),
            Signature::None => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A key that no tenant signs with, under an id of one's choice.
pub(super) fn foreign(id: &str) -> Value {
    public(pooled(FOREIGN), id)
}

/// Begins to make the first key, so that it is there when the first page asks.
pub(super) fn warm_up() -> io::Result<()> {
    if POOL[1].get().is_none() {
        thread::Builder::new().name("sandbox-key".to_owned()).spawn(|| pooled(1))?;
    }
    Ok(())
}

fn id(number: usize) -> String {
    format!("sandbox-key-{number}")
}

#[expect(clippy::expect_used, reason = "2048 is a size that the crate makes; without a key there is no sandbox")]
fn pooled(place: usize) -> &'static RsaPrivateKey {
    POOL[place].get_or_init(|| RsaPrivateKey::new(&mut OsRng, 2048).expect("a key of 2048 bits can be made"))
}

fn public(key: &RsaPrivateKey, id: &str) -> Value {
    let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": number(key.n()), "e": number(key.e()) })
}

fn rs256(key: &RsaPrivateKey, message: &str) -> Vec<u8> {
    SigningKey::<Sha256>::new(key.clone()).sign(message.as_bytes()).to_vec()
}

fn hs256(secret: &[u8], message: &str) -> Vec<u8> {
    let key = CoreHmacKey::new(secret);
    key.sign(&CoreJwsSigningAlgorithm::HmacSha256, message.as_bytes()).unwrap_or_default()
}
