//! The speed bench: the application beside the least that could do its work.
//!
//! One program in three roles. `run` measures; it starts the application, and
//! itself twice more: as the mock model and as the floor. It listens and calls
//! on loopback only, ends by itself, and stops what it started and nothing else.

mod ask;
mod child;
mod floor;
mod load;
mod mock;
mod plan;
mod process;
mod report;
mod visitor;

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use tokio::signal::unix::{SignalKind, signal};

/// The application's own, so that the floor has no worse one.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Nothing here takes longer; whatever still runs then is stuck.
const LONGEST: Duration = Duration::from_mins(8);

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Measures, and prints the tables.
    Run(Run),
    /// A model that streams what it is asked for.
    Mock,
    /// The bare handler that the application is held against.
    Floor {
        /// The model's base URL.
        #[arg(long)]
        model: url::Url,
    },
}

/// How to measure.
#[derive(clap::Args)]
struct Run {
    /// The application's program.
    #[arg(long)]
    app: PathBuf,
    /// A folder on a disk; what is put there is taken away again.
    #[arg(long)]
    scratch: PathBuf,
    /// One short round of everything, to see that it works.
    #[arg(long)]
    quick: bool,
    /// Leave out all but one part: turns, chunks or memory.
    #[arg(long)]
    only: Option<plan::Part>,
    /// No figures: a sign-in and one turn on either side, to see that it works.
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    once: bool,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().role {
        Role::Mock => actix_web::rt::System::new().block_on(mock::serve()),
        Role::Floor { model } => actix_web::rt::System::new().block_on(floor::serve(&model)),
        Role::Run(run) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(measure(run))
        }
    }
}

async fn measure(run: Run) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = plan::run(&run) => outcome,
        () = tokio::time::sleep(LONGEST) => anyhow::bail!("not done after {} s", LONGEST.as_secs()),
        _ = terminate.recv() => anyhow::bail!("stopped"),
        stopped = tokio::signal::ctrl_c() => stopped.context("stopped"),
    }
}
