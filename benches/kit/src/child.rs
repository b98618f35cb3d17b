//! This program started once more in another role, and how the two talk: the
//! child says its port on standard output and ends when its standard input does.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Command, Stdio},
};

use anyhow::Context;

use crate::process::Process;

/// Starts this program in a role; returns it and its port.
pub(crate) fn start(role: &[&str]) -> anyhow::Result<(Process, u16)> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(program).args(role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let said = child.stdout.take().context("no standard output")?;
    let process = Process::new(child);
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    let port = line.trim().parse().with_context(|| format!("{role:?} did not start"))?;
    Ok((process, port))
}

/// Says the port, and ends this program when the parent is gone.
pub(crate) fn announce(addresses: &[SocketAddr]) -> anyhow::Result<()> {
    let port = addresses.first().context("no port")?.port();
    writeln!(std::io::stdout(), "{port}")?;
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        let _ended = std::io::stdin().read_to_end(&mut rest);
        std::process::exit(0);
    });
    Ok(())
}
