//! E-mail addresses: exactly one, in ASCII, as it stands in a header.

use std::fmt;

use lettre::Address;
use serde::{Deserialize, Serialize};

/// Why a text is not an address that mail can be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not an e-mail address: {why}; one looks like ada@school.example")]
pub struct EmailError {
    given: String,
    why: &'static str,
}

/// One e-mail address, such as `ada@school.example`. A domain with other
/// letters is kept in its ASCII form, the one that leaves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Address);

impl EmailAddress {
    /// Reads one address; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let refuse = |why| EmailError { given: text.chars().take(60).collect(), why };
        if text.contains([',', ';']) {
            return Err(refuse("exactly one address is wanted"));
        }
        let (local, domain) = text.split_once('@').ok_or_else(|| refuse("the @ is missing"))?;
        local_part(local).and_then(|()| domain_part(domain)).and_then(|domain| whole(local, &domain)).map_err(refuse)
    }

    /// The address as it stands in a header.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    pub(super) fn address(&self) -> &Address {
        &self.0
    }
}

fn local_part(local: &str) -> Result<(), &'static str> {
    // Quoted local parts exist (RFC 5321), but nobody's school has them and they can hide nearly anything.
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
    if local.is_empty() {
        return Err("the name before the @ is missing");
    }
    if !local.bytes().all(atom) {
        return Err("before the @ only plain letters, digits and signs such as . - _ + can stand");
    }
    Ok(())
}

fn domain_part(domain: &str) -> Result<String, &'static str> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| "what follows the @ is not a domain")?;
    let top = ascii.rsplit('.').next().unwrap_or_default();
    // A top level of digits would be an IP address, which no directory of students holds.
    if !ascii.contains('.') || top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("what follows the @ is not a full domain");
    }
    Ok(ascii)
}

fn whole(local: &str, domain: &str) -> Result<EmailAddress, &'static str> {
    const MOST: usize = 254;
    if local.len() + 1 + domain.len() > MOST {
        return Err("it is longer than 254 characters");
    }
    Address::new(local, domain).map(EmailAddress).map_err(|_| "a dot is in the wrong place, or a part is too long")
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.as_str().to_owned()
    }
}
