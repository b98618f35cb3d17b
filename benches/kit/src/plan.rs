//! The order of the measurements.

use std::{path::Path, time::Duration};

use clap::ValueEnum;
use reqwest::Client;
use teachers_aide::{clients::http::HttpClients, settings::Outbound};
use tokio::time::sleep;

use crate::{
    Run,
    ask::Ask,
    child, load,
    load::Tally,
    process::{Application, Process},
    report,
    visitor::Visitor,
};

/// What can be measured on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Turns a second and the time to the first word, beside the floor.
    Turns,
    /// The cost of a chunk in a short and in a long answer.
    Chunks,
    /// Resident memory.
    Memory,
}

/// Turns of each of four visitors before the memory of streams is measured.
const WARM_TURNS: u32 = 150;

/// How much of everything.
struct Size {
    rounds: u32,
    warm: Duration,
    window: Duration,
    /// Visitors of the chunk measurement, and chunks that each of them reads.
    readers: usize,
    chunks: u32,
    chunk_rounds: u32,
    streams: u32,
    stall: Duration,
}

impl Size {
    fn of(run: &Run) -> Self {
        let seconds = Duration::from_secs_f64;
        let whole = Self {
            rounds: 3,
            warm: seconds(0.5),
            window: seconds(3.0),
            readers: 16,
            chunks: 5_000,
            chunk_rounds: 2,
            streams: 500,
            stall: seconds(24.0),
        };
        if !run.quick {
            return whole;
        }
        Self { rounds: 1, warm: seconds(0.2), window: seconds(1.0), readers: 8, chunk_rounds: 1, ..whole }
    }
}

/// One rung: so many clients, so slow a model, on both sides.
pub(crate) struct Rung {
    pub(crate) clients: usize,
    pub(crate) delay: Duration,
    pub(crate) app: Side,
    pub(crate) floor: Side,
    /// Turns a second, application over floor, round by round, sorted.
    pub(crate) ratios: Vec<f64>,
}

/// One side of a rung, over all rounds.
#[derive(Default)]
pub(crate) struct Side {
    /// Turns a second, round by round, sorted.
    pub(crate) per_second: Vec<f64>,
    /// All rounds together.
    pub(crate) tally: Tally,
    pub(crate) cpu: Duration,
}

impl Side {
    fn add(&mut self, round: Tally, cpu: Duration) {
        self.per_second.push(round.per_second);
        self.per_second.sort_by(f64::total_cmp);
        self.tally.turns += round.turns;
        self.tally.firsts.extend(round.firsts);
        self.tally.firsts.sort_unstable();
        self.tally.errors.extend(round.errors);
        self.cpu += cpu;
    }
}

/// CPU time of a turn by the length of its answer.
pub(crate) struct ChunkCost {
    pub(crate) chunks: u64,
    pub(crate) turns: u32,
    pub(crate) cpu: Duration,
    pub(crate) errors: Vec<String>,
}

/// Resident memory, in bytes.
pub(crate) struct Memory {
    pub(crate) idle: u64,
    /// After some turns, before the streams.
    pub(crate) warm: u64,
    pub(crate) streams: u32,
    pub(crate) held: u64,
    /// After the streams, and with a second lot of them.
    pub(crate) after: u64,
    pub(crate) held_again: u64,
}

/// Measures everything and prints it.
pub(crate) async fn run(run: &Run) -> anyhow::Result<()> {
    let size = Size::of(run);
    let http = HttpClients::new(&Outbound::default())?.stream;
    let (_mock, model) = child::start(&["mock"])?;
    if run.once {
        return once(run, model, &http).await;
    }
    let wanted = |part| run.only.is_none_or(|only| only == part);
    let mut misses = 0;
    if wanted(Part::Memory) {
        let memory = memory(&size, &run.app, &run.scratch, model, &http).await?;
        misses += report::memory(&memory)?;
    }
    let app = Application::start(&run.app, &run.scratch, model, &http).await?;
    let visitors = sign_in(&http, &app.base, 64).await?;
    if wanted(Part::Turns) {
        let (floor, on_floor) = floor(model, &http)?;
        let floor = (&floor, vec![on_floor; visitors.len()]);
        misses += report::turns(&ladder(&size, (&app.process, visitors.clone()), floor).await?)?;
    }
    if wanted(Part::Chunks) {
        misses += report::chunks(&chunks(&size, &app.process, &visitors).await?)?;
    }
    report::verdict(misses)
}

/// Whether the application and the floor still do what is to be measured.
async fn once(run: &Run, model: u16, http: &Client) -> anyhow::Result<()> {
    let app = Application::start(&run.app, &run.scratch, model, http).await?;
    let (_floor, on_floor) = floor(model, http)?;
    for visitor in [Visitor::sign_in(http, &app.base).await?, on_floor] {
        visitor.turn(&Ask::of(100), None).await?;
    }
    Ok(())
}

fn floor(model: u16, http: &Client) -> anyhow::Result<(Process, Visitor)> {
    let (floor, port) = child::start(&["floor", "--model", &format!("http://127.0.0.1:{model}/v1")])?;
    Ok((floor, Visitor::to_floor(http, &format!("http://127.0.0.1:{port}"))))
}

async fn sign_in(http: &Client, base: &str, count: usize) -> anyhow::Result<Vec<Visitor>> {
    let mut visitors = Vec::new();
    for _ in 0..count {
        visitors.push(Visitor::sign_in(http, base).await?);
    }
    Ok(visitors)
}

type Measured<'a> = (&'a Process, Vec<Visitor>);

async fn ladder(size: &Size, app: Measured<'_>, floor: Measured<'_>) -> anyhow::Result<Vec<Rung>> {
    let mut rungs = Vec::new();
    for delay in [0, 300].map(Duration::from_millis) {
        for clients in [1, 16, 64] {
            let mut rung = Rung { clients, delay, app: Side::default(), floor: Side::default(), ratios: Vec::new() };
            let ask = Ask { delay, ..Ask::of(100) };
            for _ in 0..size.rounds {
                let one = round(size, &app, clients, ask, &mut rung.app).await?;
                let other = round(size, &floor, clients, ask, &mut rung.floor).await?;
                rung.ratios.push(one / other);
            }
            rung.ratios.sort_by(f64::total_cmp);
            rungs.push(rung);
        }
    }
    Ok(rungs)
}

async fn round(size: &Size, measured: &Measured<'_>, clients: usize, ask: Ask, sum: &mut Side) -> anyhow::Result<f64> {
    let (process, visitors) = measured;
    let before = process.cpu()?;
    let tally = load::storm(&visitors[..clients], ask, size.warm, size.window).await;
    let per_second = tally.per_second;
    sum.add(tally, process.cpu()?.saturating_sub(before));
    Ok(per_second)
}

/// The same number of chunks in short and in long answers, a millisecond apart
/// so that a page really follows them; and answers of two chunks, whose cost is
/// that of the turn around.
async fn chunks(size: &Size, app: &Process, visitors: &[Visitor]) -> anyhow::Result<Vec<ChunkCost>> {
    let cost = |chunks| ChunkCost { chunks, turns: 0, cpu: Duration::ZERO, errors: Vec::new() };
    let mut costs = [cost(2), cost(100), cost(5_000)];
    for _ in 0..size.chunk_rounds {
        for cost in &mut costs {
            let ask = Ask { pace: Duration::from_millis(1), ..Ask::of(cost.chunks) };
            let each = size.chunks / u32::try_from(cost.chunks.max(100))?;
            let before = app.cpu()?;
            let tally = load::turns(&visitors[..size.readers], ask, each).await;
            cost.cpu += app.cpu()?.saturating_sub(before);
            cost.turns += tally.turns;
            cost.errors.extend(tally.errors);
        }
    }
    Ok(costs.into())
}

async fn memory(size: &Size, program: &Path, scratch: &Path, model: u16, http: &Client) -> anyhow::Result<Memory> {
    let app = Application::start(program, scratch, model, http).await?;
    sleep(Duration::from_secs(2)).await;
    let idle = app.process.memory()?;
    let visitors = sign_in(http, &app.base, 4).await?;
    // A few at a time, until the database's caches are as full as they get.
    load::turns(&visitors, Ask::of(100), WARM_TURNS).await;
    let warm = app.process.memory()?;
    let ask = Ask { stall: size.stall, pace: Duration::from_millis(1), ..Ask::of(100) };
    let held = load::hold(&visitors, ask, size.streams, || app.process.memory()).await?;
    let after = app.process.memory()?;
    let held_again = load::hold(&visitors, ask, size.streams, || app.process.memory()).await?;
    Ok(Memory { idle, warm, streams: size.streams, held, after, held_again })
}
