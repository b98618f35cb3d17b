//! The headers that every answer carries: what a page may load, and who may
//! show or keep it.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};

use super::state::State;

/// Nothing but this site's own files; forms may lead to the identity provider,
/// because a browser checks the redirect after a form as well.
fn policy(provider: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; form-action 'self' {provider}; frame-ancestors 'none'; base-uri 'none'"
    )
}

const FIXED: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // With no referrer at all a browser calls the origin of our own forms
    // "null", and older ones say nothing else about where they come from.
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Middleware: sets the headers.
pub async fn set(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<Data<State>>().cloned();
    match next.call(request).await {
        Ok(mut answer) => {
            dress(answer.headers_mut(), state.as_ref());
            Ok(answer)
        }
        // What fails before a handler is asked, such as the reading of a session.
        Err(fault) => {
            let mut answer = fault.error_response();
            dress(answer.headers_mut(), state.as_ref());
            Err(InternalError::from_response("", answer).into())
        }
    }
}

fn dress(headers: &mut HeaderMap, state: Option<&Data<State>>) {
    for (name, value) in FIXED {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(state) = state {
        if let Ok(policy) = HeaderValue::from_str(&policy(&state.provider_origin)) {
            headers.insert(HeaderName::from_static("content-security-policy"), policy);
        }
        if state.is_https() {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.insert(HeaderName::from_static("strict-transport-security"), year);
        }
    }
    // Whatever says nothing else can hold a student's data.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
