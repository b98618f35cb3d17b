//! The one list of variables. `--check`, `.env.sample` and the README's table
//! are held to it by tests; it never holds a value that somebody set.

/// What an operator reads about one variable.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name in the environment.
    pub name: &'static str,
    /// What counts when it is unset; empty when nothing does.
    pub default: &'static str,
    /// What it is for, in one sentence.
    pub meaning: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
    /// Under which heading it stands.
    pub section: Section,
}

/// The headings under which variables are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Auth0: login and the vault.
    SignIn,
    /// The language model.
    Model,
    /// Google's APIs.
    Google,
    /// Where browsers reach the application.
    Web,
    /// How much of everything.
    Limits,
    /// What is kept, and how it is sealed.
    Data,
    /// What the operator reads.
    Log,
}

impl Section {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::SignIn => "Sign-in and vault (Auth0)",
            Self::Model => "Language model",
            Self::Google => "Google",
            Self::Web => "Web",
            Self::Limits => "Limits",
            Self::Data => "Data and keys",
            Self::Log => "Log",
        }
    }
}

const fn plain(section: Section, name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning, secret: false, section }
}

const fn secret(section: Section, name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default: "", meaning, secret: true, section }
}

/// Every variable that is read, in the order in which it is shown.
pub const VARIABLES: &[Variable] = &[
    plain(
        Section::SignIn,
        "AUTH0_DOMAIN",
        "",
        "The Auth0 tenant's host name, such as school.eu.auth0.com; with the next two set, sign-in, vault and mail are \
         real, with none of the three they are the sandbox's",
    ),
    plain(Section::SignIn, "AUTH0_CLIENT_ID", "", "The Auth0 application's client id"),
    secret(Section::SignIn, "AUTH0_CLIENT_SECRET", "The Auth0 application's client secret"),
    plain(
        Section::SignIn,
        "AUTH0_ISSUER",
        "https://{AUTH0_DOMAIN}/",
        "Another issuer URL: a custom domain, or a provider on this computer (only there may it be http)",
    ),
    plain(Section::SignIn, "AUTH0_CONNECTION", "google-oauth2", "The Auth0 connection for login and vault"),
    plain(
        Section::SignIn,
        "AUTH0_CONNECT_BY",
        "accounts",
        "How a Google account comes into the vault: accounts (Connected Accounts, a trip of its own) or sign-in (a \
         tenant of the older kind, where signing in with consent fills it)",
    ),
    plain(Section::SignIn, "SESSION_IDLE_MINUTES", "60", "How long a session lasts without a request"),
    plain(Section::SignIn, "SESSION_HOURS", "12", "How long a session lasts at most"),
    plain(
        Section::SignIn,
        "ALLOWED_ACCOUNTS",
        "",
        "Who may sign in: addresses, or domains as @school.example, separated by commas; unset, whoever the provider lets in",
    ),
    plain(
        Section::SignIn,
        "OPERATOR_ACCOUNTS",
        "",
        "Who may open the set-up page: addresses, or domains as @school.example, separated by commas; unset, nobody, but \
         where PUBLIC_URL and HOST are both of this computer, whoever comes by localhost, 127.0.0.1 or [::1]",
    ),
    secret(
        Section::Model,
        "OPENAI_API_KEY",
        "The key of the model's service; with neither this nor OPENAI_BASE_URL set, the model is the sandbox's",
    ),
    plain(
        Section::Model,
        "OPENAI_BASE_URL",
        "https://api.openai.com/v1",
        "Any OpenAI-compatible endpoint (OpenAI, Ollama, vLLM, LM Studio, llama.cpp); one on this computer needs no \
         key",
    ),
    plain(Section::Model, "OPENAI_MODEL", "gpt-4.1-mini", "The model's name at that endpoint"),
    plain(
        Section::Google,
        "GOOGLE_API_BASE_URL",
        "",
        "When set, all Google APIs are called below it ({base}/gmail/v1/…) instead of at Google's own hosts; for tests \
         and gateways, together with Auth0",
    ),
    plain(
        Section::Web,
        "PUBLIC_URL",
        "http://localhost:{PORT}",
        "Where browsers reach the application; https turns on Secure cookies and HSTS",
    ),
    plain(Section::Web, "HOST", "127.0.0.1", "The address to listen on; 0.0.0.0 for all, as in a container"),
    plain(Section::Web, "PORT", "8000", "The port to listen on"),
    secret(
        Section::Web,
        "HTTPS_PROXY",
        "The proxy for outgoing https, where the network wants one; calls to this computer never use it",
    ),
    plain(Section::Limits, "LIMIT_MODEL_CALLS", "8", "How many times one turn may ask the model"),
    plain(Section::Limits, "LIMIT_TOOL_CALLS", "24", "How many calls of tools one turn may make"),
    plain(Section::Limits, "LIMIT_DRAFTS", "10", "How many drafts one turn may lay before a teacher"),
    plain(
        Section::Limits,
        "LIMIT_TURN_SECONDS",
        "120",
        "How long one turn may work, not counting the time that a person thinks",
    ),
    plain(Section::Limits, "LIMIT_OUTPUT_TOKENS", "16000", "How many tokens the model may write in one turn"),
    plain(Section::Limits, "LIMIT_RUNNING_TURNS", "2", "How many turns of one teacher may work at the same time"),
    plain(Section::Limits, "LIMIT_TURNS_PER_DAY", "200", "How many turns one teacher may begin in a day"),
    plain(
        Section::Limits,
        "LIMIT_TOKENS_PER_DAY",
        "2000000",
        "How many tokens the model may read and write for one teacher in a day",
    ),
    plain(Section::Limits, "LIMIT_SENDS_PER_DAY", "100", "How many mails one teacher may send in a day"),
    plain(
        Section::Limits,
        "LIMIT_SITE_TOKENS_PER_DAY",
        "20000000",
        "How many tokens the model may read and write for all in a day; 0 asks it nothing",
    ),
    plain(Section::Limits, "LIMIT_REQUESTS_PER_MINUTE", "600", "How many requests one teacher may make in a minute"),
    plain(
        Section::Limits,
        "LIMIT_ADDRESS_REQUESTS_PER_MINUTE",
        "3000",
        "How many requests may come from one address in a minute",
    ),
    plain(Section::Limits, "LIMIT_HEAD_SECONDS", "5", "How long the head of a request may take"),
    plain(Section::Limits, "LIMIT_BODY_SECONDS", "10", "How long the body of a request may take"),
    plain(Section::Limits, "LIMIT_CONNECTIONS", "10000", "How many connections may be open at the same time"),
    plain(
        Section::Limits,
        "TRUSTED_PROXIES",
        "",
        "Addresses of proxies, separated by commas, whose X-Forwarded-For is believed; of nobody else's",
    ),
    secret(
        Section::Data,
        "APP_SECRET_KEY",
        "32 random bytes as 64 hex digits (openssl rand -hex 32): seals cookies and refresh tokens; the sandbox makes \
         one and keeps it beside the database",
    ),
    secret(
        Section::Data,
        "APP_SECRET_KEY_PREVIOUS",
        "Keys that were replaced, separated by commas: what they sealed can still be opened",
    ),
    plain(
        Section::Data,
        "DATABASE_URL",
        "sqlite://var/teachers-aide.db",
        "The SQLite file for conversations, sessions, drafts and sign-ins; sqlite:///srv/aide.db is an absolute path",
    ),
    plain(Section::Data, "SCHOOL_DATA", "data/school.json", "The sample school; each new teacher gets a private copy"),
    plain(Section::Log, "RUST_LOG", "info", "How much is logged: error, warn, info, debug, or by part of the program"),
    plain(Section::Log, "LOG_FORMAT", "", "pretty or json; unset, it is pretty on a terminal and json elsewhere"),
];

/// The variable of that name.
pub fn find(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

pub(super) fn default_of(name: &str) -> &'static str {
    find(name).map_or("", |variable| variable.default)
}
