//! No state change from another site, and none from a page of an earlier sign-in.
//!
//! Browsers say where a request comes from (W3C Fetch Metadata; `Origin` where
//! that is missing). A request that says nothing is let through only as JSON,
//! which no other site's form can send without asking first (CORS); a form that
//! says nothing is refused: fail closed.
//!
//! Our pages give no referrer, and a browser that gives none calls the origin
//! of a form "null"; what it says about the site is then the whole truth.
//!
//! Beside what the browser says stands a [token](super::token), which every form
//! carries and only this session's pages have. The routes for scripts take JSON from
//! other programs without one: no form can be made to post JSON, and a decision needs
//! the draft's unguessable id and the hash of what was shown.

use actix_session::SessionExt;
use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::{Bytes, Data},
};
use url::form_urlencoded;

use super::{error::PageError, return_to, routes, session, state::State, token};

/// What a form is posted as.
const FORM: &str = "application/x-www-form-urlencoded";

/// Middleware: refuses state changes that come from elsewhere.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let own = request.app_data::<Data<State>>().map(|state| state.public_url.origin().ascii_serialization());
    let came = Came {
        method: request.method(),
        site: said(&request, "sec-fetch-site"),
        origin: said(&request, "origin"),
        content_type: said(&request, header::CONTENT_TYPE.as_str()),
    };
    if !came.is_own(own.as_deref()) {
        return Ok(request.error_response(PageError::ForeignOrigin));
    }
    if let Err(stale) = fresh(&mut request).await? {
        return Ok(request.error_response(stale));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// What stood in a form, kept beside the request until it is answered: who was
/// signed out meanwhile gets it back.
#[derive(Debug, Clone)]
pub struct Written {
    /// What the teacher wrote.
    pub typed: Vec<String>,
    /// The page on which the form stood.
    pub back: String,
}

/// Whether a state change comes from a page of this very session. Who has no
/// session changes nothing here, and is told so by the handler.
async fn fresh(request: &mut ServiceRequest) -> Result<Result<(), PageError>, Error> {
    let script = said(request, header::CONTENT_TYPE.as_str()).is_some_and(is_json) && serves_scripts(request.path());
    if is_look(request.method()) || script {
        return Ok(Ok(()));
    }
    let Some(state) = request.app_data::<Data<State>>().cloned() else { return Ok(Ok(())) };
    let sign_in = session::sign_in_of(&request.get_session());
    let form = said(request, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with(FORM));
    if sign_in.is_none() && !form {
        return Ok(Ok(()));
    }
    let body = request.extract::<Bytes>().await?;
    request.set_payload(Payload::from(body.clone()));
    let written = Written { typed: typed(&body), back: return_to::nearest(request.path()) };
    request.extensions_mut().insert(written.clone());
    let Some(sign_in) = sign_in else { return Ok(Ok(())) };
    let of_script = said(request, token::HEADER).map(str::to_owned);
    let said = of_script.or_else(|| field(&body, token::FIELD)).unwrap_or_default();
    if state.tokens.knows(&sign_in, &said) {
        return Ok(Ok(()));
    }
    Ok(Err(PageError::Stale { typed: written.typed, back: written.back }))
}

fn is_look(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// Where other programs post JSON, with the session and nothing else.
fn serves_scripts(path: &str) -> bool {
    routes::is_for_scripts(path) || path.strip_prefix("/approvals/").is_some_and(|id| !id.contains('/'))
}

/// A form's field, if it is there once.
fn field(body: &[u8], name: &str) -> Option<String> {
    let mut found = form_urlencoded::parse(body).filter(|(given, _)| given == name);
    let (_, value) = found.next()?;
    found.next().is_none().then(|| value.into_owned())
}

/// The fields that are the page's own, and that nobody typed.
const OF_THE_PAGE: [&str; 8] = [token::FIELD, "client_id", "through", "hash", "decision", "approval", "back", "pinned"];

/// What the teacher wrote into a form, so that it can be given back.
fn typed(body: &[u8]) -> Vec<String> {
    let by_hand = |name: &str| !OF_THE_PAGE.contains(&name) && !name.starts_with(crate::assistant::caution::TICK);
    let fields = form_urlencoded::parse(body).filter(|(name, value)| by_hand(name) && !value.trim().is_empty());
    fields.map(|(_, value)| value.into_owned()).collect()
}

/// What a header says. One that comes twice or cannot be read says something
/// that nobody of ours would, and is not the same as one that is absent.
fn said<'a>(request: &'a ServiceRequest, name: &str) -> Option<&'a str> {
    let mut values = request.headers().get_all(name);
    let first = values.next()?;
    if values.next().is_some() { Some("") } else { Some(first.to_str().unwrap_or_default()) }
}

/// What a request says about where it comes from.
struct Came<'a> {
    method: &'a Method,
    site: Option<&'a str>,
    origin: Option<&'a str>,
    content_type: Option<&'a str>,
}

impl Came<'_> {
    fn is_own(&self, own: Option<&str>) -> bool {
        if is_look(self.method) {
            return true;
        }
        match (self.site, self.origin) {
            (Some("same-origin"), None | Some("null")) => true,
            (Some("same-origin") | None, Some(origin)) => Some(origin) == own,
            (Some(_), _) => false,
            (None, None) => self.content_type.is_some_and(is_json),
        }
    }
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://aide.example";

    fn passes(method: &Method, site: Option<&str>, origin: Option<&str>, content_type: Option<&str>) -> bool {
        Came { method, site, origin, content_type }.is_own(Some(OWN))
    }

    #[test]
    fn only_this_sites_own_pages_change_anything() {
        let form = Some("application/x-www-form-urlencoded");
        let json = Some("application/json; charset=utf-8");
        let post = &Method::POST;
        for (site, origin, content_type, expected) in [
            (Some("same-origin"), Some(OWN), form, true),
            (Some("same-origin"), None, form, true),
            (Some("same-origin"), Some("null"), form, true),
            (Some("cross-site"), Some("null"), form, false),
            (None, Some(OWN), form, true),
            (Some("cross-site"), Some(OWN), form, false),
            (Some("cross-site"), None, json, false),
            (Some("same-site"), Some("https://evil.aide.example"), form, false),
            (Some("none"), None, form, false),
            (Some("same-origin"), Some("https://evil.example"), form, false),
            (None, Some("https://evil.example"), json, false),
            (None, Some("null"), form, false),
            (None, None, form, false),
            (None, None, None, false),
            (None, None, Some("text/plain"), false),
            (None, None, json, true),
        ] {
            assert_eq!(passes(post, site, origin, content_type), expected, "{site:?} {origin:?} {content_type:?}");
        }
    }

    #[test]
    fn what_was_typed_is_told_from_what_the_page_put_there() {
        let body = b"token=t&hash=h&decision=send&tick-other-s-1=yes&subject=Hello&body=Dear+Mateo%0A&note=+";
        assert_eq!(typed(body), ["Hello", "Dear Mateo\n"]);
        assert_eq!(field(body, "token").as_deref(), Some("t"));
        assert_eq!(field(b"token=t&token=t", "token"), None, "two are none");
    }

    #[test]
    fn the_routes_for_scripts_alone_take_json_without_a_token() {
        for (path, expected) in [
            ("/prompt", true),
            ("/api/tools/x/execute", true),
            ("/api", false),
            ("/approvals/0", true),
            ("/approvals/0/x", false),
            ("/approvals", false),
            ("/turns/0/approvals", false),
            ("/chat", false),
        ] {
            assert_eq!(serves_scripts(path), expected, "{path}");
        }
    }

    #[test]
    fn looking_is_free() {
        assert!(passes(&Method::GET, Some("cross-site"), Some("https://evil.example"), None));
        assert!(!passes(&Method::DELETE, Some("cross-site"), None, None));
    }
}
