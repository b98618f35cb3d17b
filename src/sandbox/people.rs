//! The people who can sign in at the sandbox's identity provider.

use sha2::{Digest, Sha256};

/// Someone with a Google account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The id at the issuer, such as `google-oauth2|1…`; the same in every run.
    pub subject: String,
    /// The full name.
    pub name: String,
    /// The address of the account.
    pub email: String,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
}

impl Person {
    /// A person with a verified address, whose id follows from it.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        let (name, email) = (name.into(), email.into());
        let digits: String = Sha256::digest(&email)[..20].iter().map(|byte| char::from(b'0' + byte % 10)).collect();
        Self { subject: format!("google-oauth2|1{digits}"), name, email, email_verified: true }
    }

    /// The two teachers whom the demo knows.
    pub fn cast() -> Vec<Self> {
        vec![Self::new("Mary Okafor", "mary@school.example"), Self::new("Daniel Brooks", "daniel@school.example")]
    }

    /// The first letters of the first and the last name.
    pub(crate) fn initials(&self) -> String {
        let mut names = self.name.split_whitespace().filter_map(|name| name.chars().next());
        let first = names.next();
        first.into_iter().chain(names.next_back()).collect()
    }
}
