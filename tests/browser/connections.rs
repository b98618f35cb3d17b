//! A second permission, a meeting, and the way out, by mouse in a real browser.

use super::at_a_desk;

#[tokio::test(flavor = "multi_thread")]
async fn a_teacher_allows_the_calendar_plans_a_meeting_and_disconnects() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.ask("What is on my calendar this week?").await;
        tab.find(".card a.primary").await;
        assert!(tab.text(".card").await.contains("See the events in your calendar"));
        tab.shots("connect-1-card").await;
        tab.click(".card a.primary").await;
        tab.find("button[value=connect]").await;
        tab.shots("connect-2-provider").await;
        tab.click("button[value=connect]").await;
        // The same turn goes on by itself.
        desk.done(1).await;
        assert!(tab.text(".answer").await.contains("Staff meeting"));
        assert_eq!(tab.count(".card").await, 0, "the card has gone");
        tab.shots("connect-3-answer").await;

        desk.ask("Schedule a meeting with Mateo on Tuesday at 15:00").await;
        tab.find(".letter button[value=send]").await;
        tab.shots("connect-4-meeting").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        assert!(tab.text(".receipt .stamp").await.starts_with("Scheduled"));
        desk.done(2).await;
        tab.shots("connect-5-scheduled").await;

        tab.go("/connections").await;
        assert_eq!(tab.text(".account .chip").await, "Connected");
        tab.shots("connect-6-connections").await;
        tab.click("form.disconnect button").await;
        tab.until("location.search === '?done=disconnected'").await;
        assert_eq!(tab.text(".account .chip").await, "Not connected");
        tab.shots("connect-7-disconnected").await;
        assert_eq!(tab.console().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_teacher_who_says_no_finds_the_question_where_it_was_and_can_say_yes() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.ask("What is on my calendar this week?").await;
        tab.click(".card a.primary").await;
        tab.click("button[value=decline]").await;
        tab.until("document.body.textContent.includes('You said no, and that is fine')").await;
        tab.shots("connect-8-declined").await;
        tab.click("main a.primary").await;
        tab.until("location.pathname.startsWith('/chat/')").await;
        assert_eq!(tab.count(".card a.primary").await, 1, "the same card, which asks again");
        assert_eq!(tab.count(".answer").await, 0, "and nothing was looked at");
        tab.click(".card a.primary").await;
        tab.click("button[value=connect]").await;
        desk.done(1).await;
        assert!(tab.text(".answer").await.contains("Staff meeting"));
    })
    .await;
}
