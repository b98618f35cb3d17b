//! How each section is read, and which sections go together.

use std::{net::IpAddr, path::PathBuf};

use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    Auth0, Connecting, Data, Endpoint, Google, Identity, Keys, Log, LogFormat, ModelSource, Outbound, SecretKey,
    Settings, SettingsFaults, Web, address, limits,
    reader::{Reader, quoted},
    variables::VARIABLES,
};

/// `sandbox` tells whether the stand-ins are compiled in.
pub(super) fn read(lookup: &dyn Fn(&str) -> Option<String>, sandbox: bool) -> Result<Settings, SettingsFaults> {
    let mut reader = Reader::new(lookup);
    let identity = identity(&mut reader, sandbox);
    let model = model(&mut reader, sandbox);
    let google = google(&mut reader);
    let web = web(&mut reader);
    let outbound = outbound(&mut reader);
    let (sessions, limits) = (limits::sessions(&mut reader), limits::read(&mut reader));
    let data = data(&mut reader);
    let keys = keys(&mut reader);
    let log = log(&mut reader);
    let set = VARIABLES.iter().map(|variable| variable.name).filter(|name| reader.is_set(name)).collect();
    let settings = (|| {
        Some(Settings {
            identity: identity?,
            model: model?,
            google,
            web: web?,
            outbound,
            sessions: sessions?,
            limits: limits?,
            data: data?,
            keys,
            log: log?,
            set,
        })
    })();
    reader.finish(settings)
}

const AUTH0: [&str; 3] = ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"];

fn wants_auth0(reader: &Reader<'_>) -> bool {
    AUTH0.iter().any(|name| reader.is_set(name))
}

fn identity(reader: &mut Reader<'_>, sandbox: bool) -> Option<Identity> {
    if wants_auth0(reader) {
        return auth0(reader).map(Identity::Auth0);
    }
    // A forgotten group must never fall back to a sign-in that lets everybody in.
    for name in ["AUTH0_ISSUER", "AUTH0_CONNECTION", "AUTH0_CONNECT_BY"] {
        if reader.is_set(name) {
            reader.fault(
                name,
                "is set, but AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET are not; set all three, or unset \
                 this too",
            );
        }
    }
    if !sandbox {
        reader.fault("AUTH0_DOMAIN", without_sandbox("AUTH0_DOMAIN, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET"));
    }
    sandbox.then_some(Identity::Sandbox)
}

fn without_sandbox(names: &str) -> String {
    format!("is not set, and this build has no sandbox to stand in; set {names}")
}

fn auth0(reader: &mut Reader<'_>) -> Option<Auth0> {
    for name in AUTH0 {
        if !reader.is_set(name) {
            reader.fault(
                name,
                "is not set, but another AUTH0_ variable is; set it too, or unset them all for the sandbox",
            );
        }
    }
    let domain = reader.parsed("AUTH0_DOMAIN", address::host);
    let client_id = reader.parsed("AUTH0_CLIENT_ID", |text| Ok(text.to_owned()));
    let client_secret = reader.parsed("AUTH0_CLIENT_SECRET", |text| Ok(SecretString::from(text)));
    let connection = reader.or_default("AUTH0_CONNECTION", |text| Ok(text.to_owned()));
    let connect_by = reader.or_default("AUTH0_CONNECT_BY", |text| match text {
        "accounts" => Ok(Connecting::Accounts),
        "sign-in" => Ok(Connecting::SignIn),
        other => Err(format!("is {}; set accounts or sign-in, or leave it unset", quoted(other))),
    });
    let issuer = if reader.is_set("AUTH0_ISSUER") {
        reader.parsed("AUTH0_ISSUER", address::endpoint)
    } else {
        domain.as_ref().and_then(|domain| Url::parse(&format!("https://{domain}/")).ok())
    };
    Some(Auth0 {
        domain: domain?,
        issuer: issuer?,
        client_id: client_id?,
        client_secret: client_secret?,
        connection: connection?,
        connect_by: connect_by?,
    })
}

fn model(reader: &mut Reader<'_>, sandbox: bool) -> Option<ModelSource> {
    if reader.is_set("OPENAI_API_KEY") || reader.is_set("OPENAI_BASE_URL") {
        return endpoint(reader).map(ModelSource::Endpoint);
    }
    if reader.is_set("OPENAI_MODEL") {
        reader.fault(
            "OPENAI_MODEL",
            "names a model, but nothing says where it is; set OPENAI_API_KEY (OpenAI) or OPENAI_BASE_URL (another \
             endpoint), or unset this for the sandbox's model",
        );
    }
    if !sandbox {
        reader.fault("OPENAI_API_KEY", without_sandbox("OPENAI_API_KEY or OPENAI_BASE_URL"));
    }
    sandbox.then_some(ModelSource::Sandbox)
}

fn endpoint(reader: &mut Reader<'_>) -> Option<Endpoint> {
    let api_key = reader.parsed("OPENAI_API_KEY", header_secret);
    let base_url = reader.or_default("OPENAI_BASE_URL", address::endpoint);
    let model = reader.or_default("OPENAI_MODEL", |text| Ok(text.to_owned()));
    Some(Endpoint { api_key, base_url: base_url?, model: model? })
}

fn google(reader: &mut Reader<'_>) -> Google {
    let api_base = reader.parsed("GOOGLE_API_BASE_URL", address::endpoint);
    if reader.is_set("GOOGLE_API_BASE_URL") && !wants_auth0(reader) {
        reader.fault(
            "GOOGLE_API_BASE_URL",
            "is set, but sign-in is the sandbox's, which brings its own Google; unset it, or set the AUTH0_ variables",
        );
    }
    Google { api_base }
}

fn web(reader: &mut Reader<'_>) -> Option<Web> {
    let host = reader.or_default("HOST", listen_address);
    let port = reader.or_default("PORT", port);
    let public_url = if reader.is_set("PUBLIC_URL") {
        reader.parsed("PUBLIC_URL", address::origin)
    } else {
        port.and_then(|port| Url::parse(&format!("http://localhost:{port}/")).ok())
    };
    let public = public_url.as_ref().is_some_and(|url| !address::is_loopback(url));
    if public && !wants_auth0(reader) {
        reader.fault(
            "PUBLIC_URL",
            "is open to others, but the sandbox's sign-in lets everybody in as anybody; set the AUTH0_ variables, or \
             keep it on localhost",
        );
    }
    Some(Web { public_url: public_url?, host: host?, port: port? })
}

fn outbound(reader: &mut Reader<'_>) -> Outbound {
    let https_proxy =
        reader.parsed("HTTPS_PROXY", |text| address::proxy(text).map(|url| SecretString::from(url.as_str())));
    Outbound { https_proxy }
}

fn data(reader: &mut Reader<'_>) -> Option<Data> {
    let database = reader.or_default("DATABASE_URL", database_path);
    let school = reader.or_default("SCHOOL_DATA", |text| Ok(PathBuf::from(text)));
    Some(Data { database: database?, school: school? })
}

fn keys(reader: &mut Reader<'_>) -> Keys {
    let current = reader.parsed("APP_SECRET_KEY", SecretKey::from_hex);
    if !reader.is_set("APP_SECRET_KEY") {
        if wants_auth0(reader) {
            reader
                .fault("APP_SECRET_KEY", "is not set, and real sign-in needs it; make one with: openssl rand -hex 32");
        } else if reader.is_set("APP_SECRET_KEY_PREVIOUS") {
            reader.fault("APP_SECRET_KEY_PREVIOUS", "is set, but APP_SECRET_KEY is not; set the key that replaced it");
        }
    }
    let previous = reader.parsed("APP_SECRET_KEY_PREVIOUS", |text| {
        text.split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretKey::from_hex).collect()
    });
    Keys { current, previous: previous.unwrap_or_default() }
}

fn log(reader: &mut Reader<'_>) -> Option<Log> {
    let filter = reader.or_default("RUST_LOG", |text| match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("is {}; set a level (error, warn, info, debug, trace) or part=level", quoted(text))),
    });
    let format = reader.parsed("LOG_FORMAT", |text| match text {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        other => Err(format!("is {}; set pretty or json, or leave it unset", quoted(other))),
    });
    Some(Log { filter: filter?, format })
}

/// A key travels in a header, where only visible ASCII can stand.
fn header_secret(text: &str) -> Result<SecretString, String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(SecretString::from(text));
    }
    Err("contains a space or a letter outside ASCII, which no key does; copy it again".to_owned())
}

fn listen_address(text: &str) -> Result<IpAddr, String> {
    let text = if text == "localhost" { "127.0.0.1" } else { text };
    text.parse().map_err(|_| format!("is {}; set an IP address, such as 127.0.0.1 or 0.0.0.0", quoted(text)))
}

fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("is {}; set a number from 1 to 65535", quoted(text))),
        Ok(port) => Ok(port),
    }
}

fn database_path(text: &str) -> Result<PathBuf, String> {
    let wrong =
        || format!("is {}; set sqlite:// and the path of a file, such as sqlite://var/teachers-aide.db", quoted(text));
    let path = text.strip_prefix("sqlite://").ok_or_else(wrong)?;
    let is_file = !path.is_empty() && !path.ends_with('/') && !path.starts_with(':') && !path.contains(['?', '#']);
    is_file.then(|| PathBuf::from(path)).ok_or_else(wrong)
}
