//! Settings: the environment, read once into typed sections.
//!
//! Every fault is reported together, in words that say what to set. Secrets
//! are held in types whose `Debug` tells nothing. Nothing outside this room
//! reads a variable, and nothing in it opens a connection.

mod address;
mod environment;
mod keys;
mod limits;
mod reader;
mod sections;
#[cfg(test)]
mod tests;
mod variables;

use std::{
    borrow::Cow,
    fs, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use url::Url;

pub use address::is_loopback;
pub use environment::{DotEnvError, Environment, Source};
pub use keys::{AppKeys, KEY_FILE, SecretKey, existing_key, secret_key};
pub use limits::Limits;
pub use reader::{Fault, SettingsFaults, quoted as shown_value};
pub use variables::{Section, VARIABLES, Variable};

/// Everything an operator can choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who signs people in, and keeps the vault.
    pub identity: Identity,
    /// Who answers.
    pub model: ModelSource,
    /// Where Google is.
    pub google: Google,
    /// Where browsers reach us.
    pub web: Web,
    /// How calls leave.
    pub outbound: Outbound,
    /// Who may sign in, and for how long.
    pub sessions: Sessions,
    /// How much of everything.
    pub limits: Limits,
    /// What is kept, and where.
    pub data: Data,
    /// What seals it.
    pub keys: Keys,
    /// What the operator reads.
    pub log: Log,
    /// The variables that are set, by their names.
    pub set: Vec<&'static str>,
}

/// Who signs people in, keeps the vault, and carries the mail.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The local stand-ins.
    Sandbox,
    /// Auth0, and Google behind it.
    Auth0(Auth0),
}

/// The Auth0 application.
#[derive(Debug, Clone)]
pub struct Auth0 {
    /// `AUTH0_DOMAIN`: a host name, without scheme or path.
    pub domain: String,
    /// `AUTH0_ISSUER`, or the domain as a URL.
    pub issuer: Url,
    /// `AUTH0_CLIENT_ID`.
    pub client_id: String,
    /// `AUTH0_CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `AUTH0_CONNECTION`.
    pub connection: String,
    /// `AUTH0_CONNECT_BY`.
    pub connect_by: Connecting,
}

/// How an account comes into the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connecting {
    /// By a trip of its own (Connected Accounts).
    Accounts,
    /// By signing in with consent, as in tenants of the older kind.
    SignIn,
}

/// Who answers.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// The local stand-in.
    Sandbox,
    /// An OpenAI-compatible endpoint.
    Endpoint(Endpoint),
}

/// An OpenAI-compatible endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `OPENAI_API_KEY`; local servers need none.
    pub api_key: Option<SecretString>,
    /// `OPENAI_BASE_URL`, such as `https://api.openai.com/v1`.
    pub base_url: Url,
    /// `OPENAI_MODEL`.
    pub model: String,
}

/// Where Google is.
#[derive(Debug, Clone)]
pub struct Google {
    /// `GOOGLE_API_BASE_URL`; unset, Google's own hosts are called.
    pub api_base: Option<Url>,
}

/// Where browsers reach us.
#[derive(Debug, Clone)]
pub struct Web {
    /// `PUBLIC_URL`: scheme, host and port.
    pub public_url: Url,
    /// `HOST`.
    pub host: IpAddr,
    /// `PORT`.
    pub port: u16,
}

impl Web {
    /// Whether browsers come by https: `Secure` and `__Host-` cookies, and HSTS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Where to listen.
    pub fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// Who may sign in, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    /// `SESSION_IDLE_MINUTES`
    pub idle_minutes: u32,
    /// `SESSION_HOURS`
    pub hours: u32,
    /// `ALLOWED_ACCOUNTS`; with none, whoever the provider lets in.
    pub allowed_accounts: Vec<String>,
    /// `OPERATOR_ACCOUNTS`; with none, nobody.
    pub operator_accounts: Vec<String>,
}

/// How calls leave.
#[derive(Debug, Clone, Default)]
pub struct Outbound {
    /// `HTTPS_PROXY`; it may hold a password.
    pub https_proxy: Option<SecretString>,
}

/// What is kept, and where.
#[derive(Debug, Clone)]
pub struct Data {
    /// `DATABASE_URL`, without `sqlite://`.
    pub database: PathBuf,
    /// `SCHOOL_DATA`.
    pub school: PathBuf,
}

impl Data {
    /// The text of the school file; where the default one is not there, the
    /// sample that is built in, for a program that runs away from its files.
    pub fn read_school(&self) -> io::Result<Cow<'static, str>> {
        const DEFAULT_SCHOOL: &str = "data/school.json";
        const SAMPLE: &str = include_str!("../data/school.json");
        match fs::read_to_string(&self.school) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound && self.school == Path::new(DEFAULT_SCHOOL) => {
                Ok(Cow::Borrowed(SAMPLE))
            }
            read => read.map(Cow::Owned),
        }
    }
}

/// What seals cookies and refresh tokens.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `APP_SECRET_KEY`; unset with the sandbox only, which makes one (see [`secret_key`]).
    pub current: Option<SecretKey>,
    /// `APP_SECRET_KEY_PREVIOUS`.
    pub previous: Vec<SecretKey>,
}

/// What the operator reads.
#[derive(Debug, Clone)]
pub struct Log {
    /// `RUST_LOG`.
    pub filter: String,
    /// `LOG_FORMAT`; unset, the terminal decides.
    pub format: Option<LogFormat>,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Pretty,
    /// For a machine that collects logs.
    Json,
}

impl Settings {
    /// Reads every section, or tells everything that is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsFaults> {
        sections::read(&lookup, cfg!(feature = "sandbox"))
    }
}
