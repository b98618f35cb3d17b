//! The token in every form: a second word, beside the browser's own, on whether
//! one of this session's pages was posted.
//!
//! It is a keyed digest of the sign-in, so that there is nothing to store: new
//! with each sign-in, and worth nothing to anybody who has not its cookie.

use std::{any::Any, fmt};

use askama::Values;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::identity::SignInId;

/// Its name in a form, and in a template.
pub const FIELD: &str = "token";
/// Its name in the head of a request that a script makes.
pub const HEADER: &str = "x-form-token";

/// The token of one sign-in: the value that `parts/token.html` puts into a form.
#[derive(Clone)]
pub struct Token(String);

impl Values for Token {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == FIELD).then_some(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([REDACTED])")
    }
}

/// Makes tokens and knows them again.
#[derive(Clone)]
pub struct Tokens {
    current: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl Tokens {
    /// With keys that serve nothing else; the older ones still know the tokens of
    /// pages that are open while the key changes.
    pub fn new(current: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        Self { current: keyed(current), previous: previous.iter().map(keyed).collect() }
    }

    /// The token of a sign-in.
    pub fn of(&self, sign_in: &SignInId) -> Token {
        made(&self.current, sign_in)
    }

    /// Whether this is the token of that sign-in. How much of it is right, the
    /// time does not tell.
    pub fn knows(&self, sign_in: &SignInId, said: &str) -> bool {
        let is = |key| bool::from(made(key, sign_in).0.as_bytes().ct_eq(said.as_bytes()));
        is(&self.current) | self.previous.iter().any(is)
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("32 bytes are a key")
}

fn made(key: &Hmac<Sha256>, sign_in: &SignInId) -> Token {
    let mut mac = key.clone();
    mac.update(sign_in.as_str().as_bytes());
    Token(BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(token: &Token) -> &str {
        &token.0
    }

    #[test]
    fn a_token_is_of_one_sign_in_and_one_key() {
        let (ours, theirs) = (Tokens::new(&[1; 32], &[]), Tokens::new(&[2; 32], &[]));
        let (first, second) = (SignInId::new("a"), SignInId::new("b"));
        let token = ours.of(&first);
        assert!(ours.knows(&first, text(&token)));
        assert!(!ours.knows(&second, text(&token)) && !theirs.knows(&first, text(&token)));
        for wrong in ["", &text(&token)[1..], &format!("{} ", text(&token)), &text(&token).to_lowercase()] {
            assert!(!ours.knows(&first, wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_open_page_outlives_a_change_of_the_key() {
        let sign_in = SignInId::new("a");
        let before = Tokens::new(&[1; 32], &[]).of(&sign_in);
        let after = Tokens::new(&[2; 32], &[[1; 32]]);
        assert!(after.knows(&sign_in, text(&before)));
        assert_ne!(text(&after.of(&sign_in)), text(&before), "what is made is made with the new one");
    }

    #[test]
    fn it_is_not_told_to_a_log() {
        let token = Tokens::new(&[1; 32], &[]).of(&SignInId::new("a"));
        assert!(!format!("{token:?}").contains(text(&token)));
    }
}
