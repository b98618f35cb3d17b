//! What an honest provider may do, and still be believed; and how its keys change.

use teachers_aide::sandbox::{
    auth0::{Flaw, Setup},
    faults::{Answer, Effect, Fault, Route},
};

use super::Door;
use crate::{
    cast,
    harness::{TestApp, Wanted},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_provider_is_believed_in_each_of_its_manners() {
    use Flaw::*;
    let manners: [&[Flaw]; 10] = [
        &[],
        &[ExpiredBy(30)],
        &[ListedAudience],
        &[RightAccessTokenHash],
        &[WrongCodeHash],
        &[NoKeyId],
        &[SeveralKeys],
        &[NoRefreshToken],
        &[AddressInUserinfoOnly],
        &[RightAccessTokenHash, SeveralKeys, ListedAudience],
    ];
    for flaws in manners {
        Door::with_flaws(flaws).await.lets_in(&format!("{flaws:?}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_that_is_down_lets_in_who_is_known_without_it() {
    for effect in [Effect::Answer(Answer::status(500)), Effect::HangUp] {
        let door = Door::new().await;
        door.fault(Fault::on(Route::Userinfo).then(effect));
        door.lets_in("the address stands in the ID token").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_was_down_lets_people_in_when_it_is_back() {
    let door = Door::new().await;
    door.fault(Fault::on(Route::Discovery).times(1).then(Effect::HangUp));
    let answer = door.enter().await;
    door.refuses("while it is down", answer.with(503)).await;
    door.lets_in("when it is back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_a_logout_of_its_own_lets_people_in_and_out() {
    let setup = Setup { logout_in_discovery: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    let out = ada.post("/auth/logout", &[]).await.with(303);
    assert!(out.location().contains("/v2/logout?"), "{}", out.location());
    ada.get("/chat").await.leads_to("/");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_without_a_restart_and_an_old_one_opens_nothing() {
    let door = Door::new().await;
    let looks = || door.app.sandbox.log().count(Route::Jwks);
    door.lets_in("by the first key").await;
    assert_eq!(looks(), 1);
    door.app.sandbox.auth0().rotate_key();
    door.lets_in("by a key that is newer than the last look").await;
    assert_eq!(looks(), 2, "one more look, and no restart");
    door.app.sandbox.auth0().rotate_key();
    door.app.sandbox.auth0().withdraw_old_keys();
    door.wait(61);
    door.lets_in("by the third, when the first two are gone").await;
    assert_eq!(looks(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unknown_keys_makes_one_look_a_minute() {
    let door = Door::new().await;
    door.lets_in("first").await;
    let before = door.app.sandbox.log().count(Route::Jwks);
    door.misbehave(&[Flaw::UnknownKeyId]);
    door.wait(61);
    for minute in 1..=2 {
        for _ in 0..60 {
            Door::calm("a key that nobody knows", &door.enter().await);
        }
        assert_eq!(door.app.sandbox.log().count(Route::Jwks), before + minute, "in minute {minute}");
        door.wait(61);
    }
    door.misbehave(&[]);
    door.lets_in("and nobody was locked out").await;
}
