//! What the browser brings back from the identity provider, read strictly
//! before anything is done with it. Nothing here is trusted yet.

use secrecy::SecretString;
use url::form_urlencoded;

/// The longest query that is looked at, in bytes.
const MAX_QUERY: usize = 8 * 1024;
/// The longest code; Auth0's have some fifty characters.
const MAX_CODE: usize = 2 * 1024;
/// The longest code of a connected account, by Auth0's own description.
const MAX_CONNECT_CODE: usize = 128;
/// The longest state; ours have 43 characters.
const MAX_STATE: usize = 256;
/// The longest issuer, and the longest error code that is worth a log line.
const MAX_ISSUER: usize = 1024;
const MAX_ERROR: usize = 64;

/// The parameters that mean something here: each may come once only, or two
/// readers of one address could see two different answers (RFC 6749, 3.1).
const KNOWN: [&str; 6] = ["code", "state", "iss", "error", "error_description", "connect_code"];

/// A code to trade for an identity, and what must fit it.
#[derive(Debug, Clone)]
pub struct Callback {
    /// By which the caller finds the attempt.
    pub state: String,
    /// Single use, worthless without the attempt's verifier.
    pub code: SecretString,
    /// Which provider answers (RFC 9207), where it tells.
    pub iss: Option<String>,
}

/// How the provider answered.
#[derive(Debug, Clone)]
pub enum CallbackOutcome {
    /// The teacher said yes.
    Code(Callback),
    /// The teacher said yes to connecting an account.
    Connected {
        /// By which the attempt is found and forgotten.
        state: String,
        /// Single use, worthless without the attempt's verifier.
        code: SecretString,
    },
    /// The teacher said no.
    Declined {
        /// By which the attempt is found and forgotten.
        state: Option<String>,
    },
    /// Something else went wrong over there.
    ProviderError {
        /// By which the attempt is found and forgotten.
        state: Option<String>,
        /// The provider's code, in harmless characters; for the log, never for a page.
        code: String,
    },
}

impl CallbackOutcome {
    /// The attempt that this answers, where it tells.
    pub fn state(&self) -> Option<&str> {
        match self {
            Self::Code(callback) => Some(&callback.state),
            Self::Connected { state, .. } => Some(state),
            Self::Declined { state } | Self::ProviderError { state, .. } => state.as_deref(),
        }
    }
}

/// Why a callback's query is not an answer of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// Longer than any honest answer.
    #[error("the answer is too long")]
    TooLong,
    /// One parameter, two values.
    #[error("the parameter {0} came more than once")]
    Repeated(&'static str),
    /// Nothing to go by.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// Too long, or with characters that cannot be part of it.
    #[error("the parameter {0} is malformed")]
    Malformed(&'static str),
    /// Yes and no at once, or two kinds of yes.
    #[error("the answer holds more than one of a code, a connect code and an error")]
    Contradiction,
}

impl Callback {
    /// Reads the query of the callback's address (without the question mark).
    pub fn parse(query: &str) -> Result<CallbackOutcome, CallbackError> {
        if query.len() > MAX_QUERY {
            return Err(CallbackError::TooLong);
        }
        let [code, state, iss, error, _, connected] = collect(query)?;
        let state = state.map(|state| token("state", state, MAX_STATE)).transpose()?;
        if let Some(connected) = connected {
            if code.is_some() || error.is_some() {
                return Err(CallbackError::Contradiction);
            }
            let code = token("connect_code", connected, MAX_CONNECT_CODE)?.into();
            return Ok(CallbackOutcome::Connected { state: state.ok_or(CallbackError::Missing("state"))?, code });
        }
        match (code, error) {
            (Some(_), Some(_)) => Err(CallbackError::Contradiction),
            (None, None) => Err(CallbackError::Missing("code")),
            (None, Some(error)) if error == "access_denied" => Ok(CallbackOutcome::Declined { state }),
            (None, Some(error)) => Ok(CallbackOutcome::ProviderError { state, code: harmless(&error) }),
            (Some(code), None) => Ok(CallbackOutcome::Code(Self {
                code: token("code", code, MAX_CODE)?.into(),
                state: state.ok_or(CallbackError::Missing("state"))?,
                iss: iss.map(|iss| token("iss", iss, MAX_ISSUER)).transpose()?,
            })),
        }
    }
}

fn collect(query: &str) -> Result<[Option<String>; KNOWN.len()], CallbackError> {
    let mut found = [const { None }; KNOWN.len()];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let Some(at) = KNOWN.iter().position(|known| *known == name) else { continue };
        if found[at].replace(value.into_owned()).is_some() {
            return Err(CallbackError::Repeated(KNOWN[at]));
        }
    }
    Ok(found)
}

/// Visible ASCII only, which is all that RFC 6749 (appendix A) and RFC 9207 allow here.
fn token(name: &'static str, value: String, longest: usize) -> Result<String, CallbackError> {
    if value.is_empty() {
        return Err(CallbackError::Missing(name));
    }
    let fits = value.len() <= longest && value.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(value).ok_or(CallbackError::Malformed(name))
}

fn harmless(error: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let fits = (1..=MAX_ERROR).contains(&error.len()) && error.bytes().all(plain);
    if fits { error.to_owned() } else { "unreadable".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_code_with_its_state_is_read_and_strange_parameters_are_passed_over() {
        let outcome = Callback::parse("code=a%2Fb-1&state=s1&iss=https%3A%2F%2Fid.example%2F&session=7&session=8");
        let Ok(CallbackOutcome::Code(callback)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(callback.code.expose_secret(), "a/b-1");
        assert_eq!(callback.state, "s1");
        assert_eq!(callback.iss.as_deref(), Some("https://id.example/"));
    }

    #[test]
    fn a_no_of_the_teacher_is_told_from_an_error_of_the_provider() {
        let declined = Callback::parse("error=access_denied&error_description=User+declined&state=s1").unwrap();
        assert!(matches!(&declined, CallbackOutcome::Declined { .. }) && declined.state() == Some("s1"));
        let failed = Callback::parse("error=login_required").unwrap();
        assert!(matches!(failed, CallbackOutcome::ProviderError { state: None, code } if code == "login_required"));
    }

    #[test]
    fn an_error_code_with_script_in_it_is_not_carried_on() {
        for error in ["%3Cscript%3Ealert(1)%3C%2Fscript%3E", "a%0Ab", "", &"x".repeat(65)] {
            let outcome = Callback::parse(&format!("error={error}&state=s")).unwrap();
            assert!(matches!(outcome, CallbackOutcome::ProviderError { code, .. } if code == "unreadable"), "{error}");
        }
    }

    #[test]
    fn each_malformed_answer_is_refused_for_its_own_reason() {
        let long = "x".repeat(MAX_CODE + 1);
        let huge = "x".repeat(100_000);
        for (query, wanted) in [
            ("", CallbackError::Missing("code")),
            ("state=s", CallbackError::Missing("code")),
            ("code=&state=s", CallbackError::Missing("code")),
            ("code=c", CallbackError::Missing("state")),
            ("code=c&state=", CallbackError::Missing("state")),
            ("code=c&code=d&state=s", CallbackError::Repeated("code")),
            ("code=c&code=c&state=s", CallbackError::Repeated("code")),
            ("c%6Fde=c&code=c&state=s", CallbackError::Repeated("code")),
            ("code=c&state=s&state=t", CallbackError::Repeated("state")),
            ("code=c&state=s&iss=a&iss=b", CallbackError::Repeated("iss")),
            ("error=a&error=access_denied&state=s", CallbackError::Repeated("error")),
            ("code=c&error=access_denied&state=s", CallbackError::Contradiction),
            ("connect_code=c&code=c&state=s", CallbackError::Contradiction),
            ("connect_code=c&error=access_denied&state=s", CallbackError::Contradiction),
            ("connect_code=c", CallbackError::Missing("state")),
            ("connect_code=&state=s", CallbackError::Missing("connect_code")),
            ("connect_code=c&connect_code=d&state=s", CallbackError::Repeated("connect_code")),
            ("code=c%0Ad&state=s", CallbackError::Malformed("code")),
            ("code=c%20d&state=s", CallbackError::Malformed("code")),
            ("code=%FF&state=s", CallbackError::Malformed("code")),
            ("code=c&state=%C3%A9", CallbackError::Malformed("state")),
            (&format!("code={long}&state=s"), CallbackError::Malformed("code")),
            (&format!("code=c&state={}", &long[..257]), CallbackError::Malformed("state")),
            (&format!("code={huge}&state=s"), CallbackError::TooLong),
        ] {
            assert_eq!(Callback::parse(query).err(), Some(wanted), "{query:.60}");
        }
    }

    #[test]
    fn a_code_is_not_printed() {
        for query in ["code=canary-4711&state=s", "connect_code=canary-4711&state=s"] {
            let outcome = Callback::parse(query).unwrap();
            assert!(!format!("{outcome:?}").contains("canary"));
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(query in "(code|state|error|iss|[=&%+]|\\PC){0,60}") {
            let _ = Callback::parse(&query);
        }

        #[test]
        fn what_is_read_is_what_was_written(code in "[!-~]{1,80}", state in "[!-~]{1,80}") {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code).append_pair("state", &state).finish();
            let Ok(CallbackOutcome::Code(read)) = Callback::parse(&query) else { panic!("{query}") };
            prop_assert_eq!(read.code.expose_secret(), code.as_str());
            prop_assert_eq!(read.state, state);
        }
    }
}
