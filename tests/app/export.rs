//! Conversations and answers as Markdown: what stands on the page, with nothing
//! in it that acts.

use crate::{
    cast::{JAMES, MATEO, mail_to, school_day},
    payloads,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_can_be_taken_along_with_what_became_of_its_drafts() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([
        mail_to(MATEO, "Well *done*", "Dear Mateo,\n\n```\n# go on\n```"),
        mail_to(JAMES, "Second", "Dear James"),
    ]);
    let (asked, screen) = ada.hear("Write to Mateo\n# and James").await;
    let cards = screen.cards();
    app.mind.says("One has left.\n\n| Student | Average |\n|---|--:|\n| Mateo | 5.80 |\n");
    ada.decide(&cards[0], "send", &[]).await.with(200);
    ada.decide(&cards[1], "discard", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    let page = ada.page(&asked.conversation).await;
    let href = page.attrs(".heading a[download]", "href").remove(0);
    let file = ada.get(&href).await.with(200);
    assert_eq!(file.header("content-type"), "text/markdown; charset=utf-8");
    assert!(file.header("content-disposition").contains("Write-to-Mateo.md"), "{}", file.header("content-disposition"));
    let text = &file.body;
    for stands in [
        "# Write to Mateo\n",
        "> Write to Mateo  \n> \\# and James",
        "**Sent, ",
        "- To: Mateo Nguyen · mateo.nguyen@example.com\n- Subject: Well \\*done\\*",
        "````text\nDear Mateo,\n\n```\n# go on\n```\n````",
        "**Discarded, not sent**",
        "One has left.",
        "| Mateo | 5.80 |",
    ] {
        assert!(text.contains(stands), "{stands:?} in:\n{text}");
    }
    let answer = ada.get(&format!("/turns/{}/answer.md", asked.turn)).await.with(200);
    assert!(answer.body.starts_with('*') && answer.body.contains("One has left."), "{}", answer.body);
    assert!(!answer.body.contains("> Write to"), "the question is not part of the answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_model_writes_acts_in_the_file_that_is_taken_along() {
    let (app, ada, _grace) = school_day().await;
    for text in payloads::PAYLOADS.iter().step_by(9) {
        app.mind.says(text);
        let (asked, _) = ada.hear("Say it").await;
        let file = ada.get(&format!("/chat/{}/export.md", asked.conversation)).await.with(200);
        let html = comrak::markdown_to_html(&file.body, &comrak::Options::default());
        for acts in ["<a ", "<img", "<script", "<iframe", "<!-- raw HTML omitted -->"] {
            assert!(!html.contains(acts), "{acts} of {text:?}:\n{}\n{html}", file.body);
        }
    }
}
