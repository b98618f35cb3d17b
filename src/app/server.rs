//! The HTTP server: middleware around the routes, time-outs, and a calm end.

use std::{net::TcpListener, num::NonZeroUsize, time::Duration};

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
    settings::{AppKeys, Limits},
    store::{SqlSessionStore, Store},
    telemetry::RequestSpan,
    web::{
        csrf, error, headers,
        old_cookies::{self, CookieKeys},
        patience, rates, routes,
        state::State,
    },
};

/// How long connections may take to end once nothing is on its way any more.
const LAST_WORDS: Duration = Duration::from_secs(4);
/// How long a connection may idle.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// Serves until `stop` fires.
pub(super) async fn run(
    listener: TcpListener,
    state: State,
    store: Store,
    keys: &AppKeys,
    limits: &Limits,
    farewell: Duration,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let cookies = Data::new(CookieKeys {
        name: state.cookie_name(),
        current: Key::from(&keys.derive_wide(COOKIE)),
        previous: keys.derive_wide_previous(COOKIE).iter().map(|key| Key::from(key)).collect(),
    });
    let shared = state.clone();
    let server = HttpServer::new(move || {
        let sessions = sessions(store.clone(), &shared, &cookies);
        App::new()
            .app_data(Data::new(shared.clone()))
            .app_data(cookies.clone())
            .service(web::scope("/static").wrap(Compress::default()).configure(routes::files))
            .configure(routes::open)
            .service(
                web::scope("/auth/backchannel-logout")
                    .wrap(from_fn(patience::whole_body))
                    .wrap(from_fn(rates::guard))
                    .configure(routes::for_the_provider),
            )
            .service(
                web::scope("")
                    .wrap(from_fn(csrf::guard))
                    .wrap(sessions)
                    .wrap(from_fn(old_cookies::renew))
                    .wrap(from_fn(patience::whole_body))
                    .wrap(from_fn(rates::guard))
                    .configure(routes::in_session),
            )
            .wrap(from_fn(error::explain))
            .wrap(from_fn(headers::set))
            .wrap(from_fn(patience::hang_up))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    // A frame of text must not wait until the browser has acknowledged the one
    // before it (RFC 896; browsers delay that by up to 40 ms).
    .tcp_nodelay(true)
    .client_request_timeout(Duration::from_secs(limits.head_seconds.into()))
    .max_connections(connections_each(limits.connections))
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

/// What the key of the session cookie is derived for.
const COOKIE: &str = "session-cookie/v1";

/// Each of the server's workers counts for itself.
fn connections_each(all: u32) -> usize {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    usize::try_from(all).unwrap_or(usize::MAX).div_ceil(workers)
}

fn sessions(store: Store, state: &State, cookies: &CookieKeys) -> SessionMiddleware<SqlSessionStore> {
    let lifetime = PersistentSession::default().session_ttl(time::Duration::seconds(state.lifetimes.whole));
    SessionMiddleware::builder(SqlSessionStore(store), cookies.current.clone())
        .cookie_name(cookies.name.to_owned())
        .cookie_path("/".to_owned())
        .cookie_secure(state.is_https())
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
