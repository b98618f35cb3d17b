//! `GET /openapi.json`: what scripts can ask, made from the types that answer
//! them (`OpenAPI` 3.1).

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Data};
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{
        Components, Content, Info, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Server, Type,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};

use super::{
    super::{approvals, error::Refusal, scripts, state::State},
    toolbox,
};
use crate::assistant::toolbox::Toolbox;

/// What any request of a script can come back with.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let words = [
            ("400", "The request is not of the form that it should be."),
            ("401", "Nobody is signed in."),
            ("403", "The request comes from another site."),
            ("404", "Not there, or not this teacher's."),
            ("408", "The request took too long to arrive."),
            ("409", "Something stands in the way; the words tell what."),
            ("413", "The request is too large."),
            ("422", "These are not the tool's arguments."),
            ("429", "A limit is reached; `Retry-After` tells when to ask again."),
            ("500", "Something broke here."),
            ("502", "Something is set up wrongly; the operator finds it under the reference."),
            ("503", "Something that is needed cannot be reached just now."),
        ];
        words.into_iter().map(|(status, words)| (status.to_owned(), RefOr::T(refusal(words)))).collect()
    }
}

/// The same where a page's form can be posted as well: who neither speaks JSON
/// nor asks for it is told in a page.
pub struct RefusalsOrPages;

impl IntoResponses for RefusalsOrPages {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = Refusals::responses();
        for response in all.values_mut() {
            if let RefOr::T(response) = response {
                response.content.insert("text/html".to_owned(), RefOr::T(Content::default()));
            }
        }
        all
    }
}

fn refusal(words: &str) -> Response {
    let shape = Content::new(Some(Ref::from_schema_name("Refusal")));
    ResponseBuilder::new().description(words).content("application/json", shape).build()
}

/// All that is told of it by the types.
#[derive(OpenApi)]
#[openapi(
    paths(
        super::tools::list,
        super::authorizations::authorize,
        super::authorizations::wait,
        super::execute::execute,
        scripts::prompt,
        scripts::healthz,
        approvals::decide,
        serve,
    ),
    components(schemas(Refusal)),
    security(("session" = []))
)]
struct ForScripts;

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "this document",
    operation_id = "openapi",
    security(()),
    responses((status = 200, description = "An OpenAPI document.", body = Object)),
)]
pub async fn serve(state: Data<State>) -> HttpResponse {
    let mut document = ForScripts::openapi();
    document.info = Info::builder()
        .title("Teacher's Aide, for scripts")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A script acts in the browser session of a teacher, whose cookie it brings. What writes or sends becomes a \
             draft, which leaves only after the teacher's own click.",
        ))
        .build();
    document.servers = Some(vec![Server::new(state.public_url.as_str().trim_end_matches('/'))]);
    let cookie = ApiKeyValue::with_description(state.cookie_name(), "The cookie of the teacher's browser session.");
    let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
    name_the_tools(&mut document, toolbox(&state));
    document.components.get_or_insert_with(Components::new).add_security_scheme("session", scheme);
    HttpResponse::Ok().json(document)
}

/// Which tools there are stands with each `{tool}` of a path.
fn name_the_tools(document: &mut utoipa::openapi::OpenApi, toolbox: &Toolbox) {
    let names: Vec<&str> = toolbox.iter().map(|tool| tool.card().name).collect();
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build();
    let operations = document.paths.paths.values_mut().filter_map(|item| item.post.as_mut());
    for parameter in operations.filter_map(|operation| operation.parameters.as_mut()).flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "tool"
        {
            parameter.schema = Some(RefOr::T(Schema::Object(schema.clone())));
        }
    }
}
