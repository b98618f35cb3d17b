//! Reads the settings, builds the application, and serves until it is stopped.

use std::{io, net::TcpListener, num::NonZeroUsize, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use teachers_aide::{
    app::{self, App, World},
    check,
    clients::http::install_tls,
    settings::{Environment, Settings},
    telemetry,
};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

/// A turn asks for memory some thousand times, on several threads at once: with
/// the system's allocator (glibc) it costs a seventh more of the processor's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A teacher's assistant that answers from the grade book and writes mails that
/// leave only after the teacher approves them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Print each setting and where it came from, try the services, and stop.
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What an operator does beside the server.
#[derive(Subcommand)]
enum Command {
    /// Seal with `APP_SECRET_KEY` what a key of `APP_SECRET_KEY_PREVIOUS` has sealed; the server may go on meanwhile.
    RotateKeys,
    /// Walk along the audit, and name the first row that is not as it was written.
    VerifyAudit {
        /// The end of the audit as it was noted down elsewhere (the log has it at each start and end): ROW:HASH.
        #[arg(long)]
        head: Option<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = runtime().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(arguments)));
    outcome.unwrap_or_else(|fault| {
        use io::Write;
        let _unread = writeln!(io::stderr(), "{fault:#}");
        ExitCode::FAILURE
    })
}

/// Where the turns are driven. Half as many threads as there are processors: the
/// pages are made by the web server's own, and a turn mostly waits.
fn runtime() -> io::Result<Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Builder::new_multi_thread().worker_threads(processors.div_ceil(2)).enable_all().build()
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    install_tls();
    let environment = Environment::load()?;
    if arguments.check {
        let well = check::run(&environment, &mut io::stdout()).await?;
        return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let settings = Settings::read(|name| environment.get(name))?;
    if let Some(command) = arguments.command {
        return upkeep(&settings, command).await;
    }
    telemetry::init(&settings.log);
    let address = settings.web.listen();
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address} (HOST, PORT)"))?;
    let app = App::build(settings, World::default()).await?;
    // A terminal that is full or gone is no reason not to serve.
    let _unread = io::Write::write_all(&mut io::stderr(), app::welcome(&app).as_bytes());
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    app.serve(listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}

async fn upkeep(settings: &Settings, command: Command) -> anyhow::Result<ExitCode> {
    let told = match command {
        Command::RotateKeys => app::rotate_keys(settings, World::default()).await?,
        Command::VerifyAudit { head } => app::verify_audit(settings, World::default(), head.as_deref()).await?,
    };
    io::Write::write_all(&mut io::stdout(), format!("{told}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stop.cancel();
    }
}
