//! The application under test: started on a free port, against a sandbox that
//! stands where Auth0, the model and Google are, by the operator's own settings.

mod answer;
mod browser;
mod stream;

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
    clock::{Clock, HeldClock, SystemClock},
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
    answer::{Answer, Card, Form},
    browser::{Asked, Browser},
    stream::{Screen, Stream},
};
use crate::cast;

/// What a test may want otherwise.
#[derive(Default)]
pub struct Wanted {
    /// A clock that stands still, and that the test moves.
    pub clock: Option<Arc<HeldClock>>,
    /// How the tenant is set up.
    pub setup: Setup,
    /// The model's mind, if not the scripted one.
    pub mind: Option<Arc<dyn Mind>>,
    /// The school, if not the one of the cast.
    pub school: Option<Value>,
    /// What the operator has set besides.
    pub variables: Vec<(&'static str, String)>,
}

/// A running application, and the world around it.
pub struct TestApp {
    /// Where browsers reach it.
    pub base: String,
    /// Auth0, the model and Google.
    pub sandbox: Arc<Sandbox>,
    /// What the model says next, where it is scripted.
    pub mind: Arc<ScriptedMind>,
    /// Its database, to look behind the page.
    pub store: Store,
    /// What its handlers can reach, to look behind the page.
    pub state: State,
    variables: Vec<(&'static str, String)>,
    world: World,
    home: Home,
    listener: TcpListener,
    running: Option<Running>,
}

/// Where an application keeps its things; gone when the last one lets go.
#[derive(Clone)]
struct Home(Arc<TempDir>);

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
        Self::with(&cast::school())
    }

    fn with(school: &Value) -> Self {
        let home = Self(Arc::new(TempDir::new().unwrap()));
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
        let mut world = World::default();
        if let Some(clock) = wanted.clock {
            world.clock = clock;
        }
        let mind = ScriptedMind::new();
        let options = SandboxOptions {
            clock: Arc::clone(&world.clock),
            people: vec![cast::ada(), cast::grace()],
            setup: wanted.setup,
            mind: wanted.mind.unwrap_or_else(|| Arc::clone(&mind) as Arc<dyn Mind>),
            ..SandboxOptions::default()
        };
        let sandbox = Arc::new(Sandbox::start(options).unwrap());
        let home = wanted.school.as_ref().map_or_else(Home::new, Home::with);
        Self::serve(wanted.variables, world, sandbox, mind, home, free_port()).await
    }

    async fn serve(
        variables: Vec<(&'static str, String)>,
        world: World,
        sandbox: Arc<Sandbox>,
        mind: Arc<ScriptedMind>,
        home: Home,
        listener: TcpListener,
    ) -> Self {
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = settings(&base, &sandbox, &home, &variables);
        let app = App::build(settings, world.clone()).await.unwrap();
        let (store, state) = (app.store().clone(), app.state().clone());
        let stop = CancellationToken::new();
        // A copy keeps the port ours while the application is down.
        let serving = tokio::spawn(app.serve(listener.try_clone().unwrap(), stop.clone()));
        let running = Some(Running { stop, serving });
        Self { base, sandbox, mind, store, state, variables, world, home, listener, running }
    }

    /// Ends it as an operator does, and waits until it has ended.
    pub async fn stop(&mut self) {
        let mut running = self.running.take().unwrap();
        running.stop.cancel();
        (&mut running.serving).await.unwrap().unwrap();
    }

    /// Starts it again on the same database and port.
    pub async fn start_again(self) -> Self {
        assert!(self.running.is_none(), "it still runs");
        Self::serve(self.variables, self.world, self.sandbox, self.mind, self.home, self.listener).await
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
        let (sandbox, mind) = (Arc::clone(&self.sandbox), Arc::clone(&self.mind));
        Self::serve(self.variables.clone(), self.world.clone(), sandbox, mind, home, free_port()).await
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser::at(&self.base)
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

    /// Whether a text stands somewhere in its files.
    pub fn disk_holds(&self, text: &str) -> bool {
        let files = fs::read_dir(self.home.0.path()).unwrap();
        let holds = |bytes: Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        files.map(|file| fs::read(file.unwrap().path()).unwrap()).any(holds)
    }

    /// What the operator's own command says, on this application's database.
    pub fn command(&self, arguments: &[&str]) -> Output {
        let variables = variables(&self.base, &self.sandbox, &self.home);
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

fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// The settings of an operator whose Auth0, model and Google are on this computer.
fn settings(base: &str, sandbox: &Sandbox, home: &Home, more: &[(&'static str, String)]) -> Settings {
    let mut variables = variables(base, sandbox, home);
    variables.extend(more.iter().cloned());
    Settings::read(|name| variables.get(name).cloned()).unwrap()
}

fn variables(base: &str, sandbox: &Sandbox, home: &Home) -> HashMap<&'static str, String> {
    let path = |name: &str| home.path(name).display().to_string();
    HashMap::from([
        ("AUTH0_DOMAIN", "localhost".to_owned()),
        ("AUTH0_ISSUER", sandbox.issuer().to_owned()),
        ("AUTH0_CLIENT_ID", sandbox.client_id().to_owned()),
        ("AUTH0_CLIENT_SECRET", sandbox.client_secret().to_owned()),
        ("APP_SECRET_KEY", "5f0c2a9be4d7163808fd9a1c7b62e35d11a47f9c03e8b6d25a90c4f7e1b83d66".to_owned()),
        ("OPENAI_BASE_URL", sandbox.model_base_url()),
        ("OPENAI_API_KEY", "a-key-of-the-test".to_owned()),
        ("OPENAI_MODEL", "scripted".to_owned()),
        ("GOOGLE_API_BASE_URL", sandbox.google_base_url()),
        ("PUBLIC_URL", base.to_owned()),
        ("DATABASE_URL", format!("sqlite://{}", path("aide.db"))),
        ("SCHOOL_DATA", path("school.json")),
    ])
}

/// The application as it starts with nothing set: everything is a stand-in of its own.
pub struct Demo {
    pub base: String,
    pub sandbox: Arc<Sandbox>,
    _running: Running,
    _home: TempDir,
}

impl Demo {
    pub async fn start() -> Self {
        install_tls();
        let (home, listener) = (TempDir::new().unwrap(), free_port());
        let base = format!("http://{}", listener.local_addr().unwrap());
        let database = format!("sqlite://{}", Path::display(&home.path().join("aide.db")));
        let variables = HashMap::from([("PUBLIC_URL", base.clone()), ("DATABASE_URL", database)]);
        let mut settings = Settings::read(|name| variables.get(name).cloned()).unwrap();
        // The sandbox takes the next port; after 0, that is any free one.
        settings.web.port = 0;
        let app = App::build(settings, World::default()).await.unwrap();
        let (sandbox, stop) = (app.sandbox().unwrap(), CancellationToken::new());
        let serving = tokio::spawn(app.serve(listener, stop.clone()));
        Self { base, sandbox, _running: Running { stop, serving }, _home: home }
    }
}

/// Waits until something is so, for as long as a patient person would.
#[track_caller]
pub fn eventually<F: Fn() -> bool>(what: &'static str, is_so: F) -> impl Future<Output = ()> {
    let place = std::panic::Location::caller();
    async move {
        for _ in 0..500 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{place}: five seconds later it is still not so: {what}");
    }
}
