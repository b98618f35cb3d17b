//! The server: one listener, one worker, in threads of its own.

use std::{any::Any, io, net::TcpListener, sync::mpsc, thread, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::{Extensions, ServerHandle},
    middleware::from_fn,
    rt::System,
    web::{Data, PayloadConfig, ServiceConfig, scope},
};

use super::{World, agenda, auth0, google, line::Line, model, outbox, pages, wire};

/// Gmail's own limit is 35 MiB for the message; base64 and JSON come on top.
const LARGEST_REQUEST: usize = 64 << 20;

/// How long a stop waits for the worker to let go of its connections. It takes
/// no time, unless a request is in the middle of a computation.
const LETTING_GO: Duration = Duration::from_secs(10);

/// The running server.
pub(super) struct Server {
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

/// Held by each connection as long as it is open. Nothing is ever sent.
#[derive(Clone)]
struct Open(#[expect(dead_code, reason = "held, and let go when dropped")] mpsc::Sender<()>);

impl Server {
    pub(super) fn start(listener: TcpListener, world: World) -> io::Result<Self> {
        let (report, reported) = mpsc::channel();
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            let (open, gone) = mpsc::channel();
            System::new().block_on(serve(listener, world, report, Open(open)));
            // The server's own end does not wait for its worker, which answers on
            // the open connections until it is gone.
            if gone.recv_timeout(LETTING_GO) == Err(mpsc::RecvTimeoutError::Timeout) {
                tracing::warn!("the sandbox stopped, and a connection of it is still open");
            }
        })?;
        let handle = reported.recv().map_err(io::Error::other)??;
        Ok(Self { handle, thread: Some(thread) })
    }

    /// Closes the port and every connection, and waits until that is done.
    pub(super) fn stop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn serve(listener: TcpListener, world: World, report: mpsc::Sender<io::Result<ServerHandle>>, open: Open) {
    let routes = move |config: &mut ServiceConfig| mount(config, &world);
    let server = HttpServer::new(move || {
        App::new().app_data(PayloadConfig::new(LARGEST_REQUEST)).configure(routes.clone()).wrap(from_fn(wire::around))
    });
    let server = server.workers(1).disable_signals().h1_allow_half_closed(false);
    let server = server.on_connect(move |connection: &dyn Any, data: &mut Extensions| {
        Line::keep(connection, data);
        data.insert(open.clone());
    });
    match server.listen(listener) {
        Ok(server) => {
            let server = server.run();
            drop(report.send(Ok(server.handle())));
            if let Err(error) = server.await {
                tracing::error!(%error, "the sandbox stopped serving");
            }
        }
        Err(error) => drop(report.send(Err(error))),
    }
}

/// Every URL of the sandbox begins in one of these.
fn mount(config: &mut ServiceConfig, world: &World) {
    config
        .app_data(Data::new(world.clone()))
        .app_data(Data::from(world.auth0.clone()))
        .app_data(Data::from(world.google.clone()))
        .service(scope("/auth0").configure(auth0::routes))
        .service(scope("/google").configure(google::routes))
        .configure(model::configure(Data::from(world.model.clone())))
        .configure(outbox::routes)
        .configure(agenda::routes)
        .configure(pages::routes);
}
