//! A browser: keeps cookies, says where a request comes from, follows a
//! redirect only when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::cookie::{Cookie, time::Duration as Span};
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect::Policy};
use serde_json::Value;
use teachers_aide::sandbox::Person;

use super::{
    Answer, Card, Form, Screen, Stream,
    canary::{Canary, Leaks},
    contract,
};

/// A browser; a clone is another tab of it.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    pub base: String,
    /// What it calls this site's origin.
    origin: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// What the forms of the last page carried.
    token: Arc<Mutex<Option<String>>>,
    leaks: Leaks,
}

/// What the page learns when words were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub conversation: String,
    pub turn: String,
}

impl Browser {
    /// A browser of an application that runs elsewhere.
    pub fn at(base: &str) -> Self {
        Self::watched(base, base, &Leaks::default())
    }

    /// A browser that looks for secrets in all that it is told.
    #[expect(clippy::disallowed_methods, reason = "a browser keeps other rules than the application's clients")]
    pub fn watched(base: &str, origin: &str, leaks: &Leaks) -> Self {
        let client = Client::builder().no_proxy().redirect(Policy::none()).pool_max_idle_per_host(0);
        let client = client.timeout(Duration::from_mins(1)).build().unwrap();
        let (base, origin, leaks) = (base.to_owned(), origin.to_owned(), leaks.clone());
        Self { client, base, origin, cookies: Arc::default(), token: Arc::default(), leaks }
    }

    /// What this browser keeps for the site.
    pub fn cookie_values(&self) -> Vec<String> {
        self.cookies.lock().unwrap().values().cloned().collect()
    }

    /// The same cookies at another address of the same host.
    pub fn moved_to(&self, base: &str) -> Self {
        Self { base: base.to_owned(), origin: base.to_owned(), ..self.clone() }
    }

    /// A browser of its own that begins with the same cookies.
    pub fn copied(&self) -> Self {
        let cookies = Arc::new(Mutex::new(self.cookies.lock().unwrap().clone()));
        let token = Arc::new(Mutex::new(self.form_token()));
        Self { cookies, token, ..self.clone() }
    }

    /// A request with this browser's cookies and nothing else.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies = self.cookies.lock().unwrap();
        let cookies = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        self.client.request(method, format!("{}{path}", self.base)).header(header::COOKIE, cookies)
    }

    /// A request from one of the application's own pages, with the token of its forms.
    pub fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.without_token(method, path);
        let token = self.form_token().filter(|_| *method != Method::GET);
        token.iter().fold(request, |request, token| request.header("x-form-token", token))
    }

    /// The same without the token.
    pub fn without_token(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.bare(method.clone(), path).header("sec-fetch-site", "same-origin");
        if *method == Method::GET { request } else { request.header("origin", &self.origin) }
    }

    /// What the forms of this session carry, as the last page had it.
    pub fn form_token(&self) -> Option<String> {
        self.token.lock().unwrap().clone()
    }

    /// Sends a request and reads the answer to its end.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let method = request.method().clone();
        let response = self.client.execute(request).await.unwrap();
        self.keep_cookies(&response);
        let place = response.url().path().to_owned();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.text().await.unwrap() };
        self.read(&place, &answer);
        contract::hold(&self.client, &self.base, &method, &place, &answer).await;
        if let Some(token) = token_in(&answer.body) {
            *self.token.lock().unwrap() = Some(token);
        }
        answer
    }

    /// No secret may stand in what a browser gets, and no cookie in a page.
    fn read(&self, place: &str, answer: &Answer) {
        self.leaks.read(&format!("the page {place}"), answer.body.as_bytes(), &[]);
        for (name, value) in &answer.headers {
            // The provider's logout wants to know whose session it ends.
            let hint: &[Canary] =
                if place.starts_with("/auth/logout") && name == header::LOCATION { &[Canary::IdToken] } else { &[] };
            self.leaks.read(&format!("{name} of {place}"), value.as_bytes(), hint);
        }
        let cookies = self.cookies.lock().unwrap();
        assert!(
            !cookies.values().any(|value| !value.is_empty() && answer.body.contains(value.as_str())),
            "a cookie stands in {place}"
        );
    }

    fn keep_cookies(&self, response: &Response) {
        let mut kept = self.cookies.lock().unwrap();
        for set in response.headers().get_all(header::SET_COOKIE) {
            let cookie = Cookie::parse(set.to_str().unwrap()).unwrap();
            let gone = cookie.max_age().is_some_and(|age| age <= Span::ZERO);
            if gone {
                kept.remove(cookie.name());
            } else {
                kept.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }

    /// A page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path).header("accept", "text/html")).await
    }

    /// A form without a script.
    pub async fn submit(&self, form: &Form) -> Answer {
        let request = self.without_token(&Method::POST, &form.action).header("accept", "text/html");
        self.send(request.form(&form.fields)).await
    }

    /// A form as the page's script posts it.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(&Method::POST, path).header("accept", "application/json");
        self.send(request.form(fields)).await
    }

    /// JSON, as another program posts it: with the session and nothing else.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.bare(Method::POST, path).header("accept", "application/json").json(body)).await
    }

    /// `POST /prompt`, answered.
    pub async fn prompt(&self, body: &Value) -> Value {
        self.post_json("/prompt", body).await.with(200).json()
    }

    /// Goes through the provider's page as this person, agrees to everything,
    /// and comes back; what the application says then is the answer.
    pub async fn sign_in(&self, door: &str, person: &Person) -> Answer {
        let away = self.get(door).await.with(303);
        let page = self.elsewhere(self.client.get(away.location())).await.with(200);
        let form = page.form("form").fill("person", &person.subject);
        let answered = self.answer_elsewhere(away.location(), &form).await;
        self.come_back(answered.location()).await
    }

    /// Goes through the provider's page and says no.
    pub async fn decline(&self, door: &str) -> Answer {
        let away = self.get(door).await.with(303);
        let page = self.elsewhere(self.client.get(away.location())).await.with(200);
        let form = page.form("form").fill("decision", "decline");
        let answered = self.answer_elsewhere(away.location(), &form).await;
        self.come_back(answered.location()).await
    }

    /// Goes through the provider's page for connecting an account, from our own
    /// door, and comes back; says yes to everything that is ticked there.
    pub async fn connect(&self, door: &str) -> Answer {
        let away = self.get(door).await.with(303);
        self.connect_at(away.location(), "connect", |_| true).await
    }

    /// The same from the provider's page on, with an answer of one's own.
    pub async fn connect_at(&self, page: &str, decision: &str, ticks: impl Fn(&str) -> bool) -> Answer {
        let answered = self.answer_connect(page, decision, ticks).await;
        self.come_back(answered.location()).await
    }

    /// Answers the provider's page, and does not come back yet.
    pub async fn answer_connect(&self, page: &str, decision: &str, ticks: impl Fn(&str) -> bool) -> Answer {
        let shown = self.open_elsewhere(page).await.with(200);
        let mut form = shown.form("form").fill("decision", decision);
        form.fields.retain(|(name, value)| name != "scope" || ticks(value));
        self.answer_elsewhere(page, &form).await.with(303)
    }

    async fn answer_elsewhere(&self, page: &str, form: &Form) -> Answer {
        let url = url::Url::parse(page).unwrap().join(&form.action).unwrap();
        self.elsewhere(self.client.post(url).form(&form.fields)).await
    }

    /// A page of another site: our cookies do not go there.
    pub async fn elsewhere(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub async fn open_elsewhere(&self, url: &str) -> Answer {
        self.elsewhere(self.client.get(url)).await
    }

    /// Another site sends the browser here.
    pub async fn come_back(&self, url: &str) -> Answer {
        let path = url.strip_prefix(&self.origin).unwrap_or_else(|| panic!("{url} is not ours"));
        let answer = self.send(self.bare(Method::GET, path).header("sec-fetch-site", "cross-site")).await;
        // A browser goes on to the page, and has its forms.
        if answer.status == 303 {
            self.get("/chat").await;
        }
        answer
    }

    /// Says something in a new conversation.
    pub async fn ask(&self, words: &str) -> Asked {
        self.say("/chat", words).await
    }

    /// Says something more.
    pub async fn ask_in(&self, conversation: &str, words: &str) -> Asked {
        self.say(&format!("/chat/{conversation}"), words).await
    }

    async fn say(&self, path: &str, words: &str) -> Asked {
        let taken = self.post(path, &[("words", words)]).await.with(200).json();
        let text = |name: &str| taken[name].as_str().unwrap().to_owned();
        Asked { conversation: text("conversation"), turn: text("turn") }
    }

    /// Follows a turn from where `last` left off, or from the beginning.
    pub async fn listen(&self, turn: &str, last: Option<&str>) -> Stream {
        let mut request = self.request(&Method::GET, &format!("/turns/{turn}/events"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream::new(response, &self.leaks)
    }

    /// Follows a turn from its beginning, until it is over or first waits.
    pub async fn follow(&self, turn: &str) -> Screen {
        self.follow_until(turn, Screen::waits).await
    }

    /// Follows a turn from its beginning until it is over, through its pauses.
    pub async fn follow_to_the_end(&self, turn: &str) -> Screen {
        self.follow_until(turn, |_| false).await
    }

    /// Follows a turn from its beginning until a draft lies there.
    pub async fn follow_to_a_draft(&self, turn: &str) -> Card {
        self.follow_until(turn, |screen| !screen.cards().is_empty()).await.cards().remove(0)
    }

    /// Follows a turn until something is so, or it is over.
    pub async fn follow_until(&self, turn: &str, enough: impl Fn(&Screen) -> bool) -> Screen {
        let (mut stream, mut screen) = (self.listen(turn, None).await, Screen::default());
        while !enough(&screen)
            && let Some(frame) = stream.next().await
        {
            screen.apply(&frame);
        }
        screen
    }

    /// Asks and follows to the end.
    pub async fn hear(&self, words: &str) -> (Asked, Screen) {
        let asked = self.ask(words).await;
        let screen = self.follow(&asked.turn).await;
        (asked, screen)
    }

    pub async fn page(&self, conversation: &str) -> Answer {
        self.get(&format!("/chat/{conversation}")).await.with(200)
    }

    /// The drafts that wait in a conversation.
    pub async fn cards(&self, conversation: &str) -> Vec<Card> {
        self.page(conversation).await.cards()
    }

    /// Decides about a draft as the page's script does, as a teacher who ticks
    /// whatever the card asks for.
    pub async fn decide(&self, card: &Card, decision: &str, edits: &[(&str, &str)]) -> Answer {
        let ticks = card.ticks.iter().map(|name| (name.as_str(), "yes"));
        self.decide_unticked(card, decision, &ticks.chain(edits.iter().copied()).collect::<Vec<_>>()).await
    }

    /// Decides about a draft and ticks nothing.
    pub async fn decide_unticked(&self, card: &Card, decision: &str, edits: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("decision", decision), ("hash", card.hash.as_str())];
        fields.extend(edits);
        self.post(&format!("/approvals/{}", card.id), &fields).await
    }
}

/// The token in a page's own forms.
fn token_in(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(r#"<input type="hidden" name="token" value=""#)?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}
