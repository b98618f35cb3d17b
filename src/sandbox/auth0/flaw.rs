//! The ways in which an identity provider can be wrong, or can be an attacker.

/// One flaw in what the provider says. Several can hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// The ID token names another issuer.
    WrongIssuer,
    /// The ID token's issuer lacks the slash at the end.
    IssuerWithoutSlash,
    /// The ID token names no issuer.
    MissingIssuer,
    /// The ID token is for another client.
    ForeignAudience,
    /// The ID token has no audience.
    MissingAudience,
    /// The ID token is for nobody: its audience is an empty list.
    EmptyAudience,
    /// The ID token is for us, written as a list of one.
    ListedAudience,
    /// The ID token is for us and for another client too.
    ExtraAudience,
    /// The ID token was issued to another client (`azp`).
    ForeignParty,
    /// The ID token has no subject.
    MissingSubject,
    /// The ID token's subject is the empty text.
    EmptySubject,
    /// The ID token's subject has 300 characters.
    LongSubject,
    /// The ID token's subject holds a line break.
    BrokenSubject,
    /// The ID token is about somebody else than the one who signed in.
    OtherSubject,
    /// The ID token does not say when it was issued.
    MissingIssuedAt,
    /// The ID token was issued an hour from now.
    IssuedInTheFuture,
    /// The ID token becomes valid an hour from now.
    NotYetValid,
    /// The ID token does not say when it ends.
    MissingExpiry,
    /// The ID token ran out so many seconds ago.
    ExpiredBy(i64),
    /// The ID token lasts ten years.
    LastsForYears,
    /// The ID token tells no address; the user info does.
    AddressInUserinfoOnly,
    /// Nobody vouches for the address (`email_verified` is false).
    AddressNotVerified,
    /// The ID token does not say whether the address is verified.
    AddressOfUnknownStanding,
    /// The ID token carries another nonce.
    WrongNonce,
    /// The ID token carries no nonce.
    MissingNonce,
    /// The ID token carries an `at_hash`, and it is right.
    RightAccessTokenHash,
    /// The ID token carries an `at_hash` of another access token.
    WrongAccessTokenHash,
    /// The ID token carries a wrong `c_hash`, which the code flow ignores.
    WrongCodeHash,
    /// The ID token is not signed (`alg: none`).
    AlgNone,
    /// The ID token names an algorithm that nobody knows.
    UnknownAlgorithm,
    /// The ID token calls itself an access token (`typ`).
    OtherType,
    /// The ID token says that another token is inside (`cty`).
    TokenInside,
    /// The ID token has a header that must be understood (`crit`).
    MustBeUnderstood,
    /// The ID token is signed by HS256 with the client's secret.
    HmacWithClientSecret,
    /// The ID token is signed by HS256 with the public key as the secret.
    HmacWithPublicKey,
    /// The ID token is signed by another key that calls itself by the right id.
    OtherKeySameId,
    /// The ID token is signed by a key that is not published.
    UnknownKeyId,
    /// The ID token is signed by another key, which it brings along (`jwk`, `jku`).
    BringsItsKey,
    /// The ID token does not say which key signed it.
    NoKeyId,
    /// The signature lacks its last bytes.
    TruncatedSignature,
    /// The signature is empty.
    EmptySignature,
    /// A second key is published.
    SeveralKeys,
    /// The published keys fill ten megabytes.
    HugeKeys,
    /// No key is published.
    NoKeys,
    /// The published keys are for encryption.
    KeysForEncryption,
    /// The discovery document names another issuer.
    DiscoveryOfAnotherIssuer,
    /// The token answer has no ID token.
    NoIdToken,
    /// The token answer has no refresh token, though `offline_access` was asked for.
    NoRefreshToken,
    /// The token's type is `mac`.
    TokenTypeMac,
    /// The user info is about somebody else.
    UserinfoOfAnother,
    /// The vault hands out a Google token that has run out.
    VaultGivesExpiredToken,
    /// The vault hands out somebody else's Google token.
    VaultGivesAnothersToken,
}
