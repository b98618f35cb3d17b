//! Sealing at rest: what is secret in the database is useless without the key.
//!
//! XChaCha20-Poly1305 with a random nonce. The row and the purpose are part of
//! the seal, so that a sealed value copied into another row does not open.

use anyhow::{Context, anyhow, bail};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use std::sync::Arc;

use crate::clock::Ids;

/// Seals with the current key; opens with any of the ring.
#[derive(Clone)]
pub struct Sealer {
    ring: Arc<Vec<Key>>,
    ids: Arc<dyn Ids>,
}

struct Key {
    /// The first 4 bytes of the key's SHA-256: tells keys apart, tells nothing else.
    id: String,
    key: SecretBox<[u8; 32]>,
}

const NONCE: usize = 24;

impl Sealer {
    /// A sealer with the current key first and the previous ones behind it.
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>, ids: Arc<dyn Ids>) -> Self {
        let ring = keys
            .into_iter()
            .map(|key| Key { id: hex::encode(&Sha256::digest(key)[..4]), key: SecretBox::new(Box::new(key)) })
            .collect();
        Self { ring: Arc::new(ring), ids }
    }

    /// Seals a secret for one row and purpose.
    pub(super) fn seal(&self, secret: &SecretString, row: &str, purpose: &str) -> anyhow::Result<String> {
        let key = self.ring.first().context("there is no key to seal with")?;
        let nonce = &self.ids.secret()[..NONCE];
        let bound = bound(row, purpose, &key.id);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: bound.as_bytes() };
        let sealed = cipher(key).encrypt(XNonce::from_slice(nonce), payload).map_err(|_| anyhow!("sealing failed"))?;
        Ok(format!("v1.{}.{}", key.id, STANDARD_NO_PAD.encode([nonce, &sealed].concat())))
    }

    /// Whether the key in use sealed it.
    pub(super) fn is_current(&self, sealed: &str) -> bool {
        let id = sealed.split('.').nth(1);
        self.ring.first().is_some_and(|key| id == Some(key.id.as_str()))
    }

    /// Opens what was sealed for the same row and purpose.
    pub(super) fn open(&self, sealed: &str, row: &str, purpose: &str) -> anyhow::Result<SecretString> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("a sealed value has an unknown form");
        };
        let key = self.ring.iter().find(|key| key.id == id).context("the key of a sealed value is not in the ring")?;
        let body = STANDARD_NO_PAD.decode(body).context("a sealed value is not base64")?;
        let Some((nonce, text)) = body.split_at_checked(NONCE) else { bail!("a sealed value is too short") };
        let bound = bound(row, purpose, id);
        let payload = Payload { msg: text, aad: bound.as_bytes() };
        let open = cipher(key).decrypt(XNonce::from_slice(nonce), payload);
        let open =
            open.map_err(|_| anyhow!("a sealed value does not open: it was changed, or copied from another row"))?;
        Ok(String::from_utf8(open).context("a sealed value is not text")?.into())
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.key.expose_secret().into())
}

/// A JSON array keeps its parts apart whatever stands in them.
fn bound(row: &str, purpose: &str, key: &str) -> String {
    serde_json::json!([row, purpose, key]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemIds;

    fn sealer(keys: &[[u8; 32]]) -> Sealer {
        Sealer::new(keys.iter().copied(), Arc::new(SystemIds))
    }

    fn sealed(by: &Sealer) -> String {
        by.seal(&"token".into(), "row", "refresh").expect("seals")
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealer = sealer(&[[1; 32]]);
        let text = sealed(&sealer);
        assert!(!text.contains("token"));
        assert_eq!(sealer.open(&text, "row", "refresh").expect("opens").expose_secret(), "token");
        assert!(sealer.open(&text, "other row", "refresh").is_err());
        assert!(sealer.open(&text, "row", "other purpose").is_err());
    }

    #[test]
    fn an_old_key_still_opens_and_a_lost_one_does_not() {
        let text = sealed(&sealer(&[[1; 32]]));
        assert!(sealer(&[[2; 32], [1; 32]]).open(&text, "row", "refresh").is_ok());
        assert!(sealer(&[[2; 32]]).open(&text, "row", "refresh").is_err());
    }

    #[test]
    fn a_changed_byte_does_not_open() {
        let sealer = sealer(&[[1; 32]]);
        let text = sealed(&sealer);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(sealer.open(&changed, "row", "refresh").is_err(), "{at}");
        }
    }
}
