//! The HTTP server: middleware around the routes, time-outs, and a calm end.

use std::{net::TcpListener, time::Duration};

use actix_session::{SessionMiddleware, config::PersistentSession};
use actix_web::{
    App, HttpServer,
    cookie::{Key, SameSite, time},
    dev::ServerHandle,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use tokio_util::sync::CancellationToken;
use tracing::info;
use tracing_actix_web::TracingLogger;

use crate::{
    identity::SESSION_LIFETIME,
    settings::AppKeys,
    store::{SqlSessionStore, Store},
    telemetry::RequestSpan,
    web::{csrf, error, headers, routes, state::State},
};

/// How long connections may take to end once nothing is on its way any more.
const LAST_WORDS: Duration = Duration::from_secs(4);
/// How long a request's head may take, and how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Serves until `stop` fires.
pub(super) async fn run(
    listener: TcpListener,
    state: State,
    store: Store,
    keys: &AppKeys,
    farewell: Duration,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let cookie_key = Key::from(&keys.derive_wide("session-cookie/v1"));
    let shared = state.clone();
    let server = HttpServer::new(move || {
        let sessions = sessions(store.clone(), shared.is_https(), cookie_key.clone());
        App::new()
            .app_data(Data::new(shared.clone()))
            .service(web::scope("/static").wrap(Compress::default()).configure(routes::files))
            .configure(routes::open)
            .service(web::scope("").wrap(from_fn(csrf::guard)).wrap(sessions).configure(routes::in_session))
            .wrap(from_fn(error::explain))
            .wrap(from_fn(headers::set))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    // A frame of text must not wait until the browser has acknowledged the one
    // before it (RFC 896; browsers delay that by up to 40 ms).
    .tcp_nodelay(true)
    .client_request_timeout(HEAD_TIMEOUT)
    .keep_alive(IDLE_TIMEOUT)
    .shutdown_timeout(LAST_WORDS.as_secs())
    .disable_signals()
    // A reader who hangs up while a stream is silent is noticed at once.
    .h1_allow_half_closed(false)
    .listen(listener)?
    .run();
    let farewell = tokio::spawn(say_farewell(server.handle(), state, farewell, stop));
    server.await?;
    farewell.abort();
    Ok(())
}

fn sessions(store: Store, secure: bool, key: Key) -> SessionMiddleware<SqlSessionStore> {
    let lifetime = PersistentSession::default().session_ttl(time::Duration::seconds(SESSION_LIFETIME.as_secs()));
    SessionMiddleware::builder(SqlSessionStore(store), key)
        .cookie_name(if secure { "__Host-aide" } else { "aide" }.to_owned())
        .cookie_path("/".to_owned())
        .cookie_secure(secure)
        .cookie_http_only(true)
        // Lax, because the sign-in comes back from another site.
        .cookie_same_site(SameSite::Lax)
        .session_lifecycle(lifetime)
        .build()
}

/// Turns first, so that nothing new is sent; then the pages that follow them;
/// then the connections.
async fn say_farewell(server: ServerHandle, state: State, patience: Duration, stop: CancellationToken) {
    stop.cancelled().await;
    info!("going down");
    if tokio::time::timeout(patience, state.assistant.drain()).await.is_err() {
        tracing::warn!("something was still on its way; the next start tells what is unknown");
    }
    state.going_down.cancel();
    server.stop(true).await;
}
