//! Every URL of the application, in one table.

use actix_web::web::{self, ServiceConfig, get, post};

use super::{approvals, assets, chat, connections, login, roster, scripts, stream, turns};

/// The longest form or JSON body, in bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// The page's own files, below `/static`.
pub fn files(config: &mut ServiceConfig) {
    config.route("/{hash}/{file}", get().to(assets::serve));
}

/// What is served without a session.
pub fn open(config: &mut ServiceConfig) {
    config.route("/healthz", get().to(scripts::healthz));
}

/// What is served with one.
pub fn in_session(config: &mut ServiceConfig) {
    config
        .app_data(web::FormConfig::default().limit(LARGEST_BODY))
        .app_data(web::JsonConfig::default().limit(LARGEST_BODY))
        .app_data(web::PayloadConfig::new(LARGEST_BODY))
        .route("/", get().to(login::front_door))
        .route("/auth/login", get().to(login::login))
        .route("/auth/callback", get().to(login::callback))
        .route("/auth/logout", post().to(login::logout))
        .route("/chat", get().to(chat::blank))
        .route("/chat", post().to(chat::begin))
        .route("/chat/{conversation}", get().to(chat::show))
        .route("/chat/{conversation}", post().to(chat::reply))
        .route("/conversations", get().to(chat::list))
        .route("/turns/{turn}/events", get().to(stream::events))
        .route("/turns/{turn}/stop", post().to(turns::stop))
        .route("/turns/{turn}/resume", post().to(turns::resume))
        .route("/turns/{turn}/approvals", post().to(approvals::send_all))
        .route("/approvals/{approval}", post().to(approvals::decide))
        .route("/classes", get().to(roster::classes))
        .route("/classes/{class}", get().to(roster::class))
        .route("/students/{student}", get().to(roster::student))
        .route("/students/{student}/address", post().to(roster::change_address))
        .route("/connections", get().to(connections::page))
        .route("/connections/{connection}/connect", get().to(connections::connect))
        .route("/connections/{connection}/disconnect", post().to(connections::disconnect))
        .route("/connections/authorizations/{authorization}", get().to(connections::open))
        .route("/prompt", post().to(scripts::prompt));
}
