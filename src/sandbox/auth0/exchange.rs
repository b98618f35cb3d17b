//! The Token Vault exchange: a refresh token of the tenant's for a Google token.

use serde_json::{Value, json};

use super::{
    Auth0, CONNECTION, Flaw, Setup,
    error::OAuthError,
    form::Form,
    state::Vaulted,
    token::{EXCHANGE, joined},
};
use crate::sandbox::{Person, google::TOKEN_LIFE, hold};

const SUBJECT_TYPE: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const REQUESTED_TYPE: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

impl Auth0 {
    pub(super) fn exchange_grant(&self, form: &Form) -> Result<Value, OAuthError> {
        check_shape(form)?;
        let setup = hold(&self.state).setup;
        check_setup(setup, &self.secret("mfa-"))?;
        let refresh = self.live_refresh(form.want("subject_token")?)?;
        let person = self.person(&refresh.subject).ok_or(not_found())?;
        if form.get("login_hint").is_some_and(|hint| hint != google_id(person)) {
            return Err(OAuthError::new(401, "user_not_found", "The user was not found for this login_hint"));
        }
        if form.want("connection")? != CONNECTION {
            return Err(not_found());
        }
        let mut state = hold(&self.state);
        if let Some(refresh) = state.refresh.get_mut(form.want("subject_token")?) {
            refresh.used_at = self.clock.now();
        }
        let vaulted = state.vault.get_mut(&person.subject).ok_or_else(not_found)?;
        if vaulted.refused {
            let words = "The refresh token was refused by the identity provider: Token has been expired or revoked.";
            return Err(OAuthError::new(401, "federated_connection_refresh_token_flow_failed", words));
        }
        let answer = self.google_token(person, vaulted);
        drop(state);
        Ok(self.spoilt(answer, person))
    }

    /// Auth0 keeps Google's access token and hands the same one out until it ends.
    fn google_token(&self, person: &Person, vaulted: &mut Vaulted) -> Value {
        let now = self.clock.now();
        let kept = vaulted.token.take().filter(|(_, expires_at)| *expires_at > now);
        let (token, expires_at) = kept.unwrap_or_else(|| {
            let expires_at = now + TOKEN_LIFE;
            (self.google.mint(&person.email, &vaulted.scopes, expires_at), expires_at)
        });
        vaulted.token = Some((token.clone(), expires_at));
        json!({
            "access_token": token,
            "expires_in": expires_at.duration_since(now).as_secs(),
            "scope": joined(&vaulted.scopes),
            "issued_token_type": REQUESTED_TYPE,
            "token_type": "Bearer",
        })
    }

    fn spoilt(&self, mut answer: Value, person: &Person) -> Value {
        let scopes = answer["scope"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect();
        if self.has(Flaw::VaultGivesExpiredToken) {
            answer["access_token"] = json!(self.google.mint(&person.email, &scopes, self.clock.now()));
        }
        if self.has(Flaw::VaultGivesAnothersToken)
            && let Some(other) = self.people.iter().find(|other| *other != person)
        {
            // The very token that the other one has in use, if there is one.
            let used = hold(&self.state).vault.get(&other.subject).and_then(|vaulted| vaulted.token.clone());
            let fresh = || self.google.mint(&other.email, &scopes, self.clock.now() + TOKEN_LIFE);
            answer["access_token"] = json!(used.map_or_else(fresh, |(token, _)| token));
        }
        answer
    }
}

/// The person's id at Google, without the connection's name.
fn google_id(person: &Person) -> &str {
    person.subject.split_once('|').map_or(&person.subject, |(_, id)| id)
}

fn check_shape(form: &Form) -> Result<(), OAuthError> {
    if form.get("scope").is_some() {
        return Err(OAuthError::invalid_request("scope is not allowed: the scopes are those of the connected account"));
    }
    if form.want("subject_token_type")? != SUBJECT_TYPE {
        return Err(OAuthError::invalid_request(format!("subject_token_type must be {SUBJECT_TYPE}")));
    }
    if form.want("requested_token_type")? != REQUESTED_TYPE {
        return Err(OAuthError::invalid_request(format!("requested_token_type must be {REQUESTED_TYPE}")));
    }
    Ok(())
}

fn check_setup(setup: Setup, mfa_token: &str) -> Result<(), OAuthError> {
    if !setup.exchange_allowed {
        let words = format!("Grant type '{EXCHANGE}' not allowed for the client.");
        return Err(OAuthError::new(403, "unauthorized_client", words));
    }
    if !setup.connection_for_vault {
        return Err(OAuthError::new(400, "invalid_request", "Token Vault is not enabled for the provided connection"));
    }
    if setup.rotation {
        return Err(OAuthError::new(400, "invalid_request", "Token Vault does not support rotating refresh tokens"));
    }
    if setup.mfa_always {
        let more = json!({ "mfa_token": mfa_token, "mfa_requirements": { "challenge": [{ "type": "otp" }] } });
        return Err(OAuthError::new(403, "mfa_required", "Multifactor authentication required").with(more));
    }
    Ok(())
}

fn not_found() -> OAuthError {
    OAuthError::new(
        401,
        "federated_connection_refresh_token_not_found",
        "Federated connection Refresh Token not found.",
    )
}
