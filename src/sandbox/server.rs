//! The server: one listener, one worker, in threads of its own.

use std::{io, net::TcpListener, sync::mpsc, thread};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    middleware::from_fn,
    rt::System,
    web::{Data, PayloadConfig, ServiceConfig, scope},
};

use super::{World, agenda, auth0, google, line::Line, model, outbox, pages, wire};

/// Gmail's own limit is 35 MiB for the message; base64 and JSON come on top.
const LARGEST_REQUEST: usize = 64 << 20;

/// The running server.
pub(super) struct Server {
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(listener: TcpListener, world: World) -> io::Result<Self> {
        let (report, reported) = mpsc::channel();
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            System::new().block_on(serve(listener, world, report));
        })?;
        let handle = reported.recv().map_err(io::Error::other)??;
        Ok(Self { handle, thread: Some(thread) })
    }

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

async fn serve(listener: TcpListener, world: World, report: mpsc::Sender<io::Result<ServerHandle>>) {
    let routes = move |config: &mut ServiceConfig| mount(config, &world);
    let server = HttpServer::new(move || {
        App::new().app_data(PayloadConfig::new(LARGEST_REQUEST)).configure(routes.clone()).wrap(from_fn(wire::around))
    });
    let server = server.workers(1).disable_signals().h1_allow_half_closed(false).on_connect(Line::keep);
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
