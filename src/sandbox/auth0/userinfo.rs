//! Access tokens of the tenant's own, and `/userinfo`.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use serde_json::{Value, json};

use super::{
    Auth0, Flaw,
    claims::profile,
    state::{Access, Audience},
};
use crate::sandbox::hold;

impl Auth0 {
    /// The live access token that the request carries, if it is for this audience.
    pub(super) fn bearer(&self, request: &HttpRequest, audience: Audience) -> Option<Access> {
        let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let access = hold(&self.state).access.get(header.strip_prefix("Bearer ")?)?.clone();
        (access.audience == audience && access.expires_at > self.clock.now()).then_some(access)
    }
}

pub(super) async fn userinfo(auth0: Data<Auth0>, request: HttpRequest) -> HttpResponse {
    let access = auth0.bearer(&request, Audience::Userinfo);
    let Some(person) = access.as_ref().and_then(|access| auth0.person(&access.subject)) else {
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#))
            .body("Unauthorized");
    };
    let mut claims = profile(person);
    let other = auth0.has(Flaw::UserinfoOfAnother);
    let subject = if other { "google-oauth2|somebody-else" } else { &person.subject };
    claims.insert("sub".to_owned(), json!(subject));
    HttpResponse::Ok().json(Value::Object(claims))
}
