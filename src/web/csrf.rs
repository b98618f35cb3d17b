//! No state change from another site.
//!
//! Browsers say where a request comes from (W3C Fetch Metadata; `Origin` where
//! that is missing). A request that says nothing is let through only as JSON,
//! which no other site's form can send without asking first (CORS); a form that
//! says nothing is refused: fail closed.
//!
//! Our pages give no referrer, and a browser that gives none calls the origin
//! of a form "null"; what it says about the site is then the whole truth.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};

use super::{error::PageError, state::State};

/// Middleware: refuses state changes that come from elsewhere.
pub async fn guard(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
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
    Ok(next.call(request).await?.map_into_boxed_body())
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
        if [Method::GET, Method::HEAD].contains(self.method) {
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
    fn looking_is_free() {
        assert!(passes(&Method::GET, Some("cross-site"), Some("https://evil.example"), None));
        assert!(!passes(&Method::DELETE, Some("cross-site"), None, None));
    }
}
