//! chromedriver as a child of the test: on a port that it finds by itself, and
//! gone with the test, together with every browser that it started.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

/// Nothing of Chromium's own goes to the network, and every run begins empty.
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What has to be installed first, if anything.
pub fn missing() -> Option<&'static str> {
    ["chromium", "chromedriver"].into_iter().find(|program| found(program).is_none())
}

fn found(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A running chromedriver.
pub struct Driver {
    process: Child,
    port: u16,
    profile: TempDir,
    flags: Vec<String>,
    // Held open: a driver that cannot write its notes would end.
    _notes: BufReader<ChildStdout>,
}

impl Driver {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// With flags for the browser beside the usual ones.
    pub fn with(flags: &[String]) -> Self {
        // On a busy machine somebody else takes the port that it had found free.
        let started = (0..10).find_map(|_| Self::listening());
        let (process, port, notes) = started.unwrap_or_else(|| panic!("chromedriver did not start"));
        Self { process, port, profile: TempDir::new().unwrap(), flags: flags.to_vec(), _notes: notes }
    }

    fn listening() -> Option<(Child, u16, BufReader<ChildStdout>)> {
        let mut command = Command::new("chromedriver");
        let mut process = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut notes = BufReader::new(process.stdout.take().unwrap());
        let port = port(&mut notes);
        if port.is_none() {
            process.wait().unwrap();
        }
        port.map(|port| (process, port, notes))
    }

    /// A new browser with one empty tab.
    pub async fn browser(&self) -> WebDriver {
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(found("chromium").unwrap().to_str().unwrap()).unwrap();
        for flag in FLAGS.into_iter().chain(self.flags.iter().map(String::as_str)) {
            wanted.add_arg(flag).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", self.profile.path().display())).unwrap();
        wanted.set_logging_prefs("browser", LoggingPrefsLogLevel::All).unwrap();
        wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All).unwrap();
        WebDriver::new(format!("http://127.0.0.1:{}", self.port), wanted).await.unwrap()
    }

    /// Asks it to end its browsers and itself; a killed one would leave them running.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        line.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    fn has_ended(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|ended| ended.is_some())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_ok() {
            for _ in 0..100 {
                if self.has_ended() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// The port stands in the sentence that it started; none when it ended instead.
fn port(notes: &mut BufReader<ChildStdout>) -> Option<u16> {
    let mut line = String::new();
    while notes.read_line(&mut line).unwrap() > 0 {
        if let Some((_, port)) = line.trim_end_matches(['.', '\n']).split_once("started successfully on port ") {
            return Some(port.parse().unwrap());
        }
        line.clear();
    }
    None
}
