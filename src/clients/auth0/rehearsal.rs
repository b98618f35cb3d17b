//! A provider on loopback that misbehaves in exactly one way at a time.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::StatusCode, web};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreHmacKey, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey},
};
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Application;
use crate::clock::HeldClock;

/// The moment at which every rehearsal plays.
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const CLIENT_ID: &str = "client-1";
pub(super) const CLIENT_SECRET: &str = "canary-client-secret-0123456789abcdef";
pub(super) const ACCESS_TOKEN: &str = "canary-access-token";

pub(super) fn clock() -> Arc<HeldClock> {
    Arc::new(HeldClock::at(Timestamp::from_second(NOW).unwrap()))
}

#[expect(clippy::disallowed_methods, reason = "a test's own client, as narrow as the house's")]
pub(super) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let none = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(none).no_proxy().timeout(Duration::from_millis(1500)).build().unwrap()
}

/// Two keys for the whole run; making one takes a while.
pub(super) fn key(which: usize) -> &'static CoreRsaPrivateSigningKey {
    static KEYS: OnceLock<Vec<CoreRsaPrivateSigningKey>> = OnceLock::new();
    let make = |kid: &str| {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let pem = key.to_pkcs1_pem(LineEnding::LF).unwrap();
        CoreRsaPrivateSigningKey::from_pem(&pem, Some(JsonWebKeyId::new(kid.into()))).unwrap()
    };
    &KEYS.get_or_init(|| vec![make("key-0"), make("key-1")])[which]
}

pub(super) fn jwk(which: usize) -> Value {
    serde_json::to_value(key(which).as_verification_key()).unwrap()
}

/// One answer, word for word.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delay: Duration,
}

impl Answer {
    pub(super) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, headers, body: body.into(), delay: Duration::ZERO }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    pub(super) fn html(status: u16) -> Self {
        Self::new(status, "text/html", "<!DOCTYPE html><h1>Sorry</h1>")
    }

    pub(super) fn huge() -> Self {
        Self::json(200, &json!({ "padding": "x".repeat(10_000_000) }))
    }

    pub(super) fn never() -> Self {
        Self { delay: Duration::from_secs(5), ..Self::json(200, &json!({})) }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    async fn play(self) -> HttpResponse {
        tokio::time::sleep(self.delay).await;
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap());
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        response.body(self.body)
    }
}

/// How an ID token is signed.
#[derive(Clone, Copy)]
pub(super) enum Signature {
    Rs256(usize),
    Rs512(usize),
    Hs256(&'static [u8]),
    Hs256WithThePublicKey,
    Nothing,
    Truncated,
}

/// What was asked of the provider.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    pub(super) form: Vec<(String, String)>,
}

impl Asked {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// All that the provider will say; a test bends one thing of it.
pub(super) struct Scene {
    pub(super) base: String,
    pub(super) discovery: Value,
    pub(super) keys: Vec<Value>,
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: Signature,
    pub(super) token: Value,
    pub(super) discovery_answer: Option<Answer>,
    pub(super) keys_answer: Option<Answer>,
    pub(super) token_answer: Option<Answer>,
    pub(super) userinfo_answer: Answer,
    pub(super) revoke_answer: Answer,
    /// For the vault: one answer after the other, the last one again and again.
    pub(super) exchanges: VecDeque<Answer>,
    pub(super) asked: Vec<Asked>,
}

impl Scene {
    fn new(base: &str) -> Self {
        let at = |path: &str| format!("{base}{path}");
        Self {
            base: base.to_owned(),
            discovery: json!({
                "issuer": at("/"), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/oauth/token"),
                "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/jwks.json"),
                "end_session_endpoint": at("/oidc/logout"), "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["HS256", "RS256", "RS512", "PS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "something_new": {"nested": [1, 2]}
            }),
            keys: vec![jwk(0)],
            header: json!({ "alg": "RS256", "typ": "JWT", "kid": "key-0" }),
            claims: json!({
                "iss": at("/"), "aud": CLIENT_ID, "sub": "google-oauth2|1001", "exp": NOW + 36_000, "iat": NOW,
                "name": "Ada Lovelace", "email": "ada@example.com", "email_verified": true, "sid": "sid-1",
                "updated_at": "2026-11-20T08:00:00.000Z", "picture": "https://lh3.example/a.png", "locale": "en"
            }),
            signature: Signature::Rs256(0),
            token: json!({
                "access_token": ACCESS_TOKEN, "refresh_token": "canary-refresh-token", "expires_in": 86400,
                "token_type": "Bearer", "scope": "openid profile email offline_access"
            }),
            discovery_answer: None,
            keys_answer: None,
            token_answer: None,
            userinfo_answer: Answer::json(404, &json!({})),
            revoke_answer: Answer::new(200, "text/plain", ""),
            exchanges: VecDeque::new(),
            asked: Vec::new(),
        }
    }

    pub(super) fn times_asked(&self, path: &str) -> usize {
        self.asked.iter().filter(|asked| asked.path == path).count()
    }

    pub(super) fn id_token(&self) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&self.header), part(&self.claims));
        let rsa = |which: usize, alg| key(which).sign(&alg, input.as_bytes()).unwrap();
        let hmac = |secret: &[u8]| {
            let hs256 = CoreJwsSigningAlgorithm::HmacSha256;
            CoreHmacKey::new(secret).sign(&hs256, input.as_bytes()).unwrap()
        };
        let rs256 = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        let signature = match self.signature {
            Signature::Rs256(which) => rsa(which, rs256),
            Signature::Rs512(which) => rsa(which, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512),
            Signature::Hs256(secret) => hmac(secret),
            Signature::Hs256WithThePublicKey => hmac(jwk(0)["n"].as_str().unwrap().as_bytes()),
            Signature::Nothing => Vec::new(),
            Signature::Truncated => rsa(0, rs256)[..128].to_vec(),
        };
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn answer(&mut self, path: &str) -> Answer {
        match path {
            "/.well-known/openid-configuration" => {
                self.discovery_answer.clone().unwrap_or_else(|| Answer::json(200, &self.discovery))
            }
            "/jwks.json" => self.keys_answer.clone().unwrap_or_else(|| Answer::json(200, &json!({"keys": self.keys}))),
            "/oauth/token" if !self.exchanges.is_empty() => {
                let next = self.exchanges[0].clone();
                if self.exchanges.len() > 1 {
                    self.exchanges.pop_front();
                }
                next
            }
            "/oauth/token" => self.token_answer.clone().unwrap_or_else(|| {
                let mut token = self.token.clone();
                if token.get("id_token").is_none() {
                    token["id_token"] = self.id_token().into();
                }
                Answer::json(200, &token)
            }),
            "/userinfo" => self.userinfo_answer.clone(),
            "/oauth/revoke" => self.revoke_answer.clone(),
            _ => Answer::html(404),
        }
    }
}

/// The hash of the access token as it stands in an ID token.
pub(super) fn at_hash(access_token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

async fn play(request: HttpRequest, body: web::Bytes, scene: web::Data<Mutex<Scene>>) -> HttpResponse {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let answer = {
        let mut scene = scene.lock().unwrap();
        scene.asked.push(Asked {
            path: request.path().to_owned(),
            authorization: header.map(str::to_owned),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
        });
        scene.answer(request.path())
    };
    answer.play().await
}

/// The provider while it runs.
pub(super) struct Stage {
    pub(super) base: String,
    scene: web::Data<Mutex<Scene>>,
}

impl Stage {
    pub(super) fn open() -> Self {
        let scene = web::Data::new(Mutex::new(Scene::new("")));
        let data = scene.clone();
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(play)))
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        let base = format!("http://{}", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        *scene.lock().unwrap() = Scene::new(&base);
        Self { base, scene }
    }

    /// Everything as it should be again.
    pub(super) fn reset(&self) {
        *self.scene() = Scene::new(&self.base);
    }

    pub(super) fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap()
    }

    pub(super) fn application(&self) -> Application {
        application_at(&format!("{}/", self.base))
    }
}

pub(super) fn application_at(issuer: &str) -> Application {
    Application::new(issuer, CLIENT_ID, CLIENT_SECRET.into(), "google-oauth2").unwrap()
}
