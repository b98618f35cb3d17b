//! Every URL of the application, in one table. The tests walk the same table,
//! so that no route is ever left out of what holds for all of them.

use std::collections::BTreeMap;

use actix_web::{
    FromRequest, Handler, Resource, Responder, Route,
    http::Method,
    web::{self, ServiceConfig},
};

use super::{
    activity, api, approvals, assets, branches, chat, connections, conversations, downloads, export, leaving, login,
    roster, scripts, seen, settings, setup, stream, turns,
};

/// The longest form or JSON body, in bytes.
pub const LARGEST_BODY: usize = 256 * 1024;
/// The longest word of the identity provider.
const LARGEST_NOTICE: usize = 32 * 1024;

/// Where the page's own files are.
const FILES: &str = "/static";

/// One line of the table.
struct Line {
    method: Method,
    path: &'static str,
    route: Route,
}

/// A page or a part: to look at it changes nothing.
fn look<F, Args>(path: &'static str, handler: F) -> Line
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Line { method: Method::GET, path, route: web::get().to(handler) }
}

/// What changes something, and is taken from this site's own pages alone.
fn change<F, Args>(path: &'static str, handler: F) -> Line
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Line { method: Method::POST, path, route: web::post().to(handler) }
}

/// The page's own files, below `/static`.
fn static_files() -> Vec<Line> {
    vec![look("/{hash}/{file}", assets::serve)]
}

/// What is served without a session.
fn without_session() -> Vec<Line> {
    vec![look("/healthz", scripts::healthz), look("/openapi.json", api::document)]
}

/// What is served with one.
fn with_session() -> Vec<Line> {
    vec![
        look("/", login::front_door),
        look("/auth/login", login::login),
        look("/auth/callback", login::callback),
        change("/auth/logout", login::logout),
        change("/auth/logout-everywhere", leaving::everywhere),
        look("/chat", chat::blank),
        change("/chat", chat::begin),
        look("/chat/{conversation}", chat::show),
        change("/chat/{conversation}", chat::reply),
        look("/chat/{conversation}/export.md", export::conversation),
        change("/chat/{conversation}/title", conversations::rename),
        change("/chat/{conversation}/pin", conversations::pin),
        change("/chat/{conversation}/delete", conversations::put_away),
        change("/chat/{conversation}/restore", conversations::bring_back),
        look("/conversations", conversations::list),
        look("/turns/{turn}/events", stream::events),
        look("/turns/{turn}/tables/{file}", downloads::of_turn),
        change("/turns/{turn}/stop", turns::stop),
        change("/turns/{turn}/resume", turns::resume),
        look("/turns/{turn}/answer.md", export::answer),
        look("/turns/{turn}/seen", seen::of_turn),
        change("/turns/{turn}/again", branches::again),
        change("/turns/{turn}/edit", branches::edit),
        change("/turns/{turn}/choose", branches::choose),
        change("/turns/{turn}/approvals", approvals::send_all),
        change("/approvals/{approval}", approvals::decide),
        look("/classes", roster::classes),
        look("/classes/{class}", roster::class),
        look("/classes/{class}/table.{form}", downloads::of_class),
        look("/students/{student}", roster::student),
        change("/students/{student}/address", roster::change_address),
        look("/students/{student}/table.{form}", downloads::of_student),
        look("/connections", connections::page),
        look("/connections/{connection}/connect", connections::connect),
        change("/connections/{connection}/disconnect", connections::disconnect),
        look("/connections/authorizations/{authorization}", connections::open),
        look("/activity", activity::page),
        look("/activity/table.{form}", activity::file),
        look("/settings", settings::show),
        change("/settings/appearance", settings::appearance),
        change("/settings/shortcuts", settings::shortcuts),
        change("/settings/retention", settings::retention),
        change("/settings/forget", settings::forget),
        look("/settings/data.json", settings::data),
        look("/setup", setup::page),
        look("/setup/guide", setup::guide),
        change("/prompt", scripts::prompt),
        look("/api/tools", api::list),
        change("/api/tools/{tool}/authorize", api::authorize),
        change("/api/tools/{tool}/execute", api::execute),
        look("/api/authorizations/{authorization}", api::wait),
    ]
}

/// Whether a path is there for scripts alone: whatever goes wrong is told as JSON.
pub fn is_for_scripts(path: &str) -> bool {
    path.starts_with("/api/") || ["/prompt", "/healthz", "/openapi.json"].contains(&path)
}

/// Every route, as method and path pattern.
pub fn all() -> Vec<(Method, String)> {
    let files = static_files().into_iter().map(|line| (line.method, format!("{FILES}{}", line.path)));
    let others = without_session().into_iter().chain(with_session());
    files.chain(others.map(|line| (line.method, line.path.to_owned()))).collect()
}

/// The page's own files.
pub fn files(config: &mut ServiceConfig) {
    serve(config, static_files());
}

/// What is served without a session.
pub fn open(config: &mut ServiceConfig) {
    serve(config, without_session());
}

/// What the identity provider's own server calls, without a browser.
pub fn for_the_provider(config: &mut ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(LARGEST_NOTICE))
        .app_data(web::PayloadConfig::new(LARGEST_NOTICE))
        .route("", web::post().to(leaving::back_channel));
}

/// What is served with one.
pub fn in_session(config: &mut ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(LARGEST_BODY))
        .app_data(web::JsonConfig::default().limit(LARGEST_BODY))
        .app_data(web::PayloadConfig::new(LARGEST_BODY));
    serve(config, with_session());
}

/// One resource for each path, so that a method which is not there gets 405 and
/// the list of those that are. In order of the paths a plain word comes before
/// a `{name}`, and so wins.
fn serve(config: &mut ServiceConfig, lines: Vec<Line>) {
    let mut resources: BTreeMap<&str, Resource> = BTreeMap::new();
    for Line { path, route, .. } in lines {
        let resource = resources.remove(path).unwrap_or_else(|| web::resource(path));
        resources.insert(path, resource.route(route));
    }
    for resource in resources.into_values() {
        config.service(resource);
    }
}
