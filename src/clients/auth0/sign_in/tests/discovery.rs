//! What the provider tells of itself changes, or cannot be had for a while.

use jiff::SignedDuration;

use super::{answer_to, set_nonce, sign_in, sign_in_at};
use crate::{
    clients::auth0::rehearsal::{Answer, Signature, Stage, clock, jwk},
    identity::{SignIn, SignInError},
};

#[actix_web::test]
async fn a_key_that_is_new_since_the_last_look_is_fetched_once_a_minute_at_most() {
    let stage = Stage::open();
    let clock = clock();
    let house = sign_in(&stage, &clock);
    let (_, attempt) = house.begin(None).await.unwrap();
    set_nonce(&stage, &attempt);
    let change_keys = |kid: &str, keys: Vec<serde_json::Value>, signer| {
        let mut scene = stage.scene();
        (scene.keys, scene.header["kid"], scene.signature) = (keys, kid.into(), Signature::Rs256(signer));
    };
    // Rotated just before signing: one more look at the keys, and in.
    change_keys("key-1", vec![jwk(1)], 1);
    house.complete(&answer_to(&attempt), &attempt).await.unwrap();
    assert_eq!(stage.scene().times_asked("/jwks.json"), 2);
    // The key that was withdrawn is refused from now on.
    change_keys("key-0", vec![jwk(1)], 0);
    for _ in 0..50 {
        assert!(matches!(house.complete(&answer_to(&attempt), &attempt).await, Err(SignInError::Refused(_))));
    }
    assert_eq!(stage.scene().times_asked("/jwks.json"), 2, "no second look within the minute");
    clock.advance(SignedDuration::from_secs(61));
    for _ in 0..50 {
        assert!(matches!(house.complete(&answer_to(&attempt), &attempt).await, Err(SignInError::Refused(_))));
    }
    assert_eq!(stage.scene().times_asked("/jwks.json"), 3);
    assert_eq!(stage.scene().times_asked("/.well-known/openid-configuration"), 1);
}

#[actix_web::test]
async fn a_provider_that_was_down_at_start_is_used_when_it_is_back() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    stage.scene().discovery_answer = Some(Answer::html(503));
    assert!(matches!(house.begin(None).await, Err(SignInError::Unavailable(_))));
    assert!(matches!(house.probe().await, Err(SignInError::Unavailable(_))));
    stage.scene().discovery_answer = None;
    house.probe().await.unwrap();
    assert!(house.begin(None).await.is_ok());
}

#[actix_web::test]
async fn the_providers_last_word_is_taken_for_a_day_while_it_is_down() {
    let stage = Stage::open();
    let clock = clock();
    let house = sign_in(&stage, &clock);
    house.probe().await.unwrap();
    let described = || stage.scene().times_asked("/.well-known/openid-configuration");
    clock.advance(SignedDuration::from_mins(16));
    house.probe().await.unwrap();
    assert_eq!(described(), 2, "old enough to ask again");
    stage.scene().discovery_answer = Some(Answer::html(503));
    clock.advance(SignedDuration::from_mins(16));
    for _ in 0..5 {
        house.probe().await.unwrap();
    }
    assert_eq!(described(), 3, "left alone for a while");
    clock.advance(SignedDuration::from_secs(31));
    house.probe().await.unwrap();
    assert_eq!(described(), 4);
    clock.advance(SignedDuration::from_hours(24));
    assert!(matches!(house.probe().await, Err(SignInError::Unavailable(_))));
}

#[actix_web::test]
async fn the_issuer_is_compared_letter_by_letter() {
    let stage = Stage::open();
    let port = stage.base.rsplit(':').next().unwrap().to_owned();
    for issuer in [stage.base.clone(), format!("http://localhost:{port}/")] {
        let outcome = sign_in_at(&issuer, &clock()).begin(None).await;
        assert!(matches!(outcome, Err(SignInError::Operator(_) | SignInError::Unavailable(_))), "{issuer}");
    }
}
