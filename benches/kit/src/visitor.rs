//! A client: signs in, posts a message, and follows the answer to its end.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use reqwest::{
    Client, RequestBuilder, Response,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
};
use serde_json::Value;
use tokio::{sync::Semaphore, time::Instant};
use url::Url;

use crate::ask::{Ask, FIRST, LAST};

/// Who sends turns, and where to.
#[derive(Clone)]
pub(crate) enum Visitor {
    /// To the application, with a session.
    App { http: Client, base: String, cookie: String, token: String },
    /// To the floor.
    Floor { http: Client, base: String },
}

/// How long an answer took, from sending the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// Until the first word was there.
    pub(crate) first: Duration,
}

impl Visitor {
    /// Signs in at the sandbox, over the same requests as a browser.
    pub(crate) async fn sign_in(http: &Client, base: &str) -> anyhow::Result<Self> {
        let leave = http.get(format!("{base}/auth/login")).send().await?;
        let cookie = cookie_of(&leave).context("no cookie at /auth/login")?;
        let provider = location_of(&leave)?;
        let page = http.get(provider.clone()).send().await?.text().await?;
        let form = [("ticket", value_of(&page, "ticket")?), ("person", value_of(&page, "person")?)];
        let agreed = http.post(provider.join("/auth0/authorize/answer")?).form(&form).send().await?;
        let back = http.get(location_of(&agreed)?).header(COOKIE, &cookie).send().await?;
        let cookie = cookie_of(&back).context("no cookie at the callback")?;
        let page = http.get(format!("{base}/chat")).header(COOKIE, &cookie).send().await?.text().await?;
        let token = value_of(&page, "token")?;
        Ok(Self::App { http: http.clone(), base: base.to_owned(), cookie, token })
    }

    pub(crate) fn to_floor(http: &Client, base: &str) -> Self {
        Self::Floor { http: http.clone(), base: base.to_owned() }
    }

    /// One turn. `begun` gets a permit when the first word is there.
    pub(crate) async fn turn(&self, ask: &Ask, begun: Option<Arc<Semaphore>>) -> anyhow::Result<Answer> {
        let sent = Instant::now();
        let stream = match self {
            Self::App { http, base, cookie, token } => {
                let own =
                    |request: RequestBuilder| request.header(COOKIE, cookie).header("sec-fetch-site", "same-origin");
                let post = own(http.post(format!("{base}/chat"))).header(ACCEPT, "application/json");
                let post = post.header("x-form-token", token);
                let answer = post.form(&[("words", ask.to_string())]).send().await?;
                ensure!(answer.status().is_success(), "POST /chat: {}", answer.status());
                let answer: Value = answer.json().await?;
                let turn = answer["turn"].as_str().context("no turn")?;
                own(http.get(format!("{base}/turns/{turn}/events"))).send().await?
            }
            Self::Floor { http, base } => http.post(format!("{base}/turn")).body(ask.to_string()).send().await?,
        };
        ensure!(stream.status().is_success(), "the stream: {}", stream.status());
        let first = follow(stream, sent, begun).await?;
        Ok(Answer { first })
    }
}

/// Reads to the end; returns when the first word came. An answer that is not
/// whole is an error.
async fn follow(mut stream: Response, sent: Instant, begun: Option<Arc<Semaphore>>) -> anyhow::Result<Duration> {
    let mut first = None;
    let mut read: Vec<u8> = Vec::new();
    while let Some(piece) = stream.chunk().await? {
        read.extend_from_slice(&piece);
        if first.is_none() && holds(&read, FIRST) {
            first = Some(sent.elapsed());
            if let Some(begun) = &begun {
                begun.add_permits(1);
            }
        }
        if first.is_some() && read.len() > 8 * TAIL {
            read.drain(..read.len() - TAIL);
        }
    }
    ensure!(holds(&read, LAST), "the answer has no end: {}", String::from_utf8_lossy(&read));
    ensure!(holds(&read, r#""done""#), "the turn is not done");
    first.context("the answer has no beginning")
}

/// Enough to hold the last word and what is around it.
const TAIL: usize = 4096;

fn holds(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window == word.as_bytes())
}

fn cookie_of(answer: &Response) -> Option<String> {
    let cookie = answer.headers().get(SET_COOKIE)?.to_str().ok()?;
    Some(cookie.split(';').next()?.to_owned())
}

fn location_of(answer: &Response) -> anyhow::Result<Url> {
    let location = answer.headers().get(LOCATION).with_context(|| format!("no redirect but {}", answer.status()))?;
    Ok(location.to_str()?.parse()?)
}

/// The first value of a field in a form.
fn value_of(page: &str, name: &str) -> anyhow::Result<String> {
    let mark = format!("name=\"{name}\" value=\"");
    let at = page.find(&mark).with_context(|| format!("the form has no {name}"))? + mark.len();
    Ok(page[at..].split('"').next().unwrap_or_default().to_owned())
}
