//! A process that was started here: what it uses, and that it ends.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use reqwest::Client;
use tokio::time::{Instant, sleep};

/// Linux counts CPU time for readers in hundredths of a second on every platform.
const TICK: Duration = Duration::from_millis(10);

/// What holds back one busy teacher, and here all clients are the same one.
const LIMITS: [&str; 6] = [
    "LIMIT_RUNNING_TURNS",
    "LIMIT_TURNS_PER_DAY",
    "LIMIT_TOKENS_PER_DAY",
    "LIMIT_SITE_TOKENS_PER_DAY",
    "LIMIT_REQUESTS_PER_MINUTE",
    "LIMIT_ADDRESS_REQUESTS_PER_MINUTE",
];
/// More than a bench ever does.
const NO_LIMIT: &str = "1000000000";

/// A process that ends when this value does.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn new(child: Child) -> Self {
        Self(child)
    }

    /// CPU time so far, of all its threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // The second field is the name in brackets and may hold spaces; user
        // and system time are the 14th and 15th.
        let rest = stat.rsplit_once(')').context("stat without a name")?.1;
        let ticks: u32 = rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).sum();
        Ok(TICK * ticks)
    }

    /// Resident memory, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().next().unwrap_or_default().parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The application, with a database of its own.
pub(crate) struct Application {
    pub(crate) process: Process,
    pub(crate) base: String,
    // Behind the process, so that it is gone before its files are.
    _home: Home,
}

/// A folder that is taken away again.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

impl Application {
    /// Starts it with the sandbox's identity and the mock as its model.
    pub(crate) async fn start(program: &Path, scratch: &Path, model: u16, http: &Client) -> anyhow::Result<Self> {
        let port = two_free_ports()?;
        let home = Home(scratch.join(format!("speed-{}-{port}", std::process::id())));
        fs::create_dir_all(&home.0)?;
        let log = home.0.join("log");
        let child = Command::new(program.canonicalize().context("the application's program")?)
            .current_dir(&home.0)
            .env_clear()
            .env("PORT", port.to_string())
            .env("DATABASE_URL", format!("sqlite://{}", home.0.canonicalize()?.join("aide.db").display()))
            .env("OPENAI_BASE_URL", format!("http://127.0.0.1:{model}/v1"))
            .env("OPENAI_API_KEY", "mock")
            .env("OPENAI_MODEL", "mock")
            .env("RUST_LOG", "warn")
            .envs(LIMITS.map(|name| (name, NO_LIMIT)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let app = Self { process: Process::new(child), base: format!("http://localhost:{port}"), _home: home };
        app.ready(http).await.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(app)
    }

    async fn ready(&self, http: &Client) -> anyhow::Result<()> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            let answer = http.get(format!("{}/healthz", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("the application does not answer")
    }
}

/// The application takes a port, and its sandbox the next one.
fn two_free_ports() -> anyhow::Result<u16> {
    for _ in 0..50 {
        let first = TcpListener::bind(("127.0.0.1", 0))?;
        let port = first.local_addr()?.port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no two neighbouring ports are free")
}
