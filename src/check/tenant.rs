//! What the tenant itself says about its set-up, without a person: three
//! questions whose answers differ by the switch that is wrong. The tokens in
//! them are made up, so nothing is traded and nobody is signed in.

use reqwest::{Client, Response, StatusCode, header::LOCATION};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::{
    Mark, Verdict,
    probes::{PATIENCE, ask, verdict, why},
};
use crate::{
    clients::{
        auth0::{CONNECTION_TOKEN, EXCHANGE_GRANT, REFRESH_TOKEN},
        http::{below, send},
    },
    settings::{Auth0, shown_value},
};

/// No token of anybody's.
const MADE_UP: &str = "teachers-aide-check";
/// As long as a real one; nobody has what it was made of.
const CHALLENGE: &str = "teachers-aide-check-teachers-aide-check-tea";

const SECRET: &str = "the client id or the client secret is not taken. Auth0, Applications > this application > Settings: \
                      copy both again into AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET; and Credentials: Client Secret (Post)";
const REFRESH: &str = "refresh tokens are not allowed for this application. Auth0, Applications > this application > \
                       Settings > Advanced Settings > Grant Types: tick Refresh Token";
const VAULT: &str = "the Token Vault is not allowed for this application. Auth0, Applications > this application > \
                     Settings > Advanced Settings > Grant Types: tick Token Vault; the application must be first-party";
const MFA: &str = "the exchange asks for a second factor, which nobody can answer. Auth0, Security > Multi-factor Auth: \
                   the policy must not be Always";
const PURPOSE: &str = "the Token Vault does not take this connection or this application. Auth0, Authentication > Social > \
                       the Google connection: Purpose must be Authentication and Connected Accounts for Token Vault, and \
                       under Applications it must be on for this one; Applications > this application > Settings: \
                       Refresh Token Rotation must be off";
const CALLBACK: &str = "Auth0, Applications > this application > Settings > Allowed Callback URLs: add it, letter by \
                        letter; or set PUBLIC_URL";
const CONNECTION: &str = "Auth0, Applications > this application > Connections: switch AUTH0_CONNECTION on; and Settings > \
                          Advanced Settings > Grant Types: tick Authorization Code";
const UNSEEN: &str = "answers as it should. Not to be seen without a teacher, and told in the log when it matters: the My \
                      Account API and its policy for refresh tokens, Offline Access, and Google's consent screen \
                      (in Testing it ends after 7 days)";

/// Asks the tenant about the application, the vault and the address to come back to.
pub(super) async fn verdicts(client: &Client, auth0: &Auth0, public_url: &Url) -> Vec<Verdict> {
    let (refresh, exchange) = ([("grant_type", "refresh_token"), ("refresh_token", MADE_UP)], exchange_of(auth0));
    let (refresh, exchange, way_back) = tokio::join!(
        traded(client, auth0, &refresh),
        traded(client, auth0, &exchange),
        way_back(client, auth0, public_url)
    );
    vec![
        told("Application", refresh, application, "the client secret is taken, and refresh tokens are allowed"),
        told("Token Vault", exchange, vault, UNSEEN),
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
fn application(code: &str) -> Option<&'static str> {
    matches!(code, "unauthorized_client" | "unsupported_grant_type").then_some(REFRESH)
}

/// What a refusal of the exchange says about the set-up.
fn vault(code: &str) -> Option<&'static str> {
    match code {
        "unauthorized_client" | "unsupported_grant_type" => Some(VAULT),
        "mfa_required" => Some(MFA),
        "invalid_request" => Some(PURPOSE),
        _ => None,
    }
}

fn told(about: &'static str, answered: Answered, fault: fn(&str) -> Option<&'static str>, good: &str) -> Verdict {
    let (status, code) = match answered {
        Ok(answered) => answered,
        Err(why) => return verdict(about, Mark::Bad, why),
    };
    match code.as_str() {
        // A token that does not exist was looked for: all that comes before is in order.
        "invalid_grant" | "expired_token" => verdict(about, Mark::Good, good),
        "invalid_client" | "access_denied" => verdict(about, Mark::Bad, SECRET),
        code => fault(code).map_or_else(|| puzzling(about, status, code), |words| verdict(about, Mark::Bad, words)),
    }
}

/// An answer that tells nothing about the set-up.
fn puzzling(about: &'static str, status: StatusCode, code: &str) -> Verdict {
    let words = if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        format!("Auth0 answered {status}; try again in a while")
    } else {
        format!("Auth0 answered {status} {}, which does not tell whether it would work", shown_value(code))
    };
    verdict(about, Mark::Doubt, words)
}

/// Whether the tenant would send a browser back here.
async fn way_back(client: &Client, auth0: &Auth0, public_url: &Url) -> Verdict {
    const ABOUT: &str = "Way back";
    let back = below(public_url, "auth/callback");
    let answer = match send(client.get(sign_in_at(auth0, &back)).timeout(PATIENCE)).await {
        Ok(answer) => answer,
        Err(error) => return verdict(ABOUT, Mark::Bad, why(&error)),
    };
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return puzzling(ABOUT, status, "");
    }
    if status.is_client_error() {
        let words = format!("Auth0 does not send browsers to {back} ({status}). {CALLBACK}");
        return verdict(ABOUT, Mark::Bad, words);
    }
    match refusal(&answer, &back) {
        Some(code) => {
            verdict(ABOUT, Mark::Bad, format!("Auth0 refuses a sign-in with {}. {CONNECTION}", shown_value(&code)))
        }
        None => verdict(ABOUT, Mark::Good, format!("Auth0 sends browsers to {back}")),
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
