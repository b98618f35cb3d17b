//! What an operator reads, against stand-ins on this computer.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
};

use super::*;
use crate::{
    clients::http::install_tls,
    sandbox::{Sandbox, SandboxOptions, Setup},
};

/// Answers each path with a status and a body, and wants the key for models.
async fn provider(
    issuer_tells: Option<&'static str>,
    models: (u16, &'static str),
    token: (u16, &'static str),
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let issuer = issuer_tells.map_or_else(|| base.clone(), str::to_owned);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let length = socket.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let (status, body) = if request.starts_with("GET /.well-known/openid-configuration ") {
                (200, format!(r#"{{"issuer":"{issuer}"}}"#))
            } else if request.starts_with("POST /oauth/token ") {
                (token.0, token.1.to_owned())
            } else if request.starts_with("GET /authorize?") {
                (200, String::new())
            } else if request.starts_with("GET /v1/models ") && request.contains("Bearer canary-key") {
                (models.0, models.1.to_owned())
            } else {
                (401, String::new())
            };
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    base
}

async fn report(process: &[(&str, &str)], dot_env: &str) -> (bool, String) {
    let process: BTreeMap<_, _> = process.iter().copied().collect();
    let lookup = |name: &str| process.get(name).map(|value| (*value).to_owned());
    let mut page = Vec::new();
    let works = run(&Environment::of(lookup, dot_env).unwrap(), &mut page).await.unwrap();
    (works, String::from_utf8(page).unwrap())
}

/// A school file and a place for the database, so that only what is tested can fail.
fn home() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let school = folder.path().join("school.json");
    std::fs::write(&school, include_str!("../../data/school.json")).unwrap();
    let database = folder.path().join("aide.db");
    let dot_env = format!("SCHOOL_DATA={}\nDATABASE_URL=sqlite://{}\n", school.display(), database.display());
    (folder, dot_env)
}

#[tokio::test]
async fn the_sandbox_is_named_and_not_tried_and_no_file_is_made() {
    let (folder, dot_env) = home();
    let (works, page) = report(&[("PORT", "8123")], &dot_env).await;
    assert!(works, "{page}");
    for line in [
        "  PORT = \"8123\", from the environment",
        "  HOST = \"127.0.0.1\", the default",
        "  AUTH0_DOMAIN is not set\n      The Auth0 tenant's host name",
        "  sandbox  Model: a scripted stand-in answers",
        "  sandbox  Sign-in, vault and mail: local stand-ins",
        "  sandbox  Secret key: one is made at the first start",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    assert!(page.contains(".json\", from .env"), "{page}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

const KNOWS_NO_SUCH_TOKEN: (u16, &str) = (403, r#"{"error":"invalid_grant"}"#);

async fn real(issuer_tells: Option<&'static str>, models: (u16, &'static str)) -> (bool, String) {
    real_with(issuer_tells, models, KNOWS_NO_SUCH_TOKEN).await
}

async fn real_with(
    issuer_tells: Option<&'static str>,
    models: (u16, &'static str),
    token: (u16, &'static str),
) -> (bool, String) {
    let base = provider(issuer_tells, models, token).await;
    let (_folder, dot_env) = home();
    let process = [
        ("AUTH0_DOMAIN", "school.eu.auth0.com"),
        ("AUTH0_ISSUER", &base),
        ("AUTH0_CLIENT_ID", "client-1"),
        ("AUTH0_CLIENT_SECRET", "canary-secret"),
        ("APP_SECRET_KEY", "ca0c3a9be1d24478a6c10e92f7b38d5406e2c9a1b47f35d8806a1e4b9c72d3f1"),
        ("OPENAI_API_KEY", "canary-key"),
        ("OPENAI_BASE_URL", &format!("{base}v1")),
        ("HTTPS_PROXY", "http://u:canary-proxy@127.0.0.1:1"),
    ];
    let (works, page) = report(&process, &dot_env).await;
    for secret in ["canary", "ca0c3a9b"] {
        assert!(!page.contains(secret), "{secret} in {page}");
    }
    (works, page)
}

#[tokio::test]
async fn real_services_are_tried_and_no_secret_is_shown() {
    let (works, page) = real(None, (200, r#"{"data":[{"id":"gpt-4.1-mini"}]}"#)).await;
    assert!(works, "{page}");
    assert!(page.contains("OPENAI_API_KEY = (set, not shown), from the environment"), "{page}");
    assert_eq!(page.matches("  ok  ").count(), 7, "{page}");
}

#[tokio::test]
async fn each_trouble_is_told_with_what_to_do() {
    let table = [
        (
            Some("https://other.example/"),
            (200, r#"{"data":[{"id":"gpt-4.1-mini"}]}"#),
            false,
            "set AUTH0_ISSUER to that",
        ),
        (None, (401, ""), false, "check OPENAI_API_KEY"),
        (None, (500, ""), false, "check OPENAI_BASE_URL"),
        (None, (404, ""), true, "lists no models"),
        (None, (200, r#"{"data":[{"id":"llama"}]}"#), true, "does not list \"gpt-4.1-mini\""),
    ];
    for (issuer, models, expected, words) in table {
        let (works, page) = real(issuer, models).await;
        assert_eq!(works, expected, "{page}");
        assert!(page.contains(words), "{words} in {page}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_so() {
    let (_folder, dot_env) = home();
    // Bound, so that nobody else gets the port; and nobody listens.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let base = format!("http://{}/v1", closed.local_addr().unwrap());
    let (works, page) = report(&[("OPENAI_BASE_URL", &base)], &dot_env).await;
    assert!(!works && page.contains("cannot be reached: no connection came about"), "{page}");
}

#[tokio::test]
async fn faults_are_told_together_and_nothing_is_tried() {
    let (works, page) =
        report(&[("PORT", "eight"), ("DATABASE_URL", "postgres://u:canary@db/x")], "AUTH0_CLIENTID=x").await;
    assert!(!works);
    for words in ["PORT is \"eight\"", "DATABASE_URL is", "Nothing was tried", "\"AUTH0_CLIENTID\" stands in .env"] {
        assert!(page.contains(words), "{words} in {page}");
    }
    assert!(!page.contains("canary"), "{page}");
}

#[tokio::test]
async fn a_school_file_that_is_not_there_is_told_so() {
    let (works, page) = report(&[("SCHOOL_DATA", "/nowhere/school.json")], "").await;
    assert!(!works && page.contains("FAILED   School data: /nowhere/school.json"), "{page}");
}

/// What the check says of a tenant that is set up like this.
async fn of_tenant(set_up: fn(&mut Setup), also: &[(&str, &str)]) -> (bool, String) {
    install_tls();
    let mut setup = Setup::default();
    set_up(&mut setup);
    let sandbox = Sandbox::start(SandboxOptions { setup, ..SandboxOptions::default() }).unwrap();
    let (_folder, dot_env) = home();
    let model = sandbox.model_base_url();
    let mut process = vec![
        ("AUTH0_DOMAIN", "localhost"),
        ("AUTH0_ISSUER", sandbox.issuer()),
        ("AUTH0_CLIENT_ID", sandbox.client_id()),
        ("AUTH0_CLIENT_SECRET", sandbox.client_secret()),
        ("APP_SECRET_KEY", "ca0c3a9be1d24478a6c10e92f7b38d5406e2c9a1b47f35d8806a1e4b9c72d3f1"),
        ("OPENAI_BASE_URL", &model),
        ("OPENAI_API_KEY", "canary-key"),
    ];
    process.retain(|(name, _)| !also.iter().any(|(other, _)| other == name));
    process.extend(also);
    let (works, page) = report(&process, &dot_env).await;
    for secret in [sandbox.client_secret(), "ca0c3a9b", "canary-key"] {
        assert!(!page.contains(secret), "{secret} in {page}");
    }
    (works, page)
}

/// The switch, the settings that differ, the part that is wrong, and the click that mends it.
type Row = (fn(&mut Setup), &'static [(&'static str, &'static str)], &'static str, &'static str);

#[tokio::test]
async fn each_wrong_switch_of_the_tenant_is_named_with_the_click_that_mends_it() {
    let (_, page) = of_tenant(|_| {}, &[]).await;
    for line in ["  ok       Application: ", "  ok       Token Vault: ", "  ok       Way back: "] {
        assert!(page.contains(line), "{line} in {page}");
    }
    let table: [Row; 7] = [
        (|setup| setup.exchange_allowed = false, &[], "Token Vault", "Grant Types: tick Token Vault"),
        (|setup| setup.connection_for_vault = false, &[], "Token Vault", "Purpose must be"),
        (|setup| setup.rotation = true, &[], "Token Vault", "Refresh Token Rotation must be off"),
        (|setup| setup.mfa_always = true, &[], "Token Vault", "the policy must not be Always"),
        (|_| {}, &[("AUTH0_CLIENT_SECRET", "copied-wrongly")], "Application", "copy both again into AUTH0_CLIENT_ID"),
        (
            |_| {},
            &[("PUBLIC_URL", "https://aide.school.example")],
            "Way back",
            "Allowed Callback URLs: add this site's",
        ),
        (|_| {}, &[("AUTH0_CONNECTION", "google-of-old")], "Way back", "switch AUTH0_CONNECTION on"),
    ];
    let mut missed = Vec::new();
    for (set_up, also, about, mends) in table {
        let (works, page) = of_tenant(set_up, also).await;
        let line = page.lines().find(|line| line.contains(&format!("  {about}: "))).unwrap_or_default();
        if works || !line.contains("FAILED") || !line.contains(mends) {
            missed.push(format!("{mends}: {line}"));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test]
async fn a_refused_grant_is_a_fault_and_an_answer_that_says_nothing_of_it_is_a_doubt() {
    let table = [
        ((403, r#"{"error":"unauthorized_client"}"#), "  FAILED   Application: ", "and Refresh Token"),
        ((403, r#"{"error":"mfa_required"}"#), "  look     Application: ", "does not tell"),
        ((429, r#"{"error":"too_many_requests"}"#), "  look     Application: ", "try again in a while"),
        ((503, "<html>"), "  look     Token Vault: ", "try again in a while"),
        ((404, ""), "  look     Token Vault: ", "does not tell"),
    ];
    for (token, about, words) in table {
        let (_, page) = real_with(None, (200, r#"{"data":[{"id":"gpt-4.1-mini"}]}"#), token).await;
        let found = page.lines().any(|line| line.starts_with(about) && line.contains(words));
        assert!(found, "{about}{words} in {page}");
    }
}
