//! The services outside, each real or a stand-in on its own.

use std::sync::Arc;

#[cfg(feature = "sandbox")]
use anyhow::Context;
use url::Url;

use super::World;
use crate::{
    assistant::model::Model,
    clients::{
        auth0::{Application, Auth0Accounts, Auth0SignIn, Auth0Vault},
        http::HttpClients,
        openai::OpenAiModel,
    },
    identity::{RefreshTokens, SignIn},
    settings::{Connecting, Identity, ModelSource, Settings},
    setup::Met,
    vault::{ConnectBy, ConnectedAccounts, Scope, TokenVault},
};
#[cfg(feature = "sandbox")]
use crate::{
    sandbox::{
        Sandbox, SandboxOptions,
        model::{DemoMind, Pace},
    },
    settings::Endpoint,
};

/// The services outside.
pub(super) struct Services {
    pub(super) http: HttpClients,
    pub(super) sign_in: Arc<dyn SignIn>,
    pub(super) token_vault: Arc<dyn TokenVault>,
    pub(super) model: Arc<dyn Model>,
    pub(super) issuer: Url,
    pub(super) google_base: Option<Url>,
    pub(super) connect_by: ConnectBy,
    application: Application,
    callback: Url,
    pub(super) real_identity: bool,
    pub(super) real_model: bool,
    #[cfg(feature = "sandbox")]
    pub(super) sandbox: Option<Arc<Sandbox>>,
}

/// Where the services are, whoever they are.
struct Places {
    application: Application,
    issuer: Url,
    google_base: Option<Url>,
    model_base: Url,
    model_key: Option<secrecy::SecretString>,
    model_name: String,
}

/// What Google is asked to grant when a teacher signs in.
const ASKED_AT_SIGN_IN: [Scope; 1] = [Scope::GMAIL_SEND];

impl Services {
    pub(super) fn find(settings: &Settings, world: &World) -> anyhow::Result<Self> {
        let http = HttpClients::new(&settings.outbound)?;
        #[cfg(feature = "sandbox")]
        let sandbox = start_sandbox(settings, world)?;
        #[cfg(feature = "sandbox")]
        let places = Places::find(settings, sandbox.as_deref())?;
        #[cfg(not(feature = "sandbox"))]
        let places = Places::find(settings)?;
        let callback = settings.web.public_url.join("/auth/callback")?;
        let (clock, ids) = (Arc::clone(&world.clock), Arc::clone(&world.ids));
        let application = places.application.clone();
        let sign_in =
            Auth0SignIn::new(application.clone(), callback.clone(), &ASKED_AT_SIGN_IN, http.api.clone(), clock, ids)?;
        let (clock, ids) = (Arc::clone(&world.clock), Arc::clone(&world.ids));
        let token_vault = Auth0Vault::new(places.application, http.api.clone(), clock, ids);
        let token_vault = token_vault.with_patience(world.patience.vault);
        let model =
            OpenAiModel::new(http.stream.clone(), &places.model_base, places.model_key.as_ref(), places.model_name);
        Ok(Self {
            sign_in: Arc::new(sign_in),
            token_vault: Arc::new(token_vault),
            model: Arc::new(model),
            issuer: places.issuer,
            google_base: places.google_base,
            connect_by: connect_by(&settings.identity),
            application,
            callback,
            real_identity: matches!(settings.identity, Identity::Auth0(_)),
            real_model: matches!(settings.model, ModelSource::Endpoint(_)),
            http,
            #[cfg(feature = "sandbox")]
            sandbox,
        })
    }
}

impl Services {
    /// The register of connected accounts; it reads the refresh tokens where they are kept.
    pub(super) fn accounts(
        &self,
        tokens: Arc<dyn RefreshTokens>,
        met: Arc<Met>,
        world: &World,
    ) -> Arc<dyn ConnectedAccounts> {
        let (application, redirect) = (self.application.clone(), self.callback.clone());
        let (clock, ids) = (Arc::clone(&world.clock), Arc::clone(&world.ids));
        Arc::new(Auth0Accounts::new(application, redirect, self.http.api.clone(), tokens, clock, ids, met))
    }
}

fn connect_by(identity: &Identity) -> ConnectBy {
    match identity {
        Identity::Auth0(auth0) => match auth0.connect_by {
            Connecting::Accounts => ConnectBy::Accounts,
            Connecting::SignIn => ConnectBy::SignIn,
        },
        Identity::Sandbox => ConnectBy::Accounts,
    }
}

/// Only what is not real is stood in for: a sandbox never serves identity while
/// the Auth0 variables are set, because nothing then points to it.
#[cfg(feature = "sandbox")]
fn start_sandbox(settings: &Settings, world: &World) -> anyhow::Result<Option<Arc<Sandbox>>> {
    if matches!((&settings.identity, &settings.model), (Identity::Auth0(_), ModelSource::Endpoint(_))) {
        return Ok(None);
    }
    // The issuer carries the port, and teachers are known by their issuer: one
    // port, so that they find their conversations again after a restart.
    let port = match settings.web.port {
        0 => 0,
        port => port.checked_add(1).context("PORT must be below 65535: the sandbox takes the next one")?,
    };
    let options = SandboxOptions {
        clock: Arc::clone(&world.clock),
        ids: Arc::clone(&world.ids),
        port,
        mind: Arc::new(DemoMind::new(Pace::natural())),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options);
    let sandbox = sandbox.with_context(|| format!("the sandbox cannot listen on port {port}: is another one running?"));
    Ok(Some(Arc::new(sandbox?)))
}

impl Places {
    #[cfg(feature = "sandbox")]
    fn find(settings: &Settings, sandbox: Option<&Sandbox>) -> anyhow::Result<Self> {
        let stand_in = || sandbox.context("the sandbox is not running");
        let (application, issuer, google_base) = match &settings.identity {
            Identity::Auth0(_) => real_identity(settings)?,
            Identity::Sandbox => {
                let sandbox = stand_in()?;
                let secret = sandbox.client_secret().to_owned().into();
                let connection = "google-oauth2";
                let application = Application::new(sandbox.issuer(), sandbox.client_id(), secret, connection)?;
                (application, sandbox.issuer().parse()?, Some(sandbox.google_base_url().parse()?))
            }
        };
        let endpoint = match &settings.model {
            ModelSource::Endpoint(endpoint) => endpoint.clone(),
            ModelSource::Sandbox => Endpoint {
                api_key: Some("sandbox".to_owned().into()),
                base_url: stand_in()?.model_base_url().parse()?,
                model: "demo".to_owned(),
            },
        };
        Ok(Self {
            application,
            issuer,
            google_base,
            model_base: endpoint.base_url,
            model_key: endpoint.api_key,
            model_name: endpoint.model,
        })
    }

    #[cfg(not(feature = "sandbox"))]
    fn find(settings: &Settings) -> anyhow::Result<Self> {
        let (application, issuer, google_base) = real_identity(settings)?;
        let ModelSource::Endpoint(endpoint) = settings.model.clone() else {
            anyhow::bail!("this program was built without the sandbox: set OPENAI_API_KEY or OPENAI_BASE_URL");
        };
        Ok(Self {
            application,
            issuer,
            google_base,
            model_base: endpoint.base_url,
            model_key: endpoint.api_key,
            model_name: endpoint.model,
        })
    }
}

fn real_identity(settings: &Settings) -> anyhow::Result<(Application, Url, Option<Url>)> {
    let Identity::Auth0(auth0) = &settings.identity else {
        anyhow::bail!("the Auth0 variables are not set");
    };
    let issuer = auth0.issuer.clone();
    let application =
        Application::new(issuer.as_str(), &auth0.client_id, auth0.client_secret.clone(), &auth0.connection)?;
    Ok((application, issuer, settings.google.api_base.clone()))
}
