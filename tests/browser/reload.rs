//! A reload in the middle of an answer loses nothing of it.

use std::time::Duration;

use super::{Desk, at_a_desk, reader::at_pace};

/// How many reloads are tried, each at a place of its own.
const TRIES: u64 = 5;

/// With everything that an answer may hold: text, list, table, code.
const ANSWER: &str = "The class did *well* this term.\n\n\
    - Mateo went up\n- James went up too\n\n\
    | Student | Average |\n|---|---|\n| Mateo | 5.80 |\n| James | 6.10 |\n| Thandiwe | 6.88 |\n\n\
    As a formula:\n\n```\naverage = sum / count\n```\n\n\
    **Next:** write to both of them, and ask them to come by on Monday.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_at_any_moment_ends_with_the_same_page() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        let uncut = ended(desk, None).await;
        for n in 0..TRIES {
            // Somewhere in the nth stretch of the answer, which takes about a second.
            let moment = Duration::from_millis(n * 200 + u64::from(random()) % 200);
            assert_eq!(ended(desk, Some(moment)).await, uncut, "after a reload {moment:?} into the answer");
        }
    })
    .await;
}

/// The turn as it stands in the end, cut at a moment by a reload.
async fn ended(desk: &Desk, cut: Option<Duration>) -> String {
    let tab = &desk.tab;
    desk.script().push(at_pace(ANSWER, 25));
    tab.go("/chat").await;
    desk.ask("How did they do?").await;
    tab.until("document.querySelector('[data-turn]')").await;
    if let Some(moment) = cut {
        tokio::time::sleep(moment).await;
        tab.reload().await;
    }
    desk.done(1).await;
    // The turn's own name stands in the links to its tables.
    let parts = "document.querySelector('.parts').innerHTML.replace(/\\s+/g, ' ')";
    tab.ask(&format!("{parts}.replaceAll(document.querySelector('[data-turn]').dataset.turn, 'this turn')")).await
}

fn random() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).unwrap();
    byte[0]
}
