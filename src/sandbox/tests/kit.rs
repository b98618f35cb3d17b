//! A client, a held clock, and the steps that most tests begin with.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    clock::{Clock, HeldClock, SystemClock},
    sandbox::{Person, Sandbox, SandboxOptions},
};

pub(super) const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
pub(super) const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
pub(super) const CALLBACK: &str = "http://localhost:8000/auth/callback";
pub(super) const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more-0";
pub(super) const EXCHANGE: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";

/// A sandbox whose clock stands still, and someone who talks to it.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    pub(super) clock: Arc<HeldClock>,
    pub(super) client: Client,
    pub(super) mary: Person,
    pub(super) daniel: Person,
}

pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) id: String,
    pub(super) refresh: String,
}

pub(super) fn stage() -> Stage {
    stage_at(0)
}

/// On this port; 0 is any that is free.
pub(super) fn stage_at(port: u16) -> Stage {
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let options = SandboxOptions { clock: clock.clone(), port, ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let [mary, daniel] = <[Person; 2]>::try_from(Person::cast()).unwrap();
    Stage { sandbox, clock, client: client(), mary, daniel }
}

#[expect(clippy::disallowed_methods, reason = "the sandbox's tests stand outside of the app and its clients")]
pub(super) fn client() -> Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20)).build().unwrap()
}

pub(super) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// The parameters of the URL that a response redirects to.
pub(super) fn landing(response: &Response) -> HashMap<String, String> {
    let location = response.headers()["location"].to_str().unwrap();
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

/// The value of the hidden ticket in a page.
pub(super) fn ticket(page: &str) -> String {
    let page = scraper::Html::parse_document(page);
    let input = scraper::Selector::parse("input[name=ticket]").unwrap();
    page.select(&input).next().unwrap().attr("value").unwrap().to_owned()
}

impl Stage {
    pub(super) fn auth0(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.issuer())
    }

    /// The query of a usual sign-in; `with` replaces and adds, and an empty value takes away.
    pub(super) fn ask(&self, with: &[(&str, &str)]) -> Vec<(String, String)> {
        let challenge = challenge();
        let usual = [
            ("client_id", self.sandbox.client_id()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("connection", "google-oauth2"),
            ("connection_scope", SEND),
            ("access_type", "offline"),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !with.iter().any(|(other, _)| other == name));
        let all = kept.chain(with.iter().copied()).filter(|(_, value)| !value.is_empty());
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    pub(super) async fn authorize(&self, with: &[(&str, &str)]) -> Response {
        self.client.get(self.auth0("authorize")).query(&self.ask(with)).send().await.unwrap()
    }

    /// Signs Mary in by hand: the page, the button, the code.
    pub(super) async fn code(&self, with: &[(&str, &str)], scopes: &[&str]) -> String {
        let page = self.authorize(with).await.text().await.unwrap();
        let ticket = ticket(&page);
        let mut form = vec![("ticket", ticket.as_str()), ("person", self.mary.subject.as_str())];
        form.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let answer = self.client.post(self.auth0("authorize/answer")).form(&form).send().await.unwrap();
        landing(&answer)["code"].clone()
    }

    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![("client_id", self.sandbox.client_id()), ("client_secret", self.sandbox.client_secret())];
        form.extend(fields);
        let response = self.client.post(self.auth0("oauth/token")).form(&form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(super) async fn trade(&self, code: &str) -> (u16, Value) {
        let grant = ("grant_type", "authorization_code");
        self.token(&[grant, ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]).await
    }

    pub(super) async fn sign_in(&self, with: &[(&str, &str)], scopes: &[&str]) -> Tokens {
        let code = self.code(with, scopes).await;
        let (status, answer) = self.trade(&code).await;
        assert_eq!(status, 200, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Tokens { access: text("access_token"), id: text("id_token"), refresh: text("refresh_token") }
    }

    pub(super) async fn exchange(&self, refresh: &str) -> (u16, Value) {
        self.exchange_with(refresh, &[]).await
    }

    pub(super) async fn exchange_with(&self, refresh: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let mut fields = vec![
            ("grant_type", EXCHANGE),
            ("subject_token", refresh),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
            ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
            ("connection", "google-oauth2"),
        ];
        fields.extend(more);
        self.token(&fields).await
    }

    /// A Google token of Mary's, by the whole way.
    pub(super) async fn google_token(&self) -> String {
        let tokens = self.sign_in(&[], &[SEND]).await;
        let (status, answer) = self.exchange(&tokens.refresh).await;
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn send(&self, token: &str, message: &str) -> Response {
        self.try_send(token, message).await.unwrap()
    }

    pub(super) async fn try_send(&self, token: &str, message: &str) -> reqwest::Result<Response> {
        let url = format!("{}/gmail/v1/users/me/messages/send", self.sandbox.google_base_url());
        let body = json!({ "raw": URL_SAFE_NO_PAD.encode(message) });
        self.client.post(url).bearer_auth(token).json(&body).send().await
    }
}

pub(super) const MESSAGE: &str = "From: Mary Okafor <mary@school.example>\r\nTo: Mateo Nguyen <mateo@example.com>\r\n\
    Subject: A step forward <in> Algebra\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Dear Mateo,\r\n\r\nthe work you put in <b>shows</b>.\r\n";
