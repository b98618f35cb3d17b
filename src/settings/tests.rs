//! What an operator may set, and what is refused with which words.

use std::{collections::BTreeMap, fs};

use secrecy::ExposeSecret;

use super::*;
use crate::clock::SystemIds;

const KEY: &str = "5f0c3a9be1d24478a6c10e92f7b38d5406e2c9a1b47f35d8806a1e4b9c72d3f1";
const REAL: [(&str, &str); 4] = [
    ("AUTH0_DOMAIN", "school.eu.auth0.com"),
    ("AUTH0_CLIENT_ID", "client-1"),
    ("AUTH0_CLIENT_SECRET", "canary-client-secret"),
    ("APP_SECRET_KEY", KEY),
];

fn read_with(values: &[(&str, &str)], sandbox: bool) -> Result<Settings, SettingsFaults> {
    let values: BTreeMap<_, _> = values.iter().copied().collect();
    sections::read(&|name| values.get(name).map(|value| (*value).to_owned()), sandbox)
}

fn read(values: &[(&str, &str)]) -> Result<Settings, SettingsFaults> {
    read_with(values, true)
}

fn real_with(values: &[(&str, &str)]) -> Result<Settings, SettingsFaults> {
    read(&[&REAL, values].concat())
}

/// The variables at fault.
fn faults(result: Result<Settings, SettingsFaults>) -> Vec<&'static str> {
    result.err().map(|faults| faults.0.iter().map(|fault| fault.variable).collect()).unwrap_or_default()
}

#[test]
fn with_nothing_set_everything_is_the_sandboxes_on_this_computer() {
    let settings = read(&[]).unwrap();
    assert!(matches!(settings.identity, Identity::Sandbox));
    assert!(matches!(settings.model, ModelSource::Sandbox));
    assert_eq!(settings.web.public_url.as_str(), "http://localhost:8000/");
    assert_eq!(settings.web.listen().to_string(), "127.0.0.1:8000");
    assert_eq!(settings.data.database.to_str(), Some("var/teachers-aide.db"));
    assert!(!settings.web.is_https());
}

#[test]
fn an_empty_value_counts_as_unset() {
    let settings = read(&[("AUTH0_DOMAIN", ""), ("OPENAI_API_KEY", "  "), ("PORT", "")]).unwrap();
    assert!(matches!((settings.identity, settings.model), (Identity::Sandbox, ModelSource::Sandbox)));
}

#[test]
fn auth0_and_the_model_are_real_or_sandbox_each_on_its_own() {
    let auth0_only = real_with(&[]).unwrap();
    assert!(matches!(auth0_only.model, ModelSource::Sandbox));
    let Identity::Auth0(auth0) = auth0_only.identity else { panic!("Auth0 is set") };
    assert_eq!(auth0.issuer.as_str(), "https://school.eu.auth0.com/");
    assert_eq!(auth0.connection, "google-oauth2");

    let model_only = read(&[("OPENAI_API_KEY", "sk-1")]).unwrap();
    assert!(matches!(model_only.identity, Identity::Sandbox));
    let ModelSource::Endpoint(endpoint) = model_only.model else { panic!("the model is set") };
    assert_eq!(endpoint.base_url.as_str(), "https://api.openai.com/v1");
    assert_eq!(endpoint.model, "gpt-4.1-mini");
}

#[test]
fn a_model_on_this_computer_needs_no_key_and_no_https() {
    for url in ["http://localhost:11434/v1", "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1"] {
        let settings = read(&[("OPENAI_BASE_URL", url), ("OPENAI_MODEL", "llama")]).unwrap();
        let ModelSource::Endpoint(endpoint) = settings.model else { panic!("the model is set") };
        assert!(endpoint.api_key.is_none());
        assert_eq!(endpoint.base_url.as_str(), url);
    }
}

#[test]
fn the_public_url_follows_the_port() {
    assert_eq!(read(&[("PORT", "8123")]).unwrap().web.public_url.as_str(), "http://localhost:8123/");
    let behind_a_proxy = real_with(&[("PUBLIC_URL", "https://aide.school.example"), ("PORT", "8123")]).unwrap();
    assert!(behind_a_proxy.web.is_https());
    assert_eq!(behind_a_proxy.web.port, 8123);
}

#[test]
fn each_wrong_value_is_named_by_its_variable() {
    let long_path = format!("{}?mode=ro", "sqlite://x.db");
    let table: &[(&str, &str)] = &[
        ("AUTH0_DOMAIN", "https://school.eu.auth0.com"),
        ("AUTH0_DOMAIN", "school.eu.auth0.com/authorize"),
        ("AUTH0_DOMAIN", "169.254.169.254"),
        ("AUTH0_DOMAIN", "user@school.eu.auth0.com"),
        ("AUTH0_ISSUER", "http://login.school.example/"),
        ("AUTH0_ISSUER", "https://169.254.169.254/"),
        ("AUTH0_ISSUER", "https://[::ffff:169.254.169.254]/"),
        ("AUTH0_ISSUER", "https://[fe80::1]/"),
        ("AUTH0_ISSUER", "https://0xa9fea9fe/"),
        ("AUTH0_ISSUER", "https://metadata.google.internal/"),
        ("AUTH0_ISSUER", "ftp://login.school.example/"),
        ("AUTH0_ISSUER", "login.school.example"),
        ("OPENAI_BASE_URL", "http://models.school.example/v1"),
        ("OPENAI_BASE_URL", "http://0.0.0.0:11434/v1"),
        ("OPENAI_BASE_URL", "http://169.254.1.1/v1"),
        ("OPENAI_BASE_URL", "https://user:pass@models.school.example/v1"),
        ("OPENAI_BASE_URL", "https://models.school.example/v1?key=1"),
        ("OPENAI_API_KEY", "sk 1"),
        ("OPENAI_API_KEY", "sk-é"),
        ("GOOGLE_API_BASE_URL", "http://google.school.example"),
        ("GOOGLE_API_BASE_URL", "https://169.254.169.254"),
        ("PUBLIC_URL", "http://aide.school.example"),
        ("PUBLIC_URL", "https://aide.school.example/app"),
        ("PUBLIC_URL", "aide.school.example"),
        ("HOST", "my-computer"),
        ("PORT", "eight"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("HTTPS_PROXY", "proxy"),
        ("SESSION_IDLE_MINUTES", "0"),
        ("SESSION_HOURS", "169"),
        ("ALLOWED_ACCOUNTS", ","),
        ("ALLOWED_ACCOUNTS", "school.example"),
        ("OPERATOR_ACCOUNTS", ","),
        ("OPERATOR_ACCOUNTS", "ada"),
        ("LIMIT_MODEL_CALLS", "0"),
        ("LIMIT_SENDS_PER_DAY", "-1"),
        ("LIMIT_SITE_TOKENS_PER_DAY", "many"),
        ("LIMIT_REQUESTS_PER_MINUTE", "0"),
        ("LIMIT_BODY_SECONDS", "0.5"),
        ("TRUSTED_PROXIES", "10.0.0.1, proxy"),
        ("APP_SECRET_KEY", "abc"),
        ("APP_SECRET_KEY", "zz0c3a9be1d24478a6c10e92f7b38d5406e2c9a1b47f35d8806a1e4b9c72d3f1"),
        ("APP_SECRET_KEY_PREVIOUS", "abc"),
        ("DATABASE_URL", "postgres://db/aide"),
        ("DATABASE_URL", "var/teachers-aide.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", &long_path),
        ("RUST_LOG", "teachers_aide=loud"),
        ("LOG_FORMAT", "xml"),
        ("OPENAI_MODEL", "gpt\n4"),
    ];
    for (name, value) in table {
        let mut values: BTreeMap<_, _> = REAL.into_iter().chain([("OPENAI_BASE_URL", "https://m.example")]).collect();
        values.insert(name, value);
        let values: Vec<_> = values.into_iter().collect();
        assert_eq!(faults(read(&values)), [*name], "{name}={value}");
    }
}

#[test]
fn a_group_set_in_part_is_refused_by_what_is_missing() {
    for missing in ["AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "APP_SECRET_KEY"] {
        let rest: Vec<_> = REAL.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_eq!(faults(read(&rest)), [missing]);
    }
}

#[test]
fn a_forgotten_group_never_falls_back_to_the_sandbox() {
    assert_eq!(faults(read(&[("AUTH0_ISSUER", "https://login.school.example/")])), ["AUTH0_ISSUER"]);
    assert_eq!(faults(read(&[("AUTH0_CONNECTION", "google-oauth2")])), ["AUTH0_CONNECTION"]);
    assert_eq!(faults(read(&[("AUTH0_CONNECT_BY", "sign-in")])), ["AUTH0_CONNECT_BY"]);
    assert_eq!(faults(read(&[("OPENAI_MODEL", "gpt-4.1")])), ["OPENAI_MODEL"]);
    assert_eq!(faults(read(&[("GOOGLE_API_BASE_URL", "http://127.0.0.1:9")])), ["GOOGLE_API_BASE_URL"]);
    assert_eq!(faults(read(&[("PUBLIC_URL", "https://aide.school.example")])), ["PUBLIC_URL"]);
    assert_eq!(faults(read(&[("APP_SECRET_KEY_PREVIOUS", KEY)])), ["APP_SECRET_KEY_PREVIOUS"]);
}

#[test]
fn a_build_without_the_sandbox_wants_both_groups() {
    assert_eq!(faults(read_with(&[], false)), ["AUTH0_DOMAIN", "OPENAI_API_KEY"]);
    let both = [&REAL[..], &[("OPENAI_API_KEY", "sk-1")]].concat();
    assert!(read_with(&both, false).is_ok());
}

#[test]
fn every_fault_is_told_in_one_message_that_says_what_to_set() {
    let told =
        read(&[("AUTH0_DOMAIN", "x.example"), ("PORT", "eight"), ("APP_SECRET_KEY", "abc"), ("LOG_FORMAT", "xml")])
            .unwrap_err()
            .to_string();
    insta::assert_snapshot!(told, @r#"
    Some settings need your attention before Teacher's Aide can start:
      - AUTH0_CLIENT_ID is not set, but another AUTH0_ variable is; set it too, or unset them all for the sandbox
      - AUTH0_CLIENT_SECRET is not set, but another AUTH0_ variable is; set it too, or unset them all for the sandbox
      - PORT is "eight"; set a number from 1 to 65535
      - APP_SECRET_KEY is 3 characters long; 64 hex digits are wanted (32 bytes); make them with: openssl rand -hex 32
      - LOG_FORMAT is "xml"; set pretty or json, or leave it unset
    Every variable is explained in .env.sample.
    "#);
}

#[test]
fn neither_a_fault_nor_debug_ever_shows_a_secret() {
    let secrets = [
        ("OPENAI_API_KEY", "canary-api-key"),
        ("HTTPS_PROXY", "http://u:canary-proxy@proxy.example:3128"),
        ("APP_SECRET_KEY_PREVIOUS", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
    ];
    let settings = real_with(&secrets).unwrap();
    let shown = format!("{settings:?} {settings:#?} {:?}", secret_key(&settings, &SystemIds).unwrap());
    for canary in ["canary", KEY, "00112233", "0, 17, 34"] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
    let wrong = real_with(&[
        ("OPENAI_API_KEY", "canary é"),
        ("APP_SECRET_KEY", "canary"),
        ("APP_SECRET_KEY_PREVIOUS", "canary"),
        ("HTTPS_PROXY", "canary"),
        ("DATABASE_URL", "postgres://u:canary@db/aide"),
        ("OPENAI_BASE_URL", "https://u:canary@x.example/v1"),
    ]);
    let told = wrong.unwrap_err();
    assert_eq!(told.0.len(), 6);
    assert!(!format!("{told} {told:?}").contains("canary"), "{told}");
}

#[test]
fn the_sample_file_names_every_variable_with_its_default_and_nothing_else() {
    let sample = include_str!("../../.env.sample");
    let named: BTreeMap<_, _> = sample.lines().filter_map(assignment).collect();
    let known: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    assert_eq!(named.keys().copied().collect::<Vec<_>>(), sorted);
    for variable in VARIABLES.iter().filter(|variable| !variable.default.is_empty()) {
        assert!(sample.contains(variable.default), "{} of {}", variable.default, variable.name);
    }
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim_start_matches('#').split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    is_name.then_some((name, value))
}

#[test]
fn the_readmes_table_names_every_variable() {
    let Ok(readme) = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")) else { return };
    for variable in VARIABLES {
        assert!(readme.contains(&format!("`{}`", variable.name)), "README.md lacks {}", variable.name);
    }
}

#[test]
fn who_sees_the_set_up_page_without_a_list_is_said_alike_wherever_an_operator_reads_it() {
    const RULE: &str =
        "where PUBLIC_URL and HOST are both of this computer, whoever comes by localhost, 127.0.0.1 or [::1]";
    let own = VARIABLES.iter().find(|variable| variable.name == "OPERATOR_ACCOUNTS").unwrap().meaning;
    let at_root = |name: &str| fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR")));
    let sample = include_str!("../../.env.sample").to_owned();
    let guide = include_str!("../../docs/setup-auth0-google.md").to_owned();
    let texts = [Ok(own.to_owned()), Ok(sample), Ok(guide), at_root("README.md")];
    for text in texts.into_iter().flatten() {
        let plain = text.replace(['`', '#'], " ").split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
        assert!(plain.contains(RULE), "{plain}");
    }
}

#[test]
fn the_sample_file_as_it_stands_starts_the_sandbox() {
    let environment = Environment::of(|_| None, include_str!("../../.env.sample")).unwrap();
    let settings = sections::read(&|name| environment.get(name), true).unwrap();
    assert!(matches!(settings.identity, Identity::Sandbox));
    assert_eq!(environment.unknown().count(), 0);
}

#[test]
fn the_environment_wins_over_the_file_even_when_empty() {
    let process = |name: &str| (name == "OPENAI_API_KEY").then(String::new);
    let environment = Environment::of(process, "OPENAI_API_KEY=sk-1\nPORT='8001'\nAUTH0_CLIENTID=x\n").unwrap();
    assert!(matches!(sections::read(&|name| environment.get(name), true).unwrap().model, ModelSource::Sandbox));
    assert_eq!(environment.source("OPENAI_API_KEY"), Source::Environment);
    assert_eq!(environment.source("PORT"), Source::DotEnv);
    assert_eq!(environment.source("HOST"), Source::Default);
    assert_eq!(environment.unknown().collect::<Vec<_>>(), ["AUTH0_CLIENTID"]);
}

#[test]
fn a_broken_line_of_the_file_is_told_by_its_number_and_not_by_its_text() {
    let table = [
        ("# ok\nPORT=8001\n\nOPENAI_API_KEY=canary with spaces\nHOST=::1\n", 4),
        ("PORT='8001'\nOPENAI_API_KEY='canary\n\nHOST=::1\n", 2),
        ("OPENAI_API_KEY='a\nb'\ncanary", 3),
    ];
    for (text, number) in table {
        let error = Environment::of(|_| None, text).err().unwrap();
        assert!(matches!(error, DotEnvError::Line { line } if line == number), "{error}, not {number}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[cfg(unix)]
mod key_file {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn settings_in(folder: &std::path::Path) -> Settings {
        read(&[("DATABASE_URL", &format!("sqlite://{}", folder.join("deep/aide.db").display()))]).unwrap()
    }

    #[test]
    fn the_sandbox_makes_a_key_once_and_closes_its_file_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(folder.path());
        let first = secret_key(&settings, &SystemIds).unwrap().derive("cookies");
        let again = secret_key(&settings, &SystemIds).unwrap().derive("cookies");
        assert_eq!(first, again);
        let entries: Vec<_> = fs::read_dir(folder.path().join("deep")).unwrap().map(Result::unwrap).collect();
        assert_eq!(entries.len(), 1, "no draft of the key is left behind");
        assert_eq!(entries[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused_with_words_that_say_chmod() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(folder.path());
        secret_key(&settings, &SystemIds).unwrap();
        let file = folder.path().join("deep").join(KEY_FILE);
        for mode in [0o644, 0o640, 0o602] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let told = secret_key(&settings, &SystemIds).unwrap_err().to_string();
            assert!(told.contains(&format!("chmod 600 {}", file.display())), "{told}");
        }
    }

    #[test]
    fn a_damaged_key_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(folder.path());
        secret_key(&settings, &SystemIds).unwrap();
        let file = folder.path().join("deep").join(KEY_FILE);
        fs::write(&file, "canary").unwrap();
        let told = format!("{:#}", secret_key(&settings, &SystemIds).unwrap_err());
        assert!(told.contains("6 characters long") && !told.contains("canary"), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "canary");
    }

    #[test]
    fn of_many_that_start_together_all_hold_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_in(folder.path());
        let keys: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| secret_key(&settings, &SystemIds).unwrap().derive("x"))).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[test]
fn each_purpose_and_each_secret_has_a_key_of_its_own() {
    const OLD: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let rotated = secret_key(&real_with(&[("APP_SECRET_KEY_PREVIOUS", OLD)]).unwrap(), &SystemIds).unwrap();
    let before = REAL.map(|(name, value)| if name == "APP_SECRET_KEY" { (name, OLD) } else { (name, value) });
    let before = secret_key(&read(&before).unwrap(), &SystemIds).unwrap();
    assert_ne!(rotated.derive("cookies"), rotated.derive("refresh-tokens"));
    assert_ne!(rotated.derive("cookies"), before.derive("cookies"));
    assert_eq!(rotated.derive_previous("cookies"), [before.derive("cookies")]);
    assert_eq!(rotated.derive_wide("cookies")[..32], rotated.derive("cookies"), "HKDF is a stream of bytes");
}

#[test]
fn a_proxy_keeps_its_password_for_the_client_alone() {
    let settings = read(&[("HTTPS_PROXY", "http://u:p@proxy.example:3128")]).unwrap();
    assert_eq!(settings.outbound.https_proxy.unwrap().expose_secret(), "http://u:p@proxy.example:3128/");
}
