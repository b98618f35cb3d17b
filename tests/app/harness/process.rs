//! The program itself in a process of its own, with a world that outlives it.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use teachers_aide::{
    clients::http::install_tls,
    sandbox::{
        Person, Sandbox, SandboxOptions,
        google::AcceptedMail,
        model::{Answer, Conversation, Message, Mind, Reply, ToolCall},
    },
};

use super::{
    Browser, HeldPort, Home,
    calls::{self, Call, Spoil},
    checker::{Checker, Doubt, Findings},
    variables,
    verdict::Verdict,
};
use crate::cast;

/// The world around a program that may die: Auth0, the model and Google live on.
pub struct Site {
    pub sandbox: Arc<Sandbox>,
    /// Compares what is left with what Google accepted.
    pub verdict: Verdict,
    home: Home,
}

/// The program, running. Dropping it kills it.
pub struct Server {
    pub base: String,
    child: Child,
    _port: HeldPort,
}

/// A program that ended before it served, and what it said.
#[derive(Debug)]
pub struct Died {
    pub status: ExitStatus,
    pub said: String,
}

/// How a program is started.
#[derive(Default, Clone)]
pub struct Launch {
    /// What is done to its calls.
    pub spoil: Spoil,
    /// Where its log goes instead of a file.
    pub log_to: Option<&'static str>,
    /// What its log tells, instead of the usual.
    pub log: Option<&'static str>,
    /// How many files and sockets it may have open.
    pub open_files: Option<u32>,
}

impl Site {
    /// With the cast's two teachers and their school.
    pub fn new() -> Self {
        Self::with(vec![cast::ada(), cast::grace()], &cast::school(), secretary(&[("Mateo", cast::MATEO)]))
    }

    pub fn with(people: Vec<Person>, school: &serde_json::Value, mind: Arc<dyn Mind>) -> Self {
        install_tls();
        let sandbox = Sandbox::start(SandboxOptions { people, mind, ..SandboxOptions::default() }).unwrap();
        let (sandbox, home) = (Arc::new(sandbox), Home::with(school, HashMap::new()));
        let verdict = Verdict::on(&sandbox, &home);
        verdict.doubt("a process that is killed learns of no outcome");
        Self { sandbox, verdict, home }
    }

    pub fn folder(&self) -> &Path {
        self.home.0.path()
    }

    pub fn database(&self) -> PathBuf {
        self.folder().join("aide.db")
    }

    /// Starts the program and waits until it serves.
    pub async fn start(&self) -> Server {
        self.launch(&Launch::default()).await.unwrap_or_else(|died| panic!("{died:?}"))
    }

    /// Starts the program; tells when it ends before it serves.
    pub async fn launch(&self, launch: &Launch) -> Result<Server, Died> {
        let port = HeldPort::take();
        let base = format!("http://127.0.0.1:{}", port.number());
        let child = self.command(&base, port.number(), launch).spawn().unwrap();
        let mut server = Server { base, child, _port: port };
        loop {
            if let Some(status) = server.child.try_wait().unwrap() {
                return Err(Died { status, said: self.said() });
            }
            if server.answers().await {
                return Ok(server);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn command(&self, base: &str, port: u16, launch: &Launch) -> Command {
        let program = env!("CARGO_BIN_EXE_teachers-aide");
        let mut command = match launch.open_files {
            Some(limit) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("ulimit -n {limit}; exec \"$0\""), program]);
                shell
            }
            None => Command::new(program),
        };
        let log = launch.log_to.map_or_else(|| self.folder().join("server.log"), PathBuf::from);
        let open = || File::options().create(true).append(true).open(&log).unwrap();
        let port = port.to_string();
        command.env_clear().envs(variables(base, &self.sandbox, self.folder())).env("PORT", port);
        command
            .env("RUST_LOG", launch.log.unwrap_or("info"))
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(open())
            .stderr(open());
        calls::load(&mut command, self.folder(), launch.spoil);
        command
    }

    /// What the program wrote so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.folder().join("server.log")).unwrap_or_default()
    }

    /// The calls of the latest program.
    pub fn calls(&self) -> Vec<Call> {
        calls::made(self.folder())
    }

    /// Gives the running program's calls an order, or takes it back.
    pub fn order(&self, what: Option<&str>) {
        calls::order(self.folder(), what);
    }

    /// The mails that Google accepted.
    pub fn accepted(&self) -> Vec<AcceptedMail> {
        self.sandbox.google().accepted()
    }

    /// What the checker finds now.
    pub async fn findings(&self, doubt: Doubt) -> Findings {
        Checker::at(&self.database()).await.compare(&self.accepted(), doubt).await
    }
}

impl Server {
    async fn answers(&self) -> bool {
        let Ok(address) = self.base.trim_start_matches("http://").parse::<std::net::SocketAddr>() else { return false };
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return false;
        }
        let browser = Browser::at(&self.base);
        browser.bare(reqwest::Method::GET, "/healthz").send().await.is_ok_and(|answer| answer.status() == 200)
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser::at(&self.base)
    }

    /// A browser in which this person signed in.
    pub async fn signed_in(&self, person: &Person) -> Browser {
        let browser = self.browser();
        browser.sign_in("/auth/login", person).await.leads_to("/chat");
        browser
    }

    /// SIGKILL, and waits until it is dead.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends it a signal, such as "TERM".
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it has ended by itself, for longer than it may take; and how it did.
    pub async fn ends(&mut self) -> ExitStatus {
        for _ in 0..6_000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a minute later it still lives");
    }

    /// Whether it has ended by itself.
    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended by itself.
    pub async fn dies(&mut self) {
        self.ends().await;
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _dead_already = self.child.kill();
        let _waited_for = self.child.wait();
    }
}

/// A mind that can be asked again and again, by a server that forgot what it
/// heard: it writes to whom the teacher names, and is content with any result.
pub fn secretary(students: &[(&str, &str)]) -> Arc<dyn Mind> {
    let students: BTreeMap<String, String> =
        students.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect();
    Arc::new(move |request: &Conversation| -> Reply {
        match request.messages.last() {
            Some(Message::User(words)) => match students.iter().find(|(name, _)| words.contains(*name)) {
                Some((name, id)) => {
                    let body = format!("Dear {name}, this is about: {words}");
                    let arguments = serde_json::json!({ "student_id": id, "subject": "A word", "body": body });
                    Answer::calls([ToolCall::new("send_email_to_student", &arguments)]).into()
                }
                None => Answer::text("All is well in your classes.").into(),
            },
            _ => Answer::text("Noted, thank you.").into(),
        }
    })
}
