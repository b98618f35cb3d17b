//! A hundred clicks at once, again and again: one mail each time.

use std::collections::HashMap;

use crate::{
    cast::{self, MATEO, mail_to},
    harness::{Doubt, TestApp, Wanted},
};

const ROUNDS: usize = 20;
const CLICKS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_clicks_at_once_send_one_mail_in_each_of_twenty_rounds() {
    let settings = HashMap::from([("LIMIT_REQUESTS_PER_MINUTE", "100000".to_owned())]);
    let app = TestApp::start_with(Wanted { settings, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    for round in 1..=ROUNDS {
        app.mind.calls([mail_to(MATEO, &format!("Round {round}"), "Dear Mateo")]).says("Sent.");
        let (asked, screen) = ada.hear(&format!("Write to Mateo, round {round}")).await;
        let card = screen.cards().remove(0);
        let clicks = (0..CLICKS).map(|_| {
            let (tab, card) = (ada.clone(), card.clone());
            tokio::spawn(async move { tab.decide(&card, "send", &[]).await })
        });
        for click in clicks.collect::<Vec<_>>() {
            // Some find it on its way, some find it sent; none finds a fault.
            let told = click.await.unwrap().with(200).json();
            assert!(["approved", "claimed", "sent"].contains(&told["state"].as_str().unwrap()), "{told}");
        }
        ada.follow_to_the_end(&asked.turn).await;
        assert_eq!(app.accepted().len(), round, "one mail in each round");
    }
    let found = app.findings(Doubt::None).await;
    found.none();
    assert_eq!(found.count("sent"), ROUNDS);
}
