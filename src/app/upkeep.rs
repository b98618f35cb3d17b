//! What an operator does beside the server: commands that look after the
//! database, and never serve anybody.

use std::sync::Arc;

use anyhow::{Context, bail};

use super::{World, sealer};
use crate::{
    audit::Head,
    settings::{Settings, secret_key},
    store::Store,
};

/// Walks along the audit. An error names the first row that is not as it was
/// written; `noted` is a head that the operator kept elsewhere.
pub async fn verify_audit(settings: &Settings, world: World, noted: Option<&str>) -> anyhow::Result<String> {
    let unreadable = "that is not a head of the audit; one looks like 41:9f86d0… as the log prints it";
    let noted = noted.map(|noted| Head::parse(noted).context(unreadable)).transpose()?;
    let store = existing_store(settings, &world).await?;
    let verdict = store.verify_audit(noted).await;
    store.close().await;
    match verdict? {
        Ok(head) if head.seq == 0 => Ok("The audit is empty.".to_owned()),
        Ok(head) => Ok(format!("The audit is whole: {} rows. Its end is {head}", head.seq)),
        Err(broken) => bail!("the audit was tampered with: {broken}"),
    }
}

/// Seals with the key in use what the ones before it have sealed.
pub async fn rotate_keys(settings: &Settings, world: World) -> anyhow::Result<String> {
    let store = existing_store(settings, &world).await?;
    let done = store.reseal().await;
    store.close().await;
    let done = done?;
    if done.lost > 0 {
        bail!(
            "{} values were sealed anew, but {} were sealed with a key that is not at hand: add it to \
             APP_SECRET_KEY_PREVIOUS and try again, or let those teachers sign in again",
            done.renewed,
            done.lost
        );
    }
    Ok(format!(
        "{} values were sealed anew. When the server has been restarted with the new key, APP_SECRET_KEY_PREVIOUS can \
         be emptied {} hours later: by then no cookie of the old key is left.",
        done.renewed, settings.sessions.hours
    ))
}

/// A database that is there; a wrong path must not make a new one.
async fn existing_store(settings: &Settings, world: &World) -> anyhow::Result<Store> {
    let path = &settings.data.database;
    anyhow::ensure!(path.try_exists()?, "there is no database at {} (DATABASE_URL)", path.display());
    let keys = secret_key(settings, &*world.ids)?;
    let (sealer, ids, clock) = (sealer(&keys, world), Arc::clone(&world.ids), Arc::clone(&world.clock));
    Store::open_beside(path, sealer, ids, clock).await
}
