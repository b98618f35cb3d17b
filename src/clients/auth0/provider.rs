//! What the provider tells of itself: its addresses and its keys.
//!
//! Asked for when first needed, so that a provider that is down never keeps
//! the house from starting; asked again when it is old, and its keys once more
//! when a token is signed with one that is not known.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::{SignedDuration, Timestamp};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, Client, ClientId, ClientSecret, DiscoveryError,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenClaims, IdTokenFields,
    IssuerUrl, LogoutProviderMetadata, ProviderMetadata, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
        CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

use super::{
    application::Application,
    wire::{Wire, WireError, chain, quote},
};
use crate::{
    clock::Clock,
    identity::SignInError,
    setup::{Fault, Flaw},
};

/// How long the provider's word is taken without asking again.
const FRESH: SignedDuration = SignedDuration::from_mins(15);
/// How long it is still taken when the provider cannot be asked.
const STALE: SignedDuration = SignedDuration::from_hours(24);
/// How long to leave a provider alone that could not be asked.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The least time between two fetches of the keys alone, so that tokens with
/// invented key ids cannot make this server call the provider at will.
const KEYS_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// The claims beyond the standard ones that are looked at.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct MoreClaims {
    /// Not valid before; a number, perhaps with a fraction (RFC 7519, 2).
    pub(super) nbf: Option<f64>,
    /// The provider's session.
    pub(super) sid: Option<String>,
}

impl AdditionalClaims for MoreClaims {}

/// Whether the provider names itself in its answers (RFC 9207).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ResponseIssuer {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for ResponseIssuer {}

pub(super) type Claims = IdTokenClaims<MoreClaims, CoreGenderClaim>;
pub(super) type SignedIdToken =
    IdToken<MoreClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
pub(super) type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        MoreClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<ResponseIssuer>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The crate's client for this house's claims, with the endpoints that
/// discovery gives; written out here once.
pub(super) type OidcClient = Client<
    MoreClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider as it was last seen.
#[derive(Debug)]
pub(super) struct Provider {
    /// Speaks to the provider with the keys as they were then.
    pub(super) client: OidcClient,
    metadata: Metadata,
    seen_at: Timestamp,
}

impl Provider {
    /// Where a browser ends its session over there, if the provider tells.
    pub(super) fn end_session(&self) -> Option<&Url> {
        let address = self.metadata.additional_metadata().end_session_endpoint.as_ref()?.url();
        (address.scheme() == self.metadata.issuer().url().scheme()).then_some(address)
    }

    /// The keys as they were when it was last seen.
    pub(super) fn keys(&self) -> &[CoreJsonWebKey] {
        self.metadata.jwks().keys()
    }

    /// Whether every answer must name its issuer.
    pub(super) fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().additional_metadata.authorization_response_iss_parameter_supported
    }

    fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.seen_at)
    }
}

/// When the provider may be asked again; the lock also makes one of many ask.
#[derive(Debug, Default)]
struct Turn {
    discovery_after: Option<Timestamp>,
    keys_after: Option<Timestamp>,
}

/// Finds the provider and remembers it.
pub(super) struct Discovery {
    application: Application,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    pub(super) wire: Wire,
    clock: Arc<dyn Clock>,
    held: ArcSwapOption<Provider>,
    turn: Mutex<Turn>,
}

impl Discovery {
    pub(super) fn new(
        application: Application,
        redirect: Url,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, url::ParseError> {
        let issuer = IssuerUrl::new(application.issuer.clone())?;
        let wire = Wire::new(http, issuer.url());
        let redirect = RedirectUrl::from_url(redirect);
        Ok(Self { application, issuer, redirect, wire, clock, held: ArcSwapOption::empty(), turn: Mutex::default() })
    }

    /// The provider, asked now if it was never asked or long ago.
    pub(super) async fn provider(&self) -> Result<Arc<Provider>, SignInError> {
        if let Some(provider) = self.held_for(FRESH) {
            return Ok(provider);
        }
        let mut turn = self.turn.lock().await;
        if let Some(provider) = self.held_for(FRESH) {
            return Ok(provider);
        }
        let known = self.held_for(STALE);
        let now = self.clock.now();
        if let Some(known) = &known
            && turn.discovery_after.is_some_and(|after| now < after)
        {
            return Ok(Arc::clone(known));
        }
        match (self.discover().await, known) {
            (Err(SignInError::Unavailable(why)), Some(known)) => {
                tracing::warn!(%why, "the identity provider cannot be asked; its last word is still taken");
                turn.discovery_after = now.checked_add(PAUSE).ok();
                Ok(known)
            }
            (asked, _) => asked,
        }
    }

    /// The provider with keys newer than those of `seen`, or nothing when they
    /// were fetched only just now.
    pub(super) async fn with_newer_keys(&self, seen: &Arc<Provider>) -> Result<Option<Arc<Provider>>, SignInError> {
        let mut turn = self.turn.lock().await;
        if let Some(held) = self.held.load_full()
            && !Arc::ptr_eq(&held, seen)
        {
            return Ok(Some(held));
        }
        let now = self.clock.now();
        if turn.keys_after.is_some_and(|after| now < after) {
            return Ok(None);
        }
        turn.keys_after = now.checked_add(KEYS_PAUSE).ok();
        let keys = CoreJsonWebKeySet::fetch_async(seen.metadata.jwks_uri(), &self.wire).await.map_err(refused)?;
        Ok(Some(self.hold(seen.metadata.clone().set_jwks(keys), seen.seen_at)))
    }

    fn held_for(&self, limit: SignedDuration) -> Option<Arc<Provider>> {
        // A negative age is a clock set back: better to ask again.
        let fits = |age: SignedDuration| !age.is_negative() && age < limit;
        self.held.load_full().filter(|provider| fits(provider.age(self.clock.now())))
    }

    async fn discover(&self) -> Result<Arc<Provider>, SignInError> {
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.wire).await.map_err(refused)?;
        let sign_in_page = metadata.authorization_endpoint().url();
        if sign_in_page.scheme() != self.issuer.url().scheme() {
            return Err(SignInError::Refused("the provider's sign-in page has another scheme than the issuer".into()));
        }
        Ok(self.hold(metadata, self.clock.now()))
    }

    fn hold(&self, metadata: Metadata, seen_at: Timestamp) -> Arc<Provider> {
        let secret = ClientSecret::new(self.application.client_secret.expose_secret().to_owned());
        let id = ClientId::new(self.application.client_id.clone());
        let client = Client::from_provider_metadata(metadata.clone(), id, Some(secret))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(auth_type(&metadata));
        let provider = Arc::new(Provider { client, metadata, seen_at });
        self.held.store(Some(Arc::clone(&provider)));
        provider
    }
}

/// Auth0's applications are made for the secret in the form; Basic is what
/// OpenID Connect means where a provider lists nothing.
fn auth_type(metadata: &Metadata) -> AuthType {
    let listed = metadata.token_endpoint_auth_methods_supported();
    if listed.is_some_and(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretPost)) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

fn refused(error: DiscoveryError<WireError>) -> SignInError {
    match error {
        DiscoveryError::Validation(why) => SignInError::Operator(Fault::of(Flaw::Address, quote(&why))),
        DiscoveryError::Request(WireError::Elsewhere(address)) => {
            let seen = format!("its keys lie at {address}, which is not the issuer's address");
            SignInError::Operator(Fault::of(Flaw::Address, seen))
        }
        DiscoveryError::Response(status, _, _) => {
            SignInError::Unavailable(format!("its description or its keys came as {status}, or not as JSON"))
        }
        other => SignInError::Unavailable(quote(&chain(&other))),
    }
}
