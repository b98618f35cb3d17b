//! The application under test: started on a free port, against a sandbox that
//! stands where Auth0, the model and Google are, by the operator's own settings.

mod answer;
mod browser;
pub mod calls;
pub mod canary;
mod checker;
mod contract;
mod fault_proxy;
mod held_port;
pub mod log;
mod process;
pub mod rows;
mod stream;
mod verdict;

use std::{
    collections::HashMap,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use sqlx::SqlitePool;
use teachers_aide::{
    app::{App, World},
    clients::http::install_tls,
    clock::{Clock, HeldClock, Ids, Patience, SystemClock},
    sandbox::{
        Person, Sandbox, SandboxOptions, Setup,
        google::AcceptedMail,
        model::{Mind, Recorded, ScriptedMind},
    },
    settings::Settings,
    store::Store,
    web::state::State,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use self::{
    answer::{Answer, Card, Form, texts},
    browser::{Asked, Browser},
    checker::{Checker, Doubt, Findings},
    fault_proxy::{FaultProxy, Move, Plan},
    held_port::HeldPort,
    process::{Launch, Server, Site, secretary},
    stream::{Frame, Screen, Stream, read as read_frame},
};
use self::{
    canary::{Leaks, Watch},
    verdict::Verdict,
};
use crate::cast;

/// What a test may want otherwise.
#[derive(Default)]
pub struct Wanted {
    /// A clock that stands still, and that the test moves.
    pub clock: Option<Arc<HeldClock>>,
    /// A clock of the test's own making, if that one does not do.
    pub time: Option<Arc<dyn Clock>>,
    /// How the tenant is set up.
    pub setup: Setup,
    /// Settings of the operator's besides the usual ones.
    pub settings: HashMap<&'static str, String>,
    /// The model's mind, if not the scripted one.
    pub mind: Option<Arc<dyn Mind>>,
    /// Where browsers reach it, if not where it listens.
    pub public_url: Option<&'static str>,
    /// Where the identity provider is, the model, and Google's APIs, if not in the sandbox.
    pub issuer: Option<String>,
    pub model: Option<String>,
    pub google: Option<String>,
    /// The school, if not the one of the cast.
    pub school: Option<Value>,
    /// How long the application waits for others, if not as long as usual.
    pub patience: Option<Patience>,
    /// Where chance comes from, if not from the computer.
    pub ids: Option<Arc<dyn Ids>>,
    /// Whether lines that can be broken lead to the model and to Google.
    pub lines: bool,
    /// Variables that are set otherwise.
    pub variables: Vec<(&'static str, String)>,
}

/// A running application, and the world around it.
pub struct TestApp {
    /// Where it listens.
    pub base: String,
    /// Where browsers believe that they are.
    pub origin: String,
    /// Auth0, the model and Google.
    pub sandbox: Arc<Sandbox>,
    /// What the model says next, where it is scripted.
    pub mind: Arc<ScriptedMind>,
    /// Its database, to look behind the page.
    pub store: Store,
    /// What its handlers can reach.
    pub state: State,
    /// The lines to the model and to Google, where they were wanted.
    lines: Option<Arc<Lines>>,
    world: World,
    home: Home,
    listener: TcpListener,
    /// Compares what is left with what Google accepted.
    pub verdict: Verdict,
    running: Option<Running>,
    /// Reads what it leaves behind.
    pub watch: Watch,
}

/// Lines that can be broken.
struct Lines {
    model: FaultProxy,
    google: FaultProxy,
}

/// Where an application keeps its things; gone when the last one lets go.
#[derive(Clone)]
struct Home(Arc<TempDir>, Arc<HashMap<&'static str, String>>);

struct Running {
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Home {
    fn new() -> Self {
        Self::with(&cast::school(), HashMap::new())
    }

    /// With a school, and with settings of the operator's besides the usual ones.
    fn with(school: &Value, settings: HashMap<&'static str, String>) -> Self {
        let home = Self(Arc::new(TempDir::new().unwrap()), Arc::new(settings));
        fs::write(home.path("school.json"), school.to_string()).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(Wanted::default()).await
    }

    /// With a clock that stands still.
    pub async fn start_held() -> (Self, Arc<HeldClock>) {
        let clock = Arc::new(HeldClock::at(SystemClock.now()));
        let app = Self::start_with(Wanted { clock: Some(Arc::clone(&clock)), ..Wanted::default() }).await;
        (app, clock)
    }

    pub async fn start_with(wanted: Wanted) -> Self {
        install_tls();
        log::start();
        let mut world = World::default();
        if let Some(clock) = wanted.clock {
            world.clock = clock;
        }
        world.clock = wanted.time.unwrap_or(world.clock);
        world.patience = wanted.patience.unwrap_or_default();
        world.ids = wanted.ids.unwrap_or(world.ids);
        let mind = ScriptedMind::new();
        let options = SandboxOptions {
            clock: Arc::clone(&world.clock),
            people: vec![cast::ada(), cast::grace()],
            setup: wanted.setup,
            mind: wanted.mind.unwrap_or_else(|| Arc::clone(&mind) as Arc<dyn Mind>),
            callbacks: wanted.public_url.iter().map(|url| format!("{url}/auth/callback")).collect(),
            ..SandboxOptions::default()
        };
        let sandbox = Arc::new(Sandbox::start(options).unwrap());
        let listener = free_port();
        let origin = wanted.public_url.map_or_else(|| at(&listener), str::to_owned);
        let elsewhere = [
            ("AUTH0_ISSUER", wanted.issuer),
            ("OPENAI_BASE_URL", wanted.model),
            ("GOOGLE_API_BASE_URL", wanted.google),
        ];
        let mut variables = wanted.variables;
        let lines = if wanted.lines { Some(Arc::new(Lines::to(&sandbox, &mut variables).await)) } else { None };
        let mut settings = wanted.settings;
        settings.extend(elsewhere.into_iter().filter_map(|(name, address)| Some((name, address?))));
        settings.extend(variables);
        let home = Home::with(&wanted.school.unwrap_or_else(cast::school), settings);
        Self::serve(world, sandbox, mind, Place { lines, home }, listener, origin).await
    }

    async fn serve(
        world: World,
        sandbox: Arc<Sandbox>,
        mind: Arc<ScriptedMind>,
        place: Place,
        listener: TcpListener,
        origin: String,
    ) -> Self {
        let base = at(&listener);
        let Place { lines, home } = place;
        let settings = settings(&origin, &sandbox, &home);
        let app = App::build(settings, world.clone()).await.unwrap();
        let (store, state) = (app.store().clone(), app.state().clone());
        let stop = CancellationToken::new();
        // A copy keeps the port ours while the application is down.
        let serving = tokio::spawn(app.serve(listener.try_clone().unwrap(), stop.clone()));
        let running = Some(Running { stop, serving });
        let verdict = Verdict::on(&sandbox, &home);
        if lines.is_some() {
            verdict.doubt("a line that breaks cuts off answers that the sandbox believes complete");
        }
        let watch = Watch { leaks: Leaks::default(), sandbox: Arc::clone(&sandbox), home: home.clone() };
        Self { base, origin, sandbox, mind, store, state, lines, world, home, listener, verdict, running, watch }
    }

    /// Ends it as an operator does, and waits until it has ended.
    pub async fn stop(&mut self) {
        let mut running = self.running.take().unwrap();
        running.stop.cancel();
        (&mut running.serving).await.unwrap().unwrap();
        self.verdict.stopped();
    }

    /// Starts it again on the same database and port.
    pub async fn start_again(self) -> Self {
        assert!(self.running.is_none(), "it still runs");
        let Self { world, sandbox, mind, lines, home, listener, origin, verdict, watch, .. } = self;
        drop(verdict);
        // It reads the database's file, and to close that would take SQLite's own
        // locks from a server of this process (POSIX advisory locks).
        drop(watch);
        Self::serve(world, sandbox, mind, Place { lines, home }, listener, origin).await
    }

    /// The same with other settings of the operator's.
    pub async fn start_again_with(mut self, settings: HashMap<&'static str, String>) -> Self {
        self.home.1 = Arc::new(settings);
        self.start_again().await
    }

    /// The same, after somebody changed the school's file.
    pub async fn start_again_with_school(self, school: &Value) -> Self {
        fs::write(self.home.path("school.json"), school.to_string()).unwrap();
        self.start_again().await
    }

    /// The line to the model.
    pub fn model_line(&self) -> &FaultProxy {
        &self.lines.as_ref().unwrap().model
    }

    /// The line to Google.
    pub fn google_line(&self) -> &FaultProxy {
        &self.lines.as_ref().unwrap().google
    }

    /// What would be there if the power failed now: another application on a
    /// copy of the database.
    pub async fn after_a_power_cut(&self) -> Self {
        let home = Home::new();
        for file in ["aide.db", "aide.db-wal"] {
            if self.home.path(file).exists() {
                fs::copy(self.home.path(file), home.path(file)).unwrap();
            }
        }
        let (listener, mind) = (free_port(), Arc::clone(&self.mind));
        let origin = at(&listener);
        let home = Home(home.0, Arc::clone(&self.home.1));
        let place = Place { lines: self.lines.clone(), home };
        self.verdict.gone_on_elsewhere();
        let reborn = Self::serve(self.world.clone(), Arc::clone(&self.sandbox), mind, place, listener, origin).await;
        reborn.verdict.doubt("the power may have failed between a mail and its outcome");
        reborn
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser::watched(&self.base, &self.origin, &self.watch.leaks)
    }

    /// A browser in which this person signed in, by the provider's own page.
    pub async fn signed_in(&self, person: &Person) -> Browser {
        let browser = self.browser();
        browser.sign_in("/auth/login", person).await.leads_to("/chat");
        browser
    }

    /// The mails that Google accepted.
    pub fn accepted(&self) -> Vec<AcceptedMail> {
        self.sandbox.google().accepted()
    }

    /// What the model was asked, oldest first.
    pub fn asked(&self) -> Vec<Recorded> {
        self.sandbox.model().requests()
    }

    /// Where its database is.
    pub fn database_file(&self) -> PathBuf {
        self.home.path("aide.db")
    }

    /// Where its school file is.
    pub fn school_file(&self) -> PathBuf {
        self.home.path("school.json")
    }

    /// What the checker finds now.
    pub async fn findings(&self, doubt: Doubt) -> Findings {
        Checker::at(&self.database_file()).await.compare(&self.accepted(), doubt).await
    }

    /// Whether a text stands somewhere in its files.
    pub fn disk_holds(&self, text: &str) -> bool {
        let files = fs::read_dir(self.home.0.path()).unwrap();
        let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        files.map(|file| fs::read(file.unwrap().path()).unwrap()).any(holds)
    }

    /// What the operator's own command says, on this application's database.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let mut variables = variables(&self.origin, &self.sandbox, self.home.0.path());
        variables.extend(self.home.1.iter().map(|(name, value)| (*name, value.clone())));
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_teachers-aide"));
        command.env_clear().envs(variables).current_dir(self.home.0.path()).args(arguments).output().unwrap()
    }

    /// The database by itself, as somebody sees it who got hold of the file.
    pub async fn database(&self) -> SqlitePool {
        SqlitePool::connect(&format!("sqlite://{}", self.home.path("aide.db").display())).await.unwrap()
    }

    /// The messages of the latest question to the model, as one text, with the
    /// word that is new in every turn taken out.
    pub fn last_question(&self) -> String {
        let messages = self.asked().last().unwrap().body["messages"].to_string();
        let (_, behind) = messages.split_once("hold the word ").unwrap();
        let word = behind.split('.').next().unwrap().to_owned();
        messages.replace(&word, "MARK")
    }
}

/// What an application finds where it starts.
struct Place {
    lines: Option<Arc<Lines>>,
    home: Home,
}

impl Lines {
    async fn to(sandbox: &Sandbox, variables: &mut Vec<(&'static str, String)>) -> Self {
        let port = url::Url::parse(sandbox.issuer()).unwrap().port().unwrap();
        let (model, google) = (FaultProxy::to(port).await, FaultProxy::to(port).await);
        variables.push(("OPENAI_BASE_URL", model.instead_of(&sandbox.model_base_url())));
        variables.push(("GOOGLE_API_BASE_URL", google.instead_of(&sandbox.google_base_url())));
        Self { model, google }
    }
}

fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn at(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

/// The settings of an operator whose Auth0, model and Google are on this computer.
fn settings(origin: &str, sandbox: &Sandbox, home: &Home) -> Settings {
    let mut variables = variables(origin, sandbox, home.0.path());
    variables.extend(home.1.iter().map(|(name, value)| (*name, value.clone())));
    Settings::read(|name| variables.get(name).cloned()).unwrap()
}

/// The same as variables; what is kept is kept in `folder`.
fn variables(origin: &str, sandbox: &Sandbox, folder: &Path) -> HashMap<&'static str, String> {
    let path = |name: &str| folder.join(name).display().to_string();
    HashMap::from([
        ("AUTH0_DOMAIN", "localhost".to_owned()),
        ("AUTH0_ISSUER", sandbox.issuer().to_owned()),
        ("AUTH0_CLIENT_ID", sandbox.client_id().to_owned()),
        ("AUTH0_CLIENT_SECRET", sandbox.client_secret().to_owned()),
        ("APP_SECRET_KEY", canary::APP_KEY.to_owned()),
        ("OPENAI_BASE_URL", sandbox.model_base_url()),
        ("OPENAI_API_KEY", canary::MODEL_KEY.to_owned()),
        ("OPENAI_MODEL", "scripted".to_owned()),
        ("GOOGLE_API_BASE_URL", sandbox.google_base_url()),
        ("PUBLIC_URL", origin.to_owned()),
        ("DATABASE_URL", format!("sqlite://{}", path("aide.db"))),
        ("SCHOOL_DATA", path("school.json")),
    ])
}

/// The application as it starts with nothing set: everything is a stand-in of its own.
pub struct Demo {
    pub base: String,
    pub sandbox: Arc<Sandbox>,
    /// The line between it and a browser.
    pub line: FaultProxy,
    _verdict: Verdict,
    _running: Running,
}

impl Demo {
    pub async fn start() -> Self {
        Self::start_with(Patience::default()).await
    }

    /// One that waits for others no longer than this.
    pub async fn start_with(patience: Patience) -> Self {
        install_tls();
        let (home, listener) = (Home::new(), free_port());
        let address = listener.local_addr().unwrap();
        let line = FaultProxy::to(address.port()).await;
        let base = line.instead_of(&format!("http://{address}"));
        let database = format!("sqlite://{}", home.path("aide.db").display());
        let variables = HashMap::from([("PUBLIC_URL", base.clone()), ("DATABASE_URL", database)]);
        let mut settings = Settings::read(|name| variables.get(name).cloned()).unwrap();
        // The sandbox takes the next port; after 0, that is any free one.
        settings.web.port = 0;
        let app = App::build(settings, World { patience, ..World::default() }).await.unwrap();
        let (sandbox, stop) = (app.sandbox().unwrap(), CancellationToken::new());
        let serving = tokio::spawn(app.serve(listener, stop.clone()));
        let verdict = Verdict::on(&sandbox, &home);
        Self { base, sandbox, line, _verdict: verdict, _running: Running { stop, serving } }
    }
}

/// Waits until something is so, for as long as a patient person would.
#[track_caller]
pub fn eventually<F: Fn() -> bool>(what: &'static str, is_so: F) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        for _ in 0..3_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{place}: half a minute later it is still not so: {what}");
    }
}

/// The same of what must be asked for first.
pub async fn in_time(what: &'static str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..3_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("half a minute later it is still not so: {what}");
}
