//! What is printed is whole: nothing is cut off by a box, or lies over what follows.

use super::at_a_desk;

/// Boxes that hold more than they show: on paper nobody scrolls them.
const TOO_SMALL: &str = "[...document.querySelectorAll('.sheet, pre')].filter((box) => box.clientHeight > 0 && \
                         box.scrollHeight > box.clientHeight + 1).length";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_its_evidence_open_is_printed_whole() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.ask("How are my students going this semester?").await;
        desk.done(1).await;
        tab.click(".did summary").await;
        tab.until(&format!("{TOO_SMALL} > 0")).await;
        tab.as_printed("paper-1-evidence").await;
        tab.onto_paper().await;
        assert_eq!(tab.ask::<u32>(TOO_SMALL).await, 0);
    })
    .await;
}
