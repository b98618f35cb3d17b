//! The application as the tenant knows it. Read once, at start.

use secrecy::SecretString;
use url::{Host, Url};

/// This application's registration at the identity provider.
#[derive(Debug, Clone)]
pub struct Application {
    /// Byte for byte as the provider writes it: Auth0's ends with a slash.
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) connection: String,
    base: Url,
}

/// Why a registration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationError {
    /// Not an address at all, or not one of the web.
    #[error("the issuer must be an address such as https://school.eu.auth0.com/ and nothing behind it")]
    Issuer,
    /// The client secret would travel in the clear.
    #[error("the issuer must be reached by https; plain http is for this very computer only")]
    PlainHttp,
    /// A part of the registration is empty.
    #[error("the {0} is empty")]
    Empty(&'static str),
}

impl Application {
    /// `issuer` as the provider's discovery document writes it; `connection`
    /// is the provider's name of the account to sign in with, `google-oauth2`.
    pub fn new(
        issuer: &str,
        client_id: &str,
        client_secret: SecretString,
        connection: &str,
    ) -> Result<Self, ApplicationError> {
        use secrecy::ExposeSecret;
        let base = base(issuer)?;
        for (name, value) in
            [("client id", client_id), ("client secret", client_secret.expose_secret()), ("connection", connection)]
        {
            if value.trim().is_empty() {
                return Err(ApplicationError::Empty(name));
            }
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            connection: connection.to_owned(),
            base,
        })
    }

    /// An address below the issuer; `path` has no leading slash.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let below = format!("{}/{path}", url.path().trim_end_matches('/'));
        url.set_path(&below);
        url
    }
}

fn base(issuer: &str) -> Result<Url, ApplicationError> {
    let url = Url::parse(issuer).map_err(|_| ApplicationError::Issuer)?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match (url.scheme(), url.host()) {
        ("https", Some(_)) if plain => Ok(url),
        ("http", Some(host)) if plain && is_this_computer(&host) => Ok(url),
        ("http", Some(_)) if plain => Err(ApplicationError::PlainHttp),
        _ => Err(ApplicationError::Issuer),
    }
}

fn is_this_computer(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(issuer: &str) -> Result<Application, ApplicationError> {
        Application::new(issuer, "client-1", "secret-1".into(), "google-oauth2")
    }

    #[test]
    fn only_https_or_this_very_computer_can_be_the_issuer() {
        for good in ["https://school.eu.auth0.com/", "http://127.0.0.1:9/", "http://[::1]:9", "http://localhost:9/"] {
            assert!(at(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://school.eu.auth0.com/", ApplicationError::PlainHttp),
            ("http://localhost.example.com/", ApplicationError::PlainHttp),
            ("http://10.0.0.1/", ApplicationError::PlainHttp),
            ("school.eu.auth0.com", ApplicationError::Issuer),
            ("ftp://school.eu.auth0.com/", ApplicationError::Issuer),
            ("https://user@school.eu.auth0.com/", ApplicationError::Issuer),
            ("https://school.eu.auth0.com/?x=1", ApplicationError::Issuer),
            ("https://school.eu.auth0.com/#x", ApplicationError::Issuer),
        ] {
            assert_eq!(at(bad).err(), Some(why), "{bad}");
        }
    }

    #[test]
    fn an_empty_part_of_the_registration_is_named() {
        let with = |id: &str, secret: &str, connection: &str| {
            Application::new("https://id.example/", id, secret.into(), connection).err()
        };
        assert_eq!(with(" ", "s", "c"), Some(ApplicationError::Empty("client id")));
        assert_eq!(with("i", "", "c"), Some(ApplicationError::Empty("client secret")));
        assert_eq!(with("i", "s", ""), Some(ApplicationError::Empty("connection")));
    }

    #[test]
    fn addresses_lie_below_the_issuer_whether_or_not_it_ends_with_a_slash() {
        for (issuer, wanted) in [
            ("https://id.example/", "https://id.example/oauth/token"),
            ("https://id.example", "https://id.example/oauth/token"),
            ("https://id.example/tenant", "https://id.example/tenant/oauth/token"),
        ] {
            assert_eq!(at(issuer).unwrap().at("oauth/token").as_str(), wanted);
        }
    }
}
