//! Every secret of these tests is a canary: it begins with something that stands
//! nowhere else. Whatever an application wrote, said or asked is read for them,
//! in each form in which bytes travel, when the application is let go.
//!
//! Allowed is one thing alone: a secret on the wire to the one door for which it
//! is meant.

use std::sync::{Arc, LazyLock, Mutex};

use aho_corasick::AhoCorasick;
use base64::{
    Engine, alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use teachers_aide::sandbox::{Sandbox, faults::Route, log::Record};

use super::Home;

/// The key of the test's operator, in hex.
pub const APP_KEY: &str = "5f0c2a9be4d7163808fd9a1c7b62e35d11a47f9c03e8b6d25a90c4f7e1b83d66";
/// The key for the model.
pub const MODEL_KEY: &str = "canary-key-of-the-model-0123456789";

/// What a text must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Canary {
    AppKey,
    ModelKey,
    ClientSecret,
    AccessToken,
    RefreshToken,
    GoogleToken,
    IdToken,
}

/// How each begins.
fn beginnings() -> Vec<(Canary, Vec<u8>)> {
    let text = |secret, text: &str| (secret, text.as_bytes().to_vec());
    vec![
        text(Canary::AppKey, APP_KEY),
        (Canary::AppKey, hex::decode(APP_KEY).unwrap()),
        text(Canary::ModelKey, MODEL_KEY),
        text(Canary::ClientSecret, "sandbox-secret-"),
        text(Canary::AccessToken, "sandbox-access-"),
        text(Canary::RefreshToken, "v1.sandbox-refresh-"),
        text(Canary::GoogleToken, "ya29.sandbox-"),
        // {"alg":"RS256", as the provider writes it.
        text(Canary::IdToken, "eyJhbGciOiJSUzI1NiIs"),
    ]
}

/// The forms in which bytes travel.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let each = |form: fn(u8) -> String| bytes.iter().map(|byte| form(*byte)).collect::<String>().into_bytes();
    let wide = |order: fn(u16) -> [u8; 2]| bytes.iter().flat_map(|byte| order(u16::from(*byte))).collect();
    let mut forms = vec![
        bytes.to_vec(),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("{byte:02X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("%{byte:02X}")),
        each(|byte| format!("\\u{byte:04x}")),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    for alphabet in [alphabet::STANDARD, alphabet::URL_SAFE] {
        forms.extend((0..3).map(|shift| in_base64(bytes, &alphabet, shift)));
    }
    forms
}

/// What is certain of the base64 of a text in which these bytes begin at
/// `shift`, counted modulo three: neither what precedes nor what follows counts.
fn in_base64(bytes: &[u8], alphabet: &alphabet::Alphabet, shift: usize) -> Vec<u8> {
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode([&vec![0; shift], bytes].concat());
    let (first, last) = ((shift * 8).div_ceil(6), (shift + bytes.len()) * 8 / 6);
    text.as_bytes()[first..last].to_vec()
}

struct Scanner {
    automaton: AhoCorasick,
    secrets: Vec<Canary>,
}

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let (mut patterns, mut secrets) = (Vec::new(), Vec::new());
    for (secret, bytes) in beginnings() {
        for form in forms(&bytes) {
            patterns.push(form);
            secrets.push(secret);
        }
    }
    Scanner { automaton: AhoCorasick::new(patterns).unwrap(), secrets }
});

/// Every secret that stands in these bytes, in any form.
pub fn secrets_in(bytes: &[u8]) -> Vec<(Canary, usize)> {
    SCANNER.automaton.find_iter(bytes).map(|found| (SCANNER.secrets[found.pattern()], found.start())).collect()
}

/// What was found where it should not be; told when the last holder lets go.
#[derive(Debug, Clone, Default)]
pub struct Leaks(Arc<Found>);

#[derive(Debug, Default)]
struct Found(Mutex<Vec<String>>);

impl Drop for Found {
    fn drop(&mut self) {
        let found = std::mem::take(self.0.get_mut().unwrap());
        assert!(found.is_empty() || std::thread::panicking(), "secrets leaked:\n{}", found.join("\n"));
    }
}

impl Leaks {
    /// Reads what stands in one place, in which only `allowed` may stand.
    pub fn read(&self, place: &str, bytes: &[u8], allowed: &[Canary]) {
        for (secret, at) in secrets_in(bytes).into_iter().filter(|(secret, _)| !allowed.contains(secret)) {
            let around = &bytes[at.saturating_sub(80)..(at + 60).min(bytes.len())];
            self.0.0.lock().unwrap().push(format!("{secret:?} in {place}: …{}…", String::from_utf8_lossy(around)));
        }
    }

    /// What was found so far; from now on it is no fault.
    pub fn forgiven(&self) -> Vec<String> {
        std::mem::take(&mut self.0.0.lock().unwrap())
    }
}

/// Reads what an application leaves behind, when it is let go.
pub struct Watch {
    pub leaks: Leaks,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) home: Home,
}

impl Watch {
    /// Reads all that there is by now: the disk, the wire, the log.
    pub fn look(&self) {
        for file in std::fs::read_dir(self.home.0.path()).unwrap() {
            let path = file.unwrap().path();
            // The database's helpers come and go.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            self.leaks.read(&path.display().to_string(), &bytes, &[]);
        }
        for record in self.sandbox.log().all() {
            self.wire(&record);
        }
        for line in super::log::leaky_lines() {
            self.leaks.read("the log", line.as_bytes(), &[]);
        }
    }

    fn wire(&self, record: &Record) {
        let place =
            |part: &str| format!("{part} of {} {}", record.method, record.path.chars().take(80).collect::<String>());
        // The provider's logout wants to know whose session it ends.
        let hint: &[Canary] = if record.route == Route::Logout { &[Canary::IdToken] } else { &[] };
        self.leaks.read(&place("the address"), record.path.as_bytes(), hint);
        self.leaks.read(&place("the body"), record.body.as_bytes(), in_a_body(record.route));
        for (name, value) in &record.headers {
            let allowed = if name == "authorization" { in_authorization(record.route) } else { &[] };
            self.leaks.read(&place(name), value.as_bytes(), allowed);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.look();
        }
    }
}

/// What each door is given in the header `Authorization`.
fn in_authorization(route: Route) -> &'static [Canary] {
    match route {
        Route::ModelChat | Route::ModelList => &[Canary::ModelKey],
        Route::GmailSend | Route::Calendar => &[Canary::GoogleToken],
        Route::Userinfo | Route::Connect | Route::Complete | Route::Accounts => &[Canary::AccessToken],
        Route::Token | Route::CodeGrant | Route::RefreshGrant | Route::Exchange | Route::Revoke => {
            &[Canary::ClientSecret]
        }
        Route::Discovery | Route::Jwks | Route::Authorize | Route::Logout | Route::Page => &[],
    }
}

/// What each door is given in a form.
fn in_a_body(route: Route) -> &'static [Canary] {
    match route {
        Route::CodeGrant => &[Canary::ClientSecret],
        Route::Token | Route::RefreshGrant | Route::Exchange | Route::Revoke => {
            &[Canary::ClientSecret, Canary::RefreshToken]
        }
        Route::Logout => &[Canary::IdToken],
        Route::Discovery
        | Route::Jwks
        | Route::Authorize
        | Route::Userinfo
        | Route::Connect
        | Route::Complete
        | Route::Accounts
        | Route::ModelChat
        | Route::ModelList
        | Route::GmailSend
        | Route::Calendar
        | Route::Page => &[],
    }
}

#[test]
fn a_secret_is_seen_in_every_form_and_at_every_place() {
    let encoded = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    for (secret, bytes) in beginnings() {
        for form in forms(&bytes) {
            let text = [b"words before ", form.as_slice(), b" and after"].concat();
            assert_eq!(secrets_in(&text).first().map(|(found, _)| *found), Some(secret), "{form:?}");
        }
    }
    for before in ["", "a", "ab", "abc", "abcd"] {
        let token = format!("{before}ya29.sandbox-0123456789");
        assert_eq!(secrets_in(encoded(&token).as_bytes())[0].0, Canary::GoogleToken, "{token}");
    }
    assert!(secrets_in(b"a sandbox, an access token, ya29, eyJ").is_empty());
}
