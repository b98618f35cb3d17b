//! `/oauth/token` and `/oauth/revoke`.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    Auth0, Flaw,
    claims::Told,
    error::OAuthError,
    form::Form,
    state::{Access, Audience, Code, Refresh},
};
use crate::sandbox::{hold, wire::Decision};

pub(super) const EXCHANGE: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
/// The scopes of the My Account API that the client may have.
const ACCOUNT_SCOPES: [&str; 3] =
    ["create:me:connected_accounts", "read:me:connected_accounts", "delete:me:connected_accounts"];
const ACCESS_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Auth0's defaults: 30 days without use, and a year in all.
const REFRESH_IDLE: SignedDuration = SignedDuration::from_secs(2_592_000);
const REFRESH_LIFE: SignedDuration = SignedDuration::from_secs(31_557_600);

pub(super) async fn token(auth0: Data<Auth0>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, OAuthError> {
    let form = Form::read(&request, &body)?;
    auth0.check_client(&request, &form)?;
    let (decision, answer) = match form.want("grant_type")? {
        "authorization_code" => ("code traded", auth0.code_grant(&form)?),
        "refresh_token" => ("refresh token traded", auth0.refresh_grant(&form)?),
        EXCHANGE => ("google token handed out", auth0.exchange_grant(&form)?),
        other => {
            let words = format!("Unsupported grant type: {other}");
            return Err(OAuthError::new(403, "unsupported_grant_type", words));
        }
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.extensions_mut().insert(Decision(decision.to_owned()));
    Ok(response.json(answer))
}

/// RFC 7009: a token that is not known is no error.
pub(super) async fn revoke(auth0: Data<Auth0>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, OAuthError> {
    let form = Form::read(&request, &body)?;
    auth0.check_client(&request, &form)?;
    let known = hold(&auth0.state).refresh.remove(form.want("token")?).is_some();
    let mut response = HttpResponse::Ok();
    let decision = if known { "refresh token taken back" } else { "nothing to take back" };
    response.extensions_mut().insert(Decision(decision.to_owned()));
    Ok(response.finish())
}

impl Auth0 {
    fn code_grant(&self, form: &Form) -> Result<Value, OAuthError> {
        // A code is gone once it was shown, right or wrong (RFC 6749, 4.1.2).
        let code = hold(&self.state).codes.remove(form.want("code")?);
        let code = code.filter(|code| code.expires_at > self.clock.now());
        let code = code.ok_or(OAuthError::invalid_grant("Invalid authorization code"))?;
        check_code(&code, form)?;
        let sid = self.secret("");
        let access_token = self.access_token(&code.subject, Audience::Userinfo, code.scopes.clone());
        let mut answer = self.answer(&code.subject, &sid, code.nonce.as_deref(), &access_token, &code.scopes)?;
        if code.scopes.contains("offline_access") && !self.has(Flaw::NoRefreshToken) {
            answer["refresh_token"] = json!(self.refresh_token(code.subject, sid, code.scopes));
        }
        Ok(answer)
    }

    fn refresh_grant(&self, form: &Form) -> Result<Value, OAuthError> {
        let given = form.want("refresh_token")?;
        let refresh = self.live_refresh(given)?;
        let (setup, now) = (hold(&self.state).setup, self.clock.now());
        let my_account = format!("{}me/", self.issuer);
        let mut answer = if form.get("audience") == Some(my_account.as_str()) && setup.my_account_policy {
            self.my_account_answer(&refresh, form.get("scope").unwrap_or_default())
        } else {
            let access_token = self.access_token(&refresh.subject, Audience::Userinfo, refresh.scopes.clone());
            self.answer(&refresh.subject, &refresh.sid, None, &access_token, &refresh.scopes)?
        };
        if setup.rotation {
            answer["refresh_token"] = json!(self.refresh_token(refresh.subject, refresh.sid, refresh.scopes));
        }
        if let Some(refresh) = hold(&self.state).refresh.get_mut(given) {
            (refresh.used_at, refresh.spent) = (now, setup.rotation);
        }
        Ok(answer)
    }

    /// Scopes outside the policy are dropped without a word.
    fn my_account_answer(&self, refresh: &Refresh, scope: &str) -> Value {
        let asked = scope.split_whitespace().filter(|scope| ACCOUNT_SCOPES.contains(scope));
        let scopes: BTreeSet<String> = asked.map(str::to_owned).collect();
        let access_token = self.access_token(&refresh.subject, Audience::MyAccount, scopes.clone());
        json!({
            "access_token": access_token,
            "scope": joined(&scopes),
            "expires_in": ACCESS_LIFE.as_secs(),
            "token_type": "Bearer",
        })
    }

    /// The refresh token's grant; a spent one that comes back ends its family.
    pub(super) fn live_refresh(&self, token: &str) -> Result<Refresh, OAuthError> {
        let now = self.clock.now();
        let mut state = hold(&self.state);
        let unknown = || OAuthError::invalid_grant("Unknown or invalid refresh token.");
        let refresh = state.refresh.get(token).cloned().ok_or_else(unknown)?;
        if refresh.spent {
            state.refresh.retain(|_, other| other.sid != refresh.sid);
            return Err(unknown());
        }
        let alive = refresh.used_at + REFRESH_IDLE > now && refresh.issued_at + REFRESH_LIFE > now;
        alive.then_some(refresh).ok_or_else(unknown)
    }

    fn answer(
        &self,
        subject: &str,
        sid: &str,
        nonce: Option<&str>,
        access_token: &str,
        scopes: &BTreeSet<String>,
    ) -> Result<Value, OAuthError> {
        let person = self.person(subject).ok_or(OAuthError::invalid_grant("The user is gone"))?;
        let token_type = if self.has(Flaw::TokenTypeMac) { "mac" } else { "Bearer" };
        let mut answer = json!({
            "access_token": access_token,
            "scope": joined(scopes),
            "expires_in": ACCESS_LIFE.as_secs(),
            "token_type": token_type,
        });
        if !self.has(Flaw::NoIdToken) {
            answer["id_token"] = json!(self.id_token(&Told { person, sid, nonce, access_token }));
        }
        Ok(answer)
    }

    fn access_token(&self, subject: &str, audience: Audience, scopes: BTreeSet<String>) -> String {
        let token = self.secret("sandbox-access-");
        let now = self.clock.now();
        let access = Access { subject: subject.to_owned(), audience, scopes, expires_at: now + ACCESS_LIFE };
        let mut state = hold(&self.state);
        state.sweep(now);
        state.access.insert(token.clone(), access);
        token
    }

    fn refresh_token(&self, subject: String, sid: String, scopes: BTreeSet<String>) -> String {
        let token = self.secret("v1.sandbox-refresh-");
        let now = self.clock.now();
        let refresh = Refresh { subject, sid, scopes, issued_at: now, used_at: now, spent: false };
        hold(&self.state).refresh.insert(token.clone(), refresh);
        token
    }
}

fn check_code(code: &Code, form: &Form) -> Result<(), OAuthError> {
    if form.want("redirect_uri")? != code.redirect_uri {
        return Err(OAuthError::invalid_grant("The redirect URI is wrong."));
    }
    if !verifies(form.want("code_verifier")?, &code.challenge) {
        return Err(OAuthError::invalid_grant("Failed to verify code verifier"));
    }
    Ok(())
}

/// RFC 7636, 4.6, for S256.
pub(super) fn verifies(verifier: &str, challenge: &str) -> bool {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
}

pub(super) fn joined(scopes: &BTreeSet<String>) -> String {
    scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
