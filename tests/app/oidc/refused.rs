//! What nobody is signed in by.

use reqwest::Method;
use serde_json::json;
use teachers_aide::sandbox::{
    auth0::Flaw,
    faults::{Answer, Effect, Fault, Route},
};

use super::Door;

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_one_flaw_signs_nobody_in() {
    use Flaw::*;
    let flawed: [&[Flaw]; 36] = [
        &[WrongIssuer],
        &[IssuerWithoutSlash],
        &[MissingIssuer],
        &[ForeignAudience],
        &[MissingAudience],
        &[EmptyAudience],
        &[ExtraAudience],
        &[ForeignParty],
        &[MissingSubject],
        &[EmptySubject],
        &[LongSubject],
        &[BrokenSubject],
        &[MissingIssuedAt],
        &[IssuedInTheFuture],
        &[NotYetValid],
        &[MissingExpiry],
        &[ExpiredBy(61)],
        &[ExpiredBy(300)],
        &[LastsForYears],
        &[WrongNonce],
        &[MissingNonce],
        &[WrongAccessTokenHash],
        &[AlgNone],
        &[UnknownAlgorithm],
        &[HmacWithClientSecret],
        &[HmacWithPublicKey],
        &[OtherKeySameId],
        &[UnknownKeyId],
        &[BringsItsKey],
        &[TruncatedSignature],
        &[EmptySignature],
        &[OtherType],
        &[TokenInside],
        &[MustBeUnderstood],
        &[AddressNotVerified],
        &[AddressOfUnknownStanding],
    ];
    // One application for all: what it has learnt of the provider stays true.
    let door = Door::new().await;
    for flaws in flawed {
        door.misbehave(flaws);
        // No look at the keys may be spared because of the case before.
        door.wait(61);
        let answer = door.enter().await;
        door.refuses(&format!("{flaws:?}"), answer).await;
    }
    door.misbehave(&[]);
    door.lets_in("and without a flaw it is the same door").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_understood_signs_nobody_in() {
    use Flaw::*;
    let flawed: [&[Flaw]; 8] = [
        &[NoKeyId, SeveralKeys],
        &[DiscoveryOfAnotherIssuer],
        &[NoKeys],
        &[KeysForEncryption],
        &[HugeKeys],
        &[NoIdToken],
        &[TokenTypeMac],
        &[AddressInUserinfoOnly, UserinfoOfAnother],
    ];
    for flaws in flawed {
        let door = Door::with_flaws(flaws).await;
        let answer = door.enter().await;
        door.refuses(&format!("{flaws:?}"), answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_that_breaks_signs_nobody_in() {
    let html = || Answer::status(200).body("text/html", "<h1>canary</h1><script>alert(1)</script>");
    let oauth = |status: u16, error: &str| {
        let told = json!({ "error": error, "error_description": "canary <script>alert(1)</script>" });
        Effect::Answer(Answer::status(status).json(&told))
    };
    let huge = || Effect::Answer(Answer::status(200).body("application/json", vec![b'x'; 10 << 20]));
    let elsewhere = |status| Effect::Answer(Answer::status(status).header("location", "https://evil.example/"));
    let faults: Vec<(Route, Effect)> = vec![
        (Route::Discovery, Effect::Answer(Answer::status(404))),
        (Route::Discovery, Effect::Answer(Answer::status(500))),
        (Route::Discovery, Effect::Answer(html())),
        (Route::Discovery, Effect::HangUp),
        (Route::Discovery, Effect::CutAfter(40)),
        (Route::Discovery, elsewhere(302)),
        (Route::Discovery, huge()),
        (Route::Jwks, Effect::Answer(Answer::status(500))),
        (Route::Jwks, Effect::Answer(html())),
        (Route::Jwks, Effect::Reset),
        (Route::Jwks, elsewhere(307)),
        (Route::Jwks, huge()),
        (Route::CodeGrant, oauth(400, "invalid_grant")),
        (Route::CodeGrant, oauth(403, "invalid_grant")),
        (Route::CodeGrant, oauth(401, "invalid_client")),
        (Route::CodeGrant, oauth(429, "too_many_requests")),
        (Route::CodeGrant, oauth(500, "server_error")),
        (Route::CodeGrant, Effect::Answer(html())),
        (Route::CodeGrant, Effect::Answer(Answer::status(200).json(&json!({})))),
        (Route::CodeGrant, Effect::HangUp),
        (Route::CodeGrant, Effect::CutAfter(60)),
        (Route::CodeGrant, elsewhere(302)),
        (Route::CodeGrant, elsewhere(308)),
        (Route::CodeGrant, huge()),
    ];
    for (route, effect) in faults {
        let door = Door::new().await;
        let name = format!("{route:?} {}", format!("{effect:?}").chars().take(60).collect::<String>());
        door.fault(Fault::on(route).then(effect));
        let answer = door.enter().await;
        door.refuses(&name, answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_this_browsers_own_signs_nobody_in() {
    let long = "x".repeat(7_000);
    let too_long = format!("code={}&state={{state}}", "x".repeat(60_000));
    let cases = [
        ("no state", "code={code}"),
        ("another state", "code={code}&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("an empty state", "code={code}&state="),
        ("two states", "code={code}&state={state}&state={state}"),
        ("no code", "state={state}"),
        ("two codes", "code={code}&code=other&state={state}"),
        ("another code", "code=other&state={state}"),
        ("a code with a line break", "code=a%0d%0ab&state={state}"),
        ("a long code", &format!("code={long}&state={{state}}")),
        ("a code and an error", "code={code}&error=access_denied&state={state}"),
        ("another provider's answer", "code={code}&state={state}&iss=https%3A%2F%2Fevil.example%2F"),
        ("a no", "error=access_denied&state={state}"),
        ("an unknown error", "error=login_required&state={state}"),
        (
            "a script for an error",
            "error=%3Cscript%3Ealert(1)%3C/script%3E&error_description=%3Cscript%3E&state={state}",
        ),
        ("nothing", ""),
    ];
    let door = Door::new().await;
    for (name, query) in cases {
        let answer = door.come_back_with(query).await;
        assert!(!answer.body.contains("alert(1)"), "{name}: {}", answer.body);
        door.refuses(name, answer).await;
    }
    // Where nothing else is under way, whose nonce and verifier would not fit either.
    let alone = Door::new().await;
    let answer = alone.come_back_with("code={code}&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await;
    alone.refuses("another state, and no other attempt", answer).await;
    let answer = door.come_back_with(&too_long).await;
    assert!(answer.status >= 400, "{}", answer.status);
    door.nobody_is_in("a code of 60 kB").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_serves_once_in_time_and_by_a_link_alone() {
    let door = Door::new().await;
    let callback = door.sent_back().await.unwrap();
    let path = callback.strip_prefix(&door.app.base).unwrap();
    for method in [Method::POST, Method::HEAD, Method::PUT] {
        door.browser.send(door.browser.request(&method, path)).await.with(405);
        door.nobody_is_in("by another method").await;
    }
    let thief = door.app.browser();
    Door::calm("in another browser", &thief.come_back(&callback).await);
    assert_eq!(thief.get("/chat").await.status, 303);
    door.wait(11 * 60);
    let late = door.browser.come_back(&callback).await;
    door.refuses("eleven minutes later", late).await;
    // A code that a thief has redeemed first is worth nothing to its owner.
    let second = door.sent_back().await.unwrap();
    door.browser.come_back(&second).await.leads_to("/chat");
    let twice = door.browser.copied().come_back(&second).await;
    Door::calm("a second time", &twice);
    assert_eq!(door.app.sandbox.log().count(Route::CodeGrant), 1, "no other code was ever traded");
}
