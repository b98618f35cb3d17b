//! Who a person is, as told by an ID token or by userinfo: cleaned of what
//! could not stand on a page or in a mail's header.

use openidconnect::{EndUserEmail, EndUserName, LocalizedClaim, UserInfoClaims, core::CoreGenderClaim};

use super::provider::{Claims, MoreClaims};

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 200;
/// The longest address (RFC 5321, 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

/// What was told of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) email_verified: bool,
}

impl Person {
    /// As the ID token tells.
    pub(super) fn of_claims(claims: &Claims) -> Self {
        Self::told(claims.name(), claims.email(), claims.email_verified())
    }

    /// The same, with what is missing filled in by userinfo.
    pub(super) fn or(self, more: &UserInfoClaims<MoreClaims, CoreGenderClaim>) -> Self {
        let more = Self::told(more.name(), more.email(), more.email_verified());
        let name = self.name.or(more.name);
        match self.email {
            Some(email) => Self { name, email: Some(email), email_verified: self.email_verified },
            None => Self { name, ..more },
        }
    }

    fn told(
        name: Option<&LocalizedClaim<EndUserName>>,
        email: Option<&EndUserEmail>,
        email_verified: Option<bool>,
    ) -> Self {
        let email = email.and_then(|email| readable_email(email));
        Self {
            name: name.and_then(|name| name.get(None)).and_then(|name| readable_name(name)),
            email_verified: email.is_some() && email_verified == Some(true),
            email,
        }
    }
}

fn readable_name(told: &str) -> Option<String> {
    // Marks that turn the direction of what follows could hide or forge text.
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = told.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(*c)).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = words.chars().take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

fn readable_email(told: &str) -> Option<String> {
    let odd = |c: char| c.is_control() || c.is_whitespace();
    let fits = told.len() <= LONGEST_EMAIL && told.contains('@') && !told.contains(odd);
    fits.then(|| told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cleaned_of_what_could_break_a_header_or_forge_a_page() {
        assert_eq!(readable_name(" Ada \r\nBcc:  x "), Some("Ada Bcc: x".into()));
        assert_eq!(readable_name("Ada\u{202e}ecarG"), Some("AdaecarG".into()));
        assert_eq!(readable_name("Zoë O’Neill"), Some("Zoë O’Neill".into()));
        assert_eq!(readable_name(" \u{0} "), None);
        assert_eq!(readable_name(&"x".repeat(9_000)).map(|name| name.len()), Some(LONGEST_NAME));
    }

    #[test]
    fn an_address_that_cannot_be_one_counts_as_untold() {
        assert_eq!(readable_email("ada@example.com"), Some("ada@example.com".into()));
        for bad in ["", "ada", "a b@example.com", "a@example.com\r\nBcc: x@y", &format!("{}@x", "a".repeat(300))] {
            assert_eq!(readable_email(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn nobody_vouches_for_an_address_that_is_not_there() {
        assert!(!Person::told(None, None, Some(true)).email_verified);
        let address = EndUserEmail::new("ada@example.com".into());
        assert!(Person::told(None, Some(&address), Some(true)).email_verified);
        assert!(!Person::told(None, Some(&address), None).email_verified);
    }
}
