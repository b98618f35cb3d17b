//! Stands between the browser and the application, and takes away a layer: the
//! policy from the head of an answer, or the renderer, by putting raw text where
//! a rendered mark stands.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{StatusCode, header},
    web,
};

/// What the model says where raw text is to stand.
pub const MARK: &str = "here-stands-what-was-never-cleaned";

struct Way {
    app: String,
    keeps_policy: bool,
    shown: Arc<Mutex<String>>,
    http: reqwest::Client,
}

/// Two ways to the same application, one with its policy and one without.
pub struct Between {
    with: u16,
    without: u16,
    shown: Arc<Mutex<String>>,
}

impl Between {
    pub fn stand_before(app: &str) -> Self {
        let shown = Arc::new(Mutex::new(MARK.to_owned()));
        let with = open(app, true, &shown);
        let without = open(app, false, &shown);
        Self { with, without, shown }
    }

    pub fn with_policy(&self) -> String {
        format!("http://127.0.0.1:{}", self.with)
    }

    pub fn without_policy(&self) -> String {
        format!("http://127.0.0.1:{}", self.without)
    }

    /// From now on this stands where the mark stood.
    pub fn shows(&self, raw: &str) {
        raw.clone_into(&mut self.shown.lock().unwrap());
    }
}

#[expect(clippy::disallowed_methods, reason = "a proxy of the test's, not a client of the application's")]
fn open(app: &str, keeps_policy: bool, shown: &Arc<Mutex<String>>) -> u16 {
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let way = web::Data::new(Way { app: app.to_owned(), keeps_policy, shown: Arc::clone(shown), http });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = HttpServer::new(move || App::new().app_data(way.clone()).default_service(web::to(pass)));
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    port
}

/// Looking alone passes: nothing is posted here.
async fn pass(request: HttpRequest, way: web::Data<Way>) -> HttpResponse {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut asked = way.http.get(format!("{}{path}", way.app));
    for name in [header::COOKIE, header::ACCEPT] {
        if let Some(value) = request.headers().get(&name) {
            asked = asked.header(name.as_str(), value.as_bytes());
        }
    }
    let answer = asked.send().await.unwrap();
    let mut passed = HttpResponse::build(StatusCode::from_u16(answer.status().as_u16()).unwrap());
    for (name, value) in answer.headers() {
        let policy = name == "content-security-policy" && !way.keeps_policy;
        if !policy && !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
            passed.append_header((name.as_str(), value.as_bytes()));
        }
    }
    let is_page = answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let body = answer.bytes().await.unwrap();
    if !is_page {
        return passed.body(body);
    }
    let shown = way.shown.lock().unwrap().clone();
    passed.body(String::from_utf8_lossy(&body).replace(MARK, &shown))
}
