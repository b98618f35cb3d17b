//! The name under which a teacher is known to the model's provider.
//!
//! Providers want one for each end user, to find abuse. It is a keyed digest:
//! the same for one teacher, different for two, and nothing can be read from it.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::school::TeacherId;

/// Makes pseudonyms with a key of their own.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// With a key that serves nothing else.
    ///
    /// # Panics
    ///
    /// Never: a key of any length is taken.
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("32 bytes are a key"))
    }

    /// A teacher's pseudonym.
    pub fn of(&self, teacher: &TeacherId) -> String {
        let mut mac = self.0.clone();
        mac.update(teacher.as_str().as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_teacher_keeps_a_name_that_tells_nothing() {
        let (ada, grace) = (TeacherId::new("ada"), TeacherId::new("grace"));
        let (ours, theirs) = (Pseudonyms::new(&[1; 32]), Pseudonyms::new(&[2; 32]));
        assert_eq!(ours.of(&ada), ours.of(&ada));
        assert_ne!(ours.of(&ada), ours.of(&grace));
        assert_ne!(ours.of(&ada), theirs.of(&ada), "without the key nobody finds out whose it is");
        assert_eq!(ours.of(&ada).len(), 32);
    }
}
