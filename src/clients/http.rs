//! The one place that makes HTTP clients, so that all of them keep the same
//! rules: time-outs, no redirects (a redirect could carry a token to another
//! host), no proxy that the settings do not name, answers of a bounded size,
//! and no URL in an error (a URL can hold a code or a name).
//!
//! `HTTP_PROXY` and its kin are not obeyed: they would also catch the calls to
//! this computer. `HTTPS_PROXY` is, as a setting, for https to other hosts.

#[cfg(test)]
mod tests;

use std::{sync::OnceLock, time::Duration};

use anyhow::{Context, Result};
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, RequestBuilder, Response, redirect};
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use secrecy::ExposeSecret;
use url::Url;

use crate::settings::Outbound;

/// How long a connection may take to come about.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call of an API may take.
pub const API_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a stream may be silent: longer than whoever reads it waits.
pub const STREAM_SILENCE: Duration = Duration::from_mins(1);
/// The largest answer that is read: far above what any API here says.
pub const ANSWER_LIMIT: usize = 1024 * 1024;

/// The clients of the house; cloning one shares its connections.
#[derive(Debug, Clone)]
pub struct HttpClients {
    /// For calls with an answer of one piece.
    pub api: Client,
    /// For streams: bounded in silence, not in length.
    pub stream: Client,
    /// For calls that must not happen twice. Each gets a connection of its
    /// own: on a kept one, the server's idle close can cross the request, and
    /// nobody knows then whether it was read.
    pub once: Client,
}

impl HttpClients {
    /// Makes the clients; fails where the computer has no root certificates.
    pub fn new(outbound: &Outbound) -> Result<Self> {
        let once = house_rules(outbound)?.timeout(API_TIMEOUT).pool_max_idle_per_host(0);
        Ok(Self {
            api: house_rules(outbound)?.timeout(API_TIMEOUT).build()?,
            stream: house_rules(outbound)?.read_timeout(STREAM_SILENCE).build()?,
            once: once.retry(reqwest::retry::never()).build()?,
        })
    }
}

/// Chooses the TLS library for the process; harmless when it was chosen before.
pub fn install_tls() {
    // The error says that somebody was faster, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Reading the system's root certificates takes longer than everything else
/// about a client, so it is done once for all of them.
fn tls() -> Result<ClientConfig> {
    static TLS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(ready) = TLS.get() {
        return Ok(ready.clone());
    }
    install_tls();
    let mut fresh = ClientConfig::with_platform_verifier()
        .context("the system's root certificates cannot be read; install the package ca-certificates")?;
    fresh.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TLS.get_or_init(|| fresh).clone())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes clients")]
fn house_rules(outbound: &Outbound) -> Result<ClientBuilder> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls()?)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("teachers-aide/", env!("CARGO_PKG_VERSION")));
    let Some(proxy) = &outbound.https_proxy else { return Ok(builder) };
    let at_home = NoProxy::from_string("localhost,127.0.0.0/8,::1");
    let proxy = Proxy::https(proxy.expose_secret()).map_err(reqwest::Error::without_url).context("HTTPS_PROXY")?;
    Ok(builder.proxy(proxy.no_proxy(at_home)))
}

/// Sends a request; what goes wrong is told without the URL, which can hold a code or a name.
pub async fn send(request: RequestBuilder) -> Result<Response, reqwest::Error> {
    request.send().await.map_err(reqwest::Error::without_url)
}

/// Why an answer could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// More than [`ANSWER_LIMIT`] bytes.
    #[error("the answer is larger than {ANSWER_LIMIT} bytes")]
    TooLarge,
    /// It broke off, or did not come in time.
    #[error("the answer broke off: {0}")]
    Broken(reqwest::Error),
}

/// Reads a whole answer of at most [`ANSWER_LIMIT`] bytes.
pub async fn read_answer(mut response: Response) -> Result<Vec<u8>, AnswerError> {
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| AnswerError::Broken(error.without_url()))? {
        if answer.len() + piece.len() > ANSWER_LIMIT {
            return Err(AnswerError::TooLarge);
        }
        answer.extend_from_slice(&piece);
    }
    Ok(answer)
}

/// The URL of `path` below `base`, whether or not `base` ends in a slash.
/// (`Url::join` would drop the `v1` of `https://api.openai.com/v1`.)
pub fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    // Only a URL that cannot have a path fails here, and settings take none such.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.trim_start_matches('/').split('/'));
    }
    url
}
