//! The application's secret key, and the keys derived from it by purpose.
//!
//! The secret itself is handed to nobody: each use gets a key of its own
//! (HKDF, RFC 5869), so that one that leaks says nothing about the others.

use std::{fmt, fs, io, path::Path, path::PathBuf};

use anyhow::{Context, Result, bail};
use hkdf::Hkdf;
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

use super::{Identity, Settings};
use crate::clock::Ids;

/// The file beside the database in which the sandbox keeps the key it made.
pub const KEY_FILE: &str = "app-secret.key";

/// 32 secret bytes, wiped when dropped.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    /// Reads 64 hex digits.
    pub(super) fn from_hex(text: &str) -> Result<Self, String> {
        const WANTED: &str = "64 hex digits are wanted (32 bytes); make them with: openssl rand -hex 32";
        let length = text.chars().count();
        if length != 64 {
            return Err(format!("is {length} characters long; {WANTED}"));
        }
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, &mut *bytes).map_err(|_| format!("is not hexadecimal; {WANTED}"))?;
        Ok(Self(bytes))
    }

    #[expect(clippy::expect_used, reason = "HKDF-SHA256 fails beyond 255 blocks only, and that does not compile")]
    fn derive<const LENGTH: usize>(&self, purpose: &str) -> [u8; LENGTH] {
        const { assert!(LENGTH <= 255 * 32) };
        let mut derived = [0; LENGTH];
        let hkdf = Hkdf::<Sha256>::new(None, &*self.0);
        hkdf.expand(purpose.as_bytes(), &mut derived).expect("the length was checked at compile time");
        derived
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([REDACTED])")
    }
}

/// The key in use, and those it replaced.
#[derive(Debug, Clone)]
pub struct AppKeys {
    current: SecretKey,
    previous: Vec<SecretKey>,
}

impl AppKeys {
    /// The key for one purpose, such as `refresh-tokens/v1`.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.current.derive(purpose)
    }

    /// 64 bytes for one purpose, as cookies want them.
    pub fn derive_wide(&self, purpose: &str) -> [u8; 64] {
        self.current.derive(purpose)
    }

    /// What older keys gave as cookies want it.
    pub fn derive_wide_previous(&self, purpose: &str) -> Vec<[u8; 64]> {
        self.previous.iter().map(|key| key.derive(purpose)).collect()
    }

    /// What older keys gave for this purpose: they open, and never seal.
    pub fn derive_previous(&self, purpose: &str) -> Vec<[u8; 32]> {
        self.previous.iter().map(|key| key.derive(purpose)).collect()
    }
}

/// The keys: from the settings, or for the sandbox from the file beside the
/// database, which is made at the first start.
pub fn secret_key(settings: &Settings, ids: &dyn Ids) -> Result<AppKeys> {
    let current = match (&settings.keys.current, &settings.identity) {
        (Some(key), _) => key.clone(),
        (None, Identity::Sandbox) => kept_key(&key_file(settings), ids)?,
        (None, Identity::Auth0(_)) => bail!("APP_SECRET_KEY is not set, and real sign-in needs it"),
    };
    Ok(AppKeys { current, previous: settings.keys.previous.clone() })
}

/// The key that is there already, and none when the sandbox is yet to make one.
pub fn existing_key(settings: &Settings) -> Result<Option<SecretKey>> {
    let file = key_file(settings);
    match &settings.keys.current {
        Some(key) => Ok(Some(key.clone())),
        None if file.try_exists()? => read_key_file(&file).map(Some),
        None => Ok(None),
    }
}

fn key_file(settings: &Settings) -> PathBuf {
    settings.data.database.with_file_name(KEY_FILE)
}

fn kept_key(path: &Path, ids: &dyn Ids) -> Result<SecretKey> {
    if !path.try_exists().with_context(|| format!("cannot look at {}", path.display()))? {
        make_key_file(path, ids).with_context(|| format!("cannot make the key file {}", path.display()))?;
    }
    read_key_file(path)
}

fn read_key_file(path: &Path) -> Result<SecretKey> {
    let shown = path.display();
    refuse_open_file(path)?;
    let text = fs::read_to_string(path).map(Zeroizing::new).with_context(|| format!("cannot read {shown}"))?;
    SecretKey::from_hex(text.trim()).map_err(|problem| {
        anyhow::anyhow!("the key in {shown} {problem}; or delete the file to get a new key, which signs everybody out")
    })
}

#[cfg(unix)]
fn refuse_open_file(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let mode = fs::metadata(path).with_context(|| format!("cannot look at {shown}"))?.permissions().mode();
    if mode & 0o077 != 0 {
        bail!("others on this computer can read or write the key file {shown}; close it with: chmod 600 {shown}");
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_file(_: &Path) -> Result<()> {
    Ok(())
}

/// The key is written whole under another name and then linked: a crash leaves
/// no half key, and of two processes that start together both read one key.
fn make_key_file(path: &Path, ids: &dyn Ids) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_file_name(format!(".{KEY_FILE}.{}", ids.ordered()));
    write_private(&draft, hex::encode(ids.secret()).as_bytes())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
