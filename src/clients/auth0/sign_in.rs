//! Signing in and out with OpenID Connect: code flow, PKCE, state, nonce.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    AccessToken, AuthorizationCode, ClientId, CsrfToken, EndSessionUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RequestTokenError, Scope as OidcScope,
    StandardErrorResponse, TokenResponse, UserInfoError,
    core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreTokenType},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    application::Application,
    id_token::{self, IdTokenError},
    logout_token::{self, LogoutTokenError},
    person::Person,
    provider::{Claims, Discovery, MoreClaims, Provider, SignedIdToken, TokenAnswer},
    wire::{WireError, is_token, quote},
};
use crate::{
    clock::{Clock, Ids},
    identity::{Attempt, Callback, LogoutNotice, RefreshToken, SignIn, SignInError, SignedIn},
    setup::{Fault, Flaw},
    vault::Scope,
};

/// What is asked of the provider itself, beside `openid`, which the crate adds.
const SCOPES: [&str; 3] = ["profile", "email", "offline_access"];

/// The identity provider, spoken to over the wire.
pub struct Auth0SignIn {
    application: Application,
    connection_scopes: Vec<String>,
    discovery: Discovery,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Auth0SignIn {
    /// `redirect` is this house's callback; `connection_scopes` is what Google
    /// is asked to grant along the way. `http` must not follow redirects.
    pub fn new(
        application: Application,
        redirect: Url,
        connection_scopes: &[Scope],
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, url::ParseError> {
        let discovery = Discovery::new(application.clone(), redirect, http.clone(), Arc::clone(&clock))?;
        let connection_scopes = connection_scopes.iter().map(Scope::to_string).collect();
        Ok(Self { application, connection_scopes, discovery, http, clock, ids })
    }

    /// Asks the provider who it is, to learn before a teacher does that it
    /// cannot be reached or is not the one that was configured.
    pub async fn probe(&self) -> Result<(), SignInError> {
        self.discovery.provider().await.map(|_| ())
    }

    fn secret(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.ids.secret())
    }

    /// What Google is asked for: the usual, and these; each once, by commas.
    fn connection_scopes(&self, more: &[String]) -> String {
        let fresh = more.iter().filter(|scope| !self.connection_scopes.contains(scope));
        self.connection_scopes.iter().chain(fresh).map(String::as_str).collect::<Vec<_>>().join(",")
    }

    fn new_attempt(&self) -> Attempt {
        Attempt {
            state: self.secret(),
            nonce: self.secret(),
            verifier: self.secret(),
            begun_at: self.clock.now().as_second(),
        }
    }

    /// The mix-up defence: another provider's code must not be traded here.
    fn check_answerer(&self, provider: &Provider, callback: &Callback) -> Result<(), SignInError> {
        match &callback.iss {
            Some(iss) if *iss == self.application.issuer => Ok(()),
            Some(_) => Err(SignInError::Refused("another provider answered (iss)".into())),
            None if provider.names_itself() => {
                Err(SignInError::Refused("the answer does not name its provider".into()))
            }
            None => Ok(()),
        }
    }

    async fn trade(
        &self,
        provider: &Provider,
        callback: &Callback,
        attempt: &Attempt,
    ) -> Result<TokenAnswer, SignInError> {
        let answer = provider
            .client
            .exchange_code(AuthorizationCode::new(callback.code.expose_secret().to_owned()))
            .map_err(|_| SignInError::Refused("the provider names no token endpoint".into()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(&self.discovery.wire)
            .await
            .map_err(not_traded)?;
        if *answer.token_type() != CoreTokenType::Bearer {
            return Err(SignInError::Refused("the access token is not a bearer token".into()));
        }
        Ok(answer)
    }

    async fn believe<'t>(
        &self,
        provider: &Arc<Provider>,
        id_token: &'t SignedIdToken,
        access_token: &AccessToken,
        nonce: &Nonce,
    ) -> Result<&'t Claims, SignInError> {
        let now = self.clock.now();
        let refuse = |why: IdTokenError| SignInError::Refused(format!("the ID token is not believed: {why}"));
        match id_token::verify(&provider.client, id_token, access_token, nonce, now) {
            // The provider may have changed its keys since they were fetched.
            Err(IdTokenError::UnknownKey) => match self.discovery.with_newer_keys(provider).await? {
                Some(newer) => id_token::verify(&newer.client, id_token, access_token, nonce, now).map_err(refuse),
                None => Err(refuse(IdTokenError::UnknownKey)),
            },
            known => known.map_err(refuse),
        }
    }

    /// What the ID token tells of the person, and what userinfo adds where the
    /// address is missing. Userinfo that cannot be had is done without.
    async fn person(&self, provider: &Provider, claims: &Claims, access: &AccessToken) -> Result<Person, SignInError> {
        let person = Person::of_claims(claims);
        let askable = provider.client.user_info_url().is_some() && is_token(access.secret());
        if person.email.is_some() || !askable {
            return Ok(person);
        }
        let request = provider.client.user_info(access.clone(), Some(claims.subject().clone()));
        let Ok(request) = request else { return Ok(person) };
        match request.request_async::<MoreClaims, _, CoreGenderClaim>(&self.discovery.wire).await {
            Ok(more) => Ok(person.or(&more)),
            Err(UserInfoError::ClaimsVerification(_)) => {
                Err(SignInError::Refused("userinfo tells of another person than the ID token".into()))
            }
            // Without the causes: a parser's words could quote the person's data.
            Err(error) => {
                tracing::warn!(why = %quote(&error.to_string()), "userinfo cannot be had; the sign-in goes on without");
                Ok(person)
            }
        }
    }
}

#[async_trait]
impl SignIn for Auth0SignIn {
    async fn begin(&self, consent: Option<&[String]>) -> Result<(Url, Attempt), SignInError> {
        let provider = self.discovery.provider().await?;
        let attempt = self.new_attempt();
        let (state, nonce) = (CsrfToken::new(attempt.state.clone()), Nonce::new(attempt.nonce.clone()));
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(attempt.verifier.clone()));
        let mut request = provider
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
            .add_scopes(SCOPES.map(|scope| OidcScope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .add_extra_param("connection", self.application.connection.as_str())
            // Passed on to Google, which otherwise gives no refresh token.
            .add_extra_param("access_type", "offline");
        let scopes = self.connection_scopes(consent.unwrap_or_default());
        if !scopes.is_empty() {
            request = request.add_extra_param("connection_scope", scopes);
        }
        if consent.is_some() {
            request = request.add_prompt(CoreAuthPrompt::Consent);
        }
        Ok((request.url().0, attempt))
    }

    async fn complete(&self, callback: &Callback, attempt: &Attempt) -> Result<SignedIn, SignInError> {
        attempt.check(self.clock.now())?;
        if !attempt.answers(&callback.state) {
            return Err(SignInError::Stale("its state is that of another attempt"));
        }
        let provider = self.discovery.provider().await?;
        self.check_answerer(&provider, callback)?;
        let answer = self.trade(&provider, callback, attempt).await?;
        let id_token = answer.id_token().ok_or_else(|| SignInError::Refused("no ID token came".into()))?;
        let nonce = Nonce::new(attempt.nonce.clone());
        let claims = self.believe(&provider, id_token, answer.access_token(), &nonce).await?;
        let person = self.person(&provider, claims, answer.access_token()).await?;
        let email = person.email.unwrap_or_default();
        Ok(SignedIn {
            issuer: self.application.issuer.clone(),
            subject: claims.subject().to_string(),
            name: person.name.unwrap_or_else(|| email.clone()),
            email,
            email_verified: person.email_verified,
            sid: claims.additional_claims().sid.clone(),
            id_token: id_token.to_string().into(),
            refresh_token: answer.refresh_token().map(|token| RefreshToken(token.secret().clone().into())),
        })
    }

    async fn sign_out_url(&self, id_token: Option<&SecretString>, return_to: &Url) -> Result<Url, SignInError> {
        // A provider that cannot be asked just now is still worth sending the
        // browser to: else its session outlives ours, and the next person at
        // this computer is signed in by one click.
        let provider = self.discovery.provider().await.ok();
        Ok(match provider.as_ref().and_then(|provider| provider.end_session()) {
            Some(address) => self.oidc_logout(address, id_token, return_to),
            None => self.auth0_logout(return_to),
        })
    }

    async fn logout_notice(&self, token: &str) -> Result<LogoutNotice, SignInError> {
        let (issuer, client, now) = (&self.application.issuer, &self.application.client_id, self.clock.now());
        let provider = self.discovery.provider().await?;
        let read = |provider: &Provider| logout_token::verify(token, provider.keys(), issuer, client, now);
        let believed = match read(&provider) {
            Err(LogoutTokenError::UnknownKey) => match self.discovery.with_newer_keys(&provider).await? {
                Some(newer) => read(&newer),
                None => Err(LogoutTokenError::UnknownKey),
            },
            believed => believed,
        };
        believed.map_err(|why| SignInError::Refused(format!("the logout token is not believed: {why}")))
    }

    async fn revoke(&self, token: &RefreshToken) -> Result<(), SignInError> {
        let form = [
            ("client_id", self.application.client_id.as_str()),
            ("client_secret", self.application.client_secret.expose_secret()),
            ("token", token.0.expose_secret()),
        ];
        let sent = self.http.post(self.application.at("oauth/revoke")).form(&form).send().await;
        let status = sent.map_err(|error| SignInError::Unavailable(WireError::from(error).to_string()))?.status();
        if status.is_success() {
            Ok(())
        } else if status.is_server_error() || status.as_u16() == 429 {
            Err(SignInError::Unavailable(format!("the revocation was answered with {status}")))
        } else {
            Err(SignInError::Refused(format!("the revocation was answered with {status}")))
        }
    }
}

impl Auth0SignIn {
    fn oidc_logout(&self, address: &Url, id_token: Option<&SecretString>, return_to: &Url) -> Url {
        let mut request = LogoutRequest::from(EndSessionUrl::from_url(address.clone()))
            .set_client_id(ClientId::new(self.application.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(return_to.clone()));
        if let Some(hint) = id_token.and_then(|hint| hint.expose_secret().parse::<SignedIdToken>().ok()) {
            request = request.set_id_token_hint(&hint);
        }
        request.http_get_url()
    }

    fn auth0_logout(&self, return_to: &Url) -> Url {
        let mut url = self.application.at("v2/logout");
        url.query_pairs_mut()
            .append_pair("client_id", &self.application.client_id)
            .append_pair("returnTo", return_to.as_str());
        url
    }
}

/// Why the code was not traded, by what one can do about it.
fn not_traded(error: RequestTokenError<WireError, StandardErrorResponse<CoreErrorResponseType>>) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(said) => refused_by_provider(&said),
        RequestTokenError::Request(WireError::Elsewhere(address)) => {
            let seen = format!("the token endpoint lies at {address}, which is not the issuer's address");
            SignInError::Operator(Fault::of(Flaw::Address, seen))
        }
        RequestTokenError::Request(error) => SignInError::Unavailable(error.to_string()),
        // The body may hold tokens, and so may the parser's own words: only
        // the place where it stumbled is told.
        RequestTokenError::Parse(stumbled, _) => {
            SignInError::Refused(format!("the token answer cannot be read at {}", quote(&stumbled.path().to_string())))
        }
        RequestTokenError::Other(why) => SignInError::Unavailable(quote(&why)),
    }
}

fn refused_by_provider(said: &StandardErrorResponse<CoreErrorResponseType>) -> SignInError {
    let code = said.error();
    let why = said.error_description().map(|why| quote(why)).unwrap_or_default();
    match code {
        CoreErrorResponseType::InvalidGrant => SignInError::Stale("its code is spent, too old or not ours"),
        CoreErrorResponseType::Extension(code)
            if matches!(code.as_str(), "server_error" | "temporarily_unavailable" | "too_many_requests") =>
        {
            SignInError::Unavailable(format!("{code}: {why}"))
        }
        code => {
            let flaw = match code.as_ref() {
                "invalid_client" | "access_denied" => Flaw::Credentials,
                "unauthorized_client" | "unsupported_grant_type" => Flaw::SignInGrants,
                _ => Flaw::Other,
            };
            let seen = format!("the code was not traded ({} {why})", quote(code.as_ref()));
            SignInError::Operator(Fault::of(flaw, seen))
        }
    }
}

#[cfg(test)]
mod tests;
