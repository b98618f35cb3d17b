//! What the sandbox shows to people: pages, their style sheet, their headers.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{self, ServiceConfig},
};
use askama::Template;
use url::{Url, form_urlencoded};

const STYLE: &str = include_str!("../../templates/sandbox/sandbox.css");

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/sandbox.css", web::get().to(style));
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(STYLE)
}

/// A page. `answers_to` is where its form's answer redirects: Chromium holds
/// `form-action` against the redirect too.
pub(super) fn page(status: StatusCode, page: &impl Template, answers_to: Option<&Url>) -> HttpResponse {
    let Ok(html) = page.render() else {
        return HttpResponse::InternalServerError().body("The sandbox could not draw this page.");
    };
    let origin = answers_to.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {origin}; base-uri 'none'; frame-ancestors 'none'"
    );
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html)
}

#[derive(Template)]
#[template(path = "sandbox/problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    words: &'a str,
}

/// A page that only says something.
pub(super) fn problem(status: StatusCode, title: &str, words: &str) -> HttpResponse {
    page(status, &ProblemPage { title, words }, None)
}

/// Sends the browser on by GET (303), whatever it came with.
pub(super) fn redirect<'a>(to: &Url, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> HttpResponse {
    let mut to = to.clone();
    for (name, value) in parameters {
        to.query_pairs_mut().append_pair(name, value);
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

/// A form that came back, with names that may repeat.
pub(super) struct Filled(Vec<(String, String)>);

impl Filled {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first field of this name, or nothing.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every field of this name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }
}
