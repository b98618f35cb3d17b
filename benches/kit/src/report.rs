//! The tables and the bars.

use std::{
    io::{self, Write},
    time::Duration,
};

use crate::plan::{ChunkCost, Memory, Rung, Side};

/// Turns a second at 64 clients, at least so much of the floor's.
const SHARE: f64 = 0.40;
/// Added time to the first word at one client, in milliseconds.
const ADDED: f64 = 2.0;
/// Memory of an open stream, in kilobytes.
const STREAM: f64 = 100.0;
/// Memory of an idle server, in megabytes.
const IDLE: f64 = 40.0;
/// The cost of a chunk in a long answer over that in a short one.
const GROWTH: f64 = 1.3;

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
fn kilobytes(bytes: i64) -> f64 {
    bytes as f64 / 1e3
}

/// Prints a bar; returns 1 when it is missed. A NaN misses it.
fn bar(held: bool, words: &str) -> io::Result<u32> {
    writeln!(io::stdout(), "{} {words}", if held { "held:  " } else { "MISSED:" })?;
    Ok(u32::from(!held))
}

fn errors(what: &str, errors: &[String]) -> io::Result<u32> {
    let Some(first) = errors.first() else { return Ok(0) };
    bar(false, &format!("{what}: {} errors, the first: {first}", errors.len()))
}

pub(crate) fn turns(rungs: &[Rung]) -> io::Result<u32> {
    let mut out = io::stdout();
    writeln!(
        out,
        "\n| model | clients | turns/s app | floor | share | first word p50 app | floor | p99 app | floor | CPU a turn app | floor |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|---|")?;
    for rung in rungs {
        writeln!(
            out,
            "| {} ms | {} | {:.1} | {:.1} | {:.0} % | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} ms | {:.2} ms |",
            rung.delay.as_millis(),
            rung.clients,
            middle(&rung.app.per_second),
            middle(&rung.floor.per_second),
            middle(&rung.ratios) * 100.0,
            millis(rung.app.tally.first(50)),
            millis(rung.floor.tally.first(50)),
            millis(rung.app.tally.first(99)),
            millis(rung.floor.tally.first(99)),
            cpu_a_turn(&rung.app),
            cpu_a_turn(&rung.floor),
        )?;
    }
    writeln!(out)?;
    let mut misses = 0;
    for rung in rungs {
        misses += errors("application", &rung.app.tally.errors)?;
        misses += errors("floor", &rung.floor.tally.errors)?;
        if !rung.delay.is_zero() {
            continue;
        }
        let share = middle(&rung.ratios);
        let added = millis(rung.app.tally.first(50)) - millis(rung.floor.tally.first(50));
        if rung.clients == 64 {
            let words = format!("{:.0} % of the floor's turns a second at 64 clients (at least 40 %)", share * 100.0);
            misses += bar(share >= SHARE, &words)?;
        } else if rung.clients == 1 {
            let words = format!("{added:.1} ms added to the first word at one client (at most 2 ms)");
            misses += bar(added <= ADDED, &words)?;
        }
    }
    Ok(misses)
}

fn cpu_a_turn(side: &Side) -> f64 {
    millis(side.cpu) / f64::from(side.tally.turns)
}

pub(crate) fn chunks(costs: &[ChunkCost]) -> io::Result<u32> {
    let mut out = io::stdout();
    let [base, short, long] = costs else { return bar(false, "the chunks were not measured") };
    let turn = |cost: &ChunkCost| millis(cost.cpu) / f64::from(cost.turns);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let chunk = |cost: &ChunkCost| (turn(cost) - turn(base)) * 1e3 / (cost.chunks - base.chunks) as f64;
    writeln!(out, "\n| chunks | turns | CPU a turn | CPU a chunk |\n|---|---|---|---|")?;
    writeln!(out, "| {} | {} | {:.2} ms | |", base.chunks, base.turns, turn(base))?;
    for cost in [short, long] {
        writeln!(out, "| {} | {} | {:.2} ms | {:.1} µs |", cost.chunks, cost.turns, turn(cost), chunk(cost))?;
    }
    writeln!(out)?;
    let mut misses = 0;
    for cost in costs {
        misses += errors("chunks", &cost.errors)?;
    }
    let growth = chunk(long) / chunk(short);
    misses += bar(
        growth <= GROWTH,
        &format!("a chunk of a long answer costs {growth:.2} times one of a short answer (at most 1.3)"),
    )?;
    Ok(misses)
}

pub(crate) fn memory(memory: &Memory) -> io::Result<u32> {
    let kilo = |bytes: u64| kilobytes(bytes.cast_signed());
    let idle = kilo(memory.idle) / 1e3;
    let streams = f64::from(memory.streams);
    let each = (kilo(memory.held) - kilo(memory.warm)) / streams;
    let mut out = io::stdout();
    writeln!(out, "\n| resident memory | |\n|---|---|")?;
    for (what, bytes) in [
        ("idle after start", memory.idle),
        ("after sign-ins and some turns", memory.warm),
        ("with the streams open", memory.held),
        ("when they are over", memory.after),
        ("with as many open again", memory.held_again),
    ] {
        writeln!(out, "| {what} | {:.1} MB |", kilo(bytes) / 1e3)?;
    }
    writeln!(out)?;
    let idle = bar(idle < IDLE, &format!("{idle:.1} MB idle (below 40 MB)"))?;
    let words = format!("{each:.0} kB for each of {} open streams (at most 100 kB)", memory.streams);
    Ok(idle + bar(each <= STREAM, &words)?)
}

pub(crate) fn verdict(misses: u32) -> anyhow::Result<()> {
    anyhow::ensure!(misses == 0, "{misses} missed");
    writeln!(io::stdout(), "\nEvery bar is held.")?;
    Ok(())
}
