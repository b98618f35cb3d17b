//! What others depend on, word for word: the tools as the model reads them,
//! the events as a page reads them, the mail as Gmail gets it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use teachers_aide::{
    assistant::{
        ApprovalId, ConversationId, TurnId,
        approval::{Approval, ApprovalOutcome, ApprovalState},
        caution::{Caution, Tick},
        event::Event,
        toolbox::{Field, Outcomes, Preview, Row},
        turn::{Call, CallResult, CallState, Ending, Outcome, Pause},
    },
    mail::{Body, Draft, EmailAddress, PersonName, Subject},
    school::TeacherId,
    vault::{Authority, ConnectReason, GmailSend},
};
use uuid::Uuid;

use crate::cast::school_day;

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_as_they_go_over_the_wire() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("Hello.");
    ada.hear("Hello").await;
    insta::assert_json_snapshot!("tools", app.asked()[0].body["tools"]);
}

fn noon() -> Timestamp {
    "2026-09-14T12:00:00Z".parse().unwrap()
}

fn approval(state: ApprovalState) -> Approval {
    let text = str::to_owned;
    let field = |name: &str, label: &str, value: &str, multiline| Field {
        name: text(name),
        label: text(label),
        value: text(value),
        multiline,
    };
    let outcome = (state == ApprovalState::Sent).then(|| ApprovalOutcome {
        words: text("Sent to Mateo Nguyen, from your Gmail"),
        said: json!({ "status": "sent", "message_id": "18c2" }),
        outcome: Outcome::Done,
    });
    let tick = Tick { name: text("tick-other-s-1002"), words: text("It names James Martinez. Send it anyway.") };
    Approval {
        id: ApprovalId::parse(&"a".repeat(32)).unwrap(),
        teacher: TeacherId::new("t"),
        conversation: ConversationId::parse(&"c".repeat(32)).unwrap(),
        turn: TurnId::parse(&"0".repeat(32)).unwrap(),
        call: text("0-0"),
        tool: text("send_email_to_student"),
        student: None,
        plan: json!({ "secret": "never in an event" }),
        preview: Preview {
            heading: text("Draft"),
            rows: vec![Row { label: text("To"), value: text("Mateo Nguyen · mateo.nguyen@example.com") }],
            fields: vec![field("subject", "Subject", "Hello", false), field("body", "Message", "Dear Mateo", true)],
            action: text("Send from ada@school.example"),
            note: text("Goes to Mateo Nguyen only. Sent when you click, not before."),
            outcomes: Outcomes::default(),
        },
        caution: Caution { ticks: vec![tick], alone: true },
        state,
        revision: 1,
        outcome,
        created_at: noon(),
        changed_at: noon(),
    }
}

fn finished_call() -> Call {
    let result = CallResult {
        outcome: Outcome::Done,
        said: json!({ "classes": [] }).into(),
        did: "Looked at 0 classes".to_owned(),
        took_ms: 3,
        shown: None,
    };
    Call {
        id: "0-0".to_owned(),
        tool: "list_teaching_classes".to_owned(),
        arguments: "{}".to_owned(),
        state: CallState::Finished { result },
    }
}

/// One of each.
fn all_events() -> Vec<Event> {
    let text = str::to_owned;
    let pause = Pause::Connection { need: GmailSend::need().unwrap(), why: ConnectReason::NotConnected };
    vec![
        Event::TextDelta { step: 0, text: text("Most are ") },
        Event::CallStarted { call: text("0-0"), tool: text("list_students"), doing: text("Looking at your students") },
        Event::CallFinished { call: Box::new(finished_call()) },
        Event::ConnectionNeeded { call: text("0-0"), tool: text("send_email_to_student"), pause },
        Event::ApprovalNeeded { approval: Box::new(approval(ApprovalState::Proposed)) },
        Event::ApprovalChanged { approval: Box::new(approval(ApprovalState::Rejected)) },
        Event::Sent { approval: Box::new(approval(ApprovalState::Sent)) },
        Event::ModelBusy { seconds: 2 },
        Event::TurnWaiting,
        Event::TurnResumed,
        Event::TurnFinished { ending: Ending::Done },
        Event::TurnFailed { words: text("The model is too busy to answer."), reference: text("5f0c2a9b") },
    ]
}

/// A new event does not compile until it is here, and then not until it is in the list.
fn place(event: &Event) -> usize {
    match event {
        Event::TextDelta { .. } => 0,
        Event::CallStarted { .. } => 1,
        Event::CallFinished { .. } => 2,
        Event::ConnectionNeeded { .. } => 3,
        Event::ApprovalNeeded { .. } => 4,
        Event::ApprovalChanged { .. } => 5,
        Event::Sent { .. } => 6,
        Event::ModelBusy { .. } => 7,
        Event::TurnWaiting => 8,
        Event::TurnResumed => 9,
        Event::TurnFinished { .. } => 10,
        Event::TurnFailed { .. } => 11,
    }
}

#[test]
fn one_of_each_event() {
    let events = all_events();
    let places: BTreeSet<usize> = events.iter().map(place).collect();
    assert_eq!(places, (0..12).collect());
    let values: Vec<Value> = events.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
    assert!(!json!(values).to_string().contains("never in an event"), "a plan holds more than a page may know");
    insta::assert_json_snapshot!("events", values);
}

#[test]
fn the_mail_as_gmail_gets_it() {
    let draft = Draft {
        to_name: PersonName::clean("Pavel Dvořák").unwrap(),
        to: EmailAddress::parse("pavel.dvorak@example.com").unwrap(),
        from_name: PersonName::clean("Grace Hopper"),
        from: EmailAddress::parse("grace@school.example").unwrap(),
        subject: Subject::parse("Biology – well done, Pavel").unwrap(),
        body: Body::parse("Dear Pavel,\n\nyour second evaluation was 7.00: go on like that!  \n\nGrace Hopper")
            .unwrap(),
    };
    let mail = draft.freeze(noon(), Uuid::nil()).unwrap();
    insta::assert_snapshot!("mail", String::from_utf8(mail.raw().to_vec()).unwrap().replace("\r\n", "\n"));
}
