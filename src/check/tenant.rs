//! What the tenant itself says about its set-up, without a person: three
//! questions whose answers differ by the switch that is wrong. The tokens in
//! them are made up, so nothing is traded and nobody is signed in.

use reqwest::{Client, Response, StatusCode, header::LOCATION};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::probes::{PATIENCE, ask, finding, why};
use crate::{
    clients::{
        auth0::{CONNECTION_TOKEN, EXCHANGE_GRANT, REFRESH_TOKEN},
        http::{below, send},
    },
    settings::{Auth0, shown_value},
    setup::{Finding, Flaw, Mark, Part},
};

/// No token of anybody's.
const MADE_UP: &str = "teachers-aide-check";
/// As long as a real one; nobody has what it was made of.
const CHALLENGE: &str = "teachers-aide-check-teachers-aide-check-tea";

const CONNECTION: &str = "Auth0, Applications > this application > Connections: switch AUTH0_CONNECTION on; and Settings > \
                          Advanced Settings > Grant Types: tick Authorization Code";
const UNSEEN: &str = "answers as it should. Not to be seen without a teacher, and told in the log and on the page /setup when it \
                      matters: the My Account API and its policy for refresh tokens, Offline Access, and Google's consent screen \
                      (in Testing it ends after 7 days)";

/// Asks the tenant about the application, the vault and the address to come back to.
pub(super) async fn findings(client: &Client, auth0: &Auth0, public_url: &Url) -> Vec<Finding> {
    let (refresh, exchange) = ([("grant_type", "refresh_token"), ("refresh_token", MADE_UP)], exchange_of(auth0));
    let (refresh, exchange, way_back) = tokio::join!(
        traded(client, auth0, &refresh),
        traded(client, auth0, &exchange),
        way_back(client, auth0, public_url)
    );
    vec![
        told(
            (Part::Application, "Application"),
            refresh,
            application,
            "the client secret is taken, and refresh tokens are allowed",
        ),
        told((Part::Connection, "Token Vault"), exchange, vault, UNSEEN),
        way_back,
    ]
}

fn exchange_of(auth0: &Auth0) -> [(&'static str, &str); 5] {
    [
        ("grant_type", EXCHANGE_GRANT),
        ("subject_token", MADE_UP),
        ("subject_token_type", REFRESH_TOKEN),
        ("requested_token_type", CONNECTION_TOKEN),
        ("connection", &auth0.connection),
    ]
}

/// What was answered: a status and a code, or why nothing was.
type Answered = Result<(StatusCode, String), String>;

async fn traded(client: &Client, auth0: &Auth0, fields: &[(&str, &str)]) -> Answered {
    let own = [("client_id", auth0.client_id.as_str()), ("client_secret", auth0.client_secret.expose_secret())];
    let fields: Vec<_> = own.iter().chain(fields).collect();
    let (status, answer) = ask(client.post(below(&auth0.issuer, "oauth/token")).form(&fields)).await?;
    Ok((status, code(&answer).to_owned()))
}

/// The code is matched, never the description: its words change.
fn code(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_default()
}

/// What a refusal of the refresh grant says about the set-up.
fn application(code: &str) -> Option<Flaw> {
    matches!(code, "unauthorized_client" | "unsupported_grant_type").then_some(Flaw::SignInGrants)
}

/// What a refusal of the exchange says about the set-up.
fn vault(code: &str) -> Option<Flaw> {
    match code {
        "unauthorized_client" | "unsupported_grant_type" => Some(Flaw::VaultGrant),
        "mfa_required" => Some(Flaw::SecondFactor),
        "invalid_request" => Some(Flaw::Purpose),
        _ => None,
    }
}

/// What it is about, and where the guide tells of it.
type About = (Part, &'static str);

fn told(about: About, answered: Answered, flaw: fn(&str) -> Option<Flaw>, good: &str) -> Finding {
    let (status, code) = match answered {
        Ok(answered) => answered,
        Err(why) => return finding(about.0, about.1, Mark::Bad, why),
    };
    match code.as_str() {
        // A token that does not exist was looked for: all that comes before is in order.
        "invalid_grant" | "expired_token" => finding(about.0, about.1, Mark::Good, good),
        "invalid_client" | "access_denied" => flawed(about.1, Flaw::Credentials),
        code => flaw(code).map_or_else(|| puzzling(about, status, code), |flaw| flawed(about.1, flaw)),
    }
}

fn flawed(about: &'static str, flaw: Flaw) -> Finding {
    finding(flaw.part(), about, Mark::Bad, format!("{}. {}", flaw.title(), flaw.mend()))
}

/// An answer that tells nothing about the set-up.
fn puzzling((part, about): About, status: StatusCode, code: &str) -> Finding {
    let words = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        format!("Auth0 answered {status}; try again in a while")
    } else {
        format!("Auth0 answered {status} {}, which does not tell whether it would work", shown_value(code))
    };
    finding(part, about, Mark::Doubt, words)
}

/// Whether the tenant would send a browser back here.
async fn way_back(client: &Client, auth0: &Auth0, public_url: &Url) -> Finding {
    const ABOUT: About = (Part::Application, "Way back");
    let found = |mark, words| finding(ABOUT.0, ABOUT.1, mark, words);
    let back = below(public_url, "auth/callback");
    let answer = match send(client.get(sign_in_at(auth0, &back)).timeout(PATIENCE)).await {
        Ok(answer) => answer,
        Err(error) => return found(Mark::Bad, why(&error)),
    };
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return puzzling(ABOUT, status, "");
    }
    if status.is_client_error() {
        return found(
            Mark::Bad,
            format!("Auth0 does not send browsers to {back} ({status}). {}", Flaw::Callback.mend()),
        );
    }
    match refusal(&answer, &back) {
        Some(code) => found(Mark::Bad, format!("Auth0 refuses a sign-in with {}. {CONNECTION}", shown_value(&code))),
        None => found(Mark::Good, format!("Auth0 sends browsers to {back}")),
    }
}

/// The address at which a sign-in begins, with nothing of anybody's.
fn sign_in_at(auth0: &Auth0, back: &Url) -> Url {
    let mut url = below(&auth0.issuer, "authorize");
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &auth0.client_id)
        .append_pair("redirect_uri", back.as_str())
        .append_pair("scope", "openid")
        .append_pair("state", MADE_UP)
        .append_pair("nonce", MADE_UP)
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .append_pair("connection", &auth0.connection);
    url
}

/// The code with which the browser would have come straight back.
fn refusal(answer: &Response, back: &Url) -> Option<String> {
    let to = Url::parse(answer.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    let ours = (to.origin(), to.path()) == (back.origin(), back.path());
    let error = to.query_pairs().find(|(name, _)| name == "error");
    error.filter(|_| ours).map(|(_, code)| code.into_owned())
}
