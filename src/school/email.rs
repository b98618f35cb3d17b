//! A student's address, checked at the door.
//!
//! Stricter than the standard: one plain address that any mail service takes,
//! because what is refused here can do no harm in a header later. This room
//! never sends anything.

use std::{fmt, str::FromStr};

use lettre::Address;
use serde::{Deserialize, Serialize};

/// The longest address that can travel (RFC 5321, 4.5.3.1.3, less the brackets).
const LONGEST: usize = 254;

/// Why a text is no address that we write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing there.
    #[error("an address is needed, like name@example.com")]
    Empty,
    /// Longer than mail can carry.
    #[error("the address is longer than {LONGEST} characters")]
    TooLong,
    /// Tabs, line breaks and the like.
    #[error("the address holds a line break or another control character; it should look like name@example.com")]
    Control,
    /// More than one, a name beside it, spaces, quotes or brackets.
    #[error("give one plain address and nothing else, like name@example.com")]
    NotOnePlain,
    /// Letters before the @ that many mail services do not take.
    #[error("the part before the @ may hold only unaccented letters, digits and signs such as . _ + -")]
    NotAscii,
    /// No such domain can exist.
    #[error("the part after the @ is not a domain name; it should look like example.com")]
    Domain,
}

/// One address, its domain in ASCII and lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Address);

impl EmailAddress {
    /// Reads an address; spaces around it are forgiven.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(EmailError::Control);
        }
        if text.contains([' ', '"', '<', '>', '(', ')', '[', ']', ',', ';', ':', '\\']) {
            return Err(EmailError::NotOnePlain);
        }
        if text.len() > LONGEST {
            return Err(EmailError::TooLong);
        }
        let (user, domain) = text.split_once('@').ok_or(EmailError::NotOnePlain)?;
        Self::checked(user, domain)
    }

    fn checked(user: &str, domain: &str) -> Result<Self, EmailError> {
        if domain.contains('@') {
            return Err(EmailError::NotOnePlain);
        }
        if !user.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError::Domain)?;
        // A domain of digits alone is an IP address; one without a dot is a neighbour.
        let top = domain.rsplit_once('.').map(|(_, top)| top).ok_or(EmailError::Domain)?;
        if !top.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(EmailError::Domain);
        }
        let whole = format!("{user}@{domain}");
        let address = Address::from_str(&whole).map_err(|_| EmailError::NotOnePlain)?;
        if whole.len() > LONGEST { Err(EmailError::TooLong) } else { Ok(Self(address)) }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// The address as the mail builder wants it.
    pub(crate) fn as_lettre(&self) -> &Address {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> Self {
        email.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_address_is_taken_and_its_domain_made_ascii() {
        let read = |text| EmailAddress::parse(text).map(String::from);
        assert_eq!(read("mateo.nguyen@example.com"), Ok("mateo.nguyen@example.com".into()));
        assert_eq!(read("  Ada+school@Example.COM "), Ok("Ada+school@example.com".into()));
        assert_eq!(read("o'brien@example.com"), Ok("o'brien@example.com".into()));
        assert_eq!(read("ana@bücher.example"), Ok("ana@xn--bcher-kva.example".into()));
    }

    #[test]
    fn what_is_not_one_plain_address_is_refused_for_its_reason() {
        let long = format!("a@{}.com", "b.".repeat(130));
        for (text, why) in [
            ("", EmailError::Empty),
            ("   ", EmailError::Empty),
            ("a@example.com\r\nBcc: eve@evil.example", EmailError::Control),
            ("a@example.com\n", EmailError::Control),
            ("a@example.com, b@example.com", EmailError::NotOnePlain),
            ("a@example.com;b@example.com", EmailError::NotOnePlain),
            ("Ada <a@example.com>", EmailError::NotOnePlain),
            ("\"a b\"@example.com", EmailError::NotOnePlain),
            ("a@b@example.com", EmailError::NotOnePlain),
            ("example.com", EmailError::NotOnePlain),
            ("@example.com", EmailError::NotOnePlain),
            ("a..b@example.com", EmailError::NotOnePlain),
            ("a@[127.0.0.1]", EmailError::NotOnePlain),
            ("a@127.0.0.1", EmailError::Domain),
            ("a@localhost", EmailError::Domain),
            ("a@", EmailError::Domain),
            ("a@example..com", EmailError::Domain),
            ("a@-example.com", EmailError::Domain),
            ("a@exa_mple.com", EmailError::Domain),
            ("a@exa\u{202e}mple.com", EmailError::Domain),
            ("josé@example.com", EmailError::NotAscii),
            (&long, EmailError::TooLong),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_printable_ascii_with_one_at_sign(text in "[ -~\u{0}-\u{1f}é\u{202e}]{0,20}@[ -~é\u{200b}.]{0,20}") {
            if let Ok(email) = EmailAddress::parse(&text) {
                prop_assert!(email.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email));
            }
        }
    }
}
