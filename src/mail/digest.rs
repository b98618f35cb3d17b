//! One digest for everything that is approved: two different lists of fields
//! never give the same bytes to hash.

use sha2::{Digest, Sha256};

/// SHA-256 over `fields` in the name of `domain`.
///
/// Every field goes in with its length before it, so that a byte that moves
/// from one field to its neighbour changes the digest; joined by newlines,
/// `"a\n" + "b"` and `"a" + "\nb"` would be the same approval.
pub fn digest(domain: &str, fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in std::iter::once(&domain.as_bytes()).chain(fields) {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// The same as 64 hex digits.
pub fn hex_digest(domain: &str, fields: &[&[u8]]) -> String {
    hex::encode(digest(domain, fields))
}
