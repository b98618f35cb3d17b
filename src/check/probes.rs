//! What is tried for `--check`: the files here, discovery, and the list of models.

use std::time::Duration;

use anyhow::Result;
use reqwest::{Client, RequestBuilder, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::{
    clients::http::{below, read_answer, send},
    school::{SchoolFaults, SchoolFile},
    settings::{Auth0, Endpoint, Identity, ModelSource, Settings, existing_key, shown_value},
    setup::{Finding, Mark, Part},
};

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn finding(part: Part, about: &'static str, mark: Mark, words: impl Into<String>) -> Finding {
    Finding { about, mark, words: words.into(), in_terminal: None, part }
}

fn setting(about: &'static str, mark: Mark, words: impl Into<String>) -> Finding {
    finding(Part::Settings, about, mark, words)
}

/// What can be seen without the network.
pub(super) fn at_home(settings: &Settings) -> Vec<Finding> {
    vec![school(settings), key(settings)]
}

fn school(settings: &Settings) -> Finding {
    let path = settings.data.school.display();
    match settings.data.read_school() {
        Err(fault) => setting("School data", Mark::Bad, format!("{path}: {fault}; set SCHOOL_DATA")),
        Ok(json) => match SchoolFile::parse(&json) {
            Ok(_) => setting("School data", Mark::Good, format!("{path} can be read")),
            Err(faults) => {
                let in_terminal = Some(format!("{path}: {faults}"));
                Finding { in_terminal, ..setting("School data", Mark::Bad, how_many(&faults)) }
            }
        },
    }
}

/// The faults name students and their grades, which are nothing for a page.
fn how_many(faults: &SchoolFaults) -> String {
    let (faults, them) = match faults.iter().count() {
        1 => ("1 fault".to_owned(), "it"),
        many => (format!("{many} faults"), "them"),
    };
    format!("the school file has {faults}; teachers-aide --check in a terminal names {them}")
}

fn key(settings: &Settings) -> Finding {
    const ABOUT: &str = "Secret key";
    match existing_key(settings) {
        Ok(Some(_)) => setting(ABOUT, Mark::Good, "there, and closed to others"),
        Ok(None) => setting(ABOUT, Mark::Sandbox, "one is made at the first start and kept beside the database"),
        Err(error) => setting(ABOUT, Mark::Bad, format!("{error:#}")),
    }
}

/// Whether the identity provider tells about itself.
pub(super) async fn sign_in(client: &Client, identity: &Identity) -> Finding {
    const ABOUT: &str = "Sign-in, vault and mail";
    match identity {
        Identity::Sandbox => setting(ABOUT, Mark::Sandbox, "local stand-ins; anybody can sign in and no mail leaves"),
        Identity::Auth0(auth0) => match discovery(client, auth0).await {
            Ok(()) => setting(ABOUT, Mark::Good, format!("{} answers as itself", auth0.issuer)),
            Err(words) => setting(ABOUT, Mark::Bad, words),
        },
    }
}

async fn discovery(client: &Client, auth0: &Auth0) -> Result<(), String> {
    let issuer = auth0.issuer.as_str();
    let url = below(&auth0.issuer, ".well-known/openid-configuration");
    let (status, answer) = ask(client.get(url)).await.map_err(|why| format!("{issuer} cannot be reached: {why}"))?;
    if status != StatusCode::OK {
        return Err(format!("{issuer} answered {status}; is AUTH0_DOMAIN or AUTH0_ISSUER right?"));
    }
    match answer["issuer"].as_str() {
        Some(told) if told == issuer => Ok(()),
        Some(told) => Err(format!("{issuer} calls itself {}; set AUTH0_ISSUER to that", shown_value(told))),
        None => Err(format!("{issuer} answered something else than OpenID discovery; is AUTH0_DOMAIN right?")),
    }
}

/// Whether the endpoint takes the key and knows the model.
pub(super) async fn model(client: &Client, model: &ModelSource) -> Finding {
    const ABOUT: &str = "Model";
    match model {
        ModelSource::Sandbox => finding(Part::Models, ABOUT, Mark::Sandbox, "a scripted stand-in answers"),
        ModelSource::Endpoint(endpoint) => {
            let (mark, words) = models(client, endpoint).await;
            finding(Part::Models, ABOUT, mark, words)
        }
    }
}

async fn models(client: &Client, endpoint: &Endpoint) -> (Mark, String) {
    let base = endpoint.base_url.as_str();
    let (status, answer) = match ask(listing(client, endpoint)).await {
        Ok(answered) => answered,
        Err(why) => return (Mark::Bad, format!("{base} cannot be reached: {why}")),
    };
    match status.as_u16() {
        200..=299 => listed(endpoint, &answer),
        401 | 403 => (Mark::Bad, format!("{base} refuses the key ({status}); check OPENAI_API_KEY")),
        // Not every compatible server has this list.
        404 | 405 | 501 => (
            Mark::Doubt,
            format!("{base} answers, but lists no models ({status}); check OPENAI_BASE_URL if questions fail"),
        ),
        429 => (Mark::Doubt, format!("{base} answers, but a limit is reached ({status})")),
        _ => (Mark::Bad, format!("{base} answered {status}; check OPENAI_BASE_URL")),
    }
}

fn listing(client: &Client, endpoint: &Endpoint) -> RequestBuilder {
    let request = client.get(below(&endpoint.base_url, "models"));
    match &endpoint.api_key {
        Some(key) => request.bearer_auth(key.expose_secret()),
        None => request,
    }
}

fn listed(endpoint: &Endpoint, answer: &Value) -> (Mark, String) {
    let (base, model): (&Url, &str) = (&endpoint.base_url, &endpoint.model);
    let knows = answer["data"].as_array().into_iter().flatten().any(|entry| entry["id"] == model);
    if knows {
        (Mark::Good, format!("{base} knows {}", shown_value(model)))
    } else {
        (Mark::Doubt, format!("{base} answers, but does not list {}; check OPENAI_MODEL", shown_value(model)))
    }
}

/// Status and JSON; whatever is not JSON counts as null.
pub(super) async fn ask(request: RequestBuilder) -> Result<(StatusCode, Value), String> {
    let response = send(request.timeout(PATIENCE)).await.map_err(|error| why(&error))?;
    let status = response.status();
    let body = read_answer(response).await.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

pub(super) fn why(error: &reqwest::Error) -> String {
    let words = if error.is_timeout() {
        "no answer came in time"
    } else if error.is_connect() {
        "no connection came about; check the name, the network and HTTPS_PROXY"
    } else {
        "the connection broke"
    };
    words.to_owned()
}
