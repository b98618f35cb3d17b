//! Turns in every state.

use super::cast::{charts, james, mateo, roster, row, text};
use crate::web::{
    chart,
    parts::{
        Action, Answer, Approval, ConnectCard, Did, DidState, Evidence, Fact, LetterState, Notice, Outcome, Part,
        Receipt, Said, SendAll, SignInAgainCard, Tick, Turn, TurnState, Versions,
    },
};

const OVERVIEW: &str = "Most are on track. **Two need attention** before the third evaluation, and three could aim higher.\n\n\
| Student | Class | 1st | 2nd | 3rd | Needs | Standing |\n|---|---|---|---|---|---|---|\n\
| Mateo Nguyen | Algebra I | 5.50 | 6.10 | – | 9.40 | At risk |\n\
| James Martinez | World History | 3.00 | 6.50 | – | 11.50 | Out of reach |\n\
| Sofia Garcia | Biology | 9.10 | 9.40 | – | 2.50 | On track |\n\n\
### What I would do first\n\n\
1. **Mateo** is rising. A word of praise and one hour of help may be enough.\n\
2. **James** cannot reach 7.00 any more; his best possible is 6.50. Talk about what comes after.\n\n\
> “Needs” is the grade in the third evaluation that brings the average to 7.00.\n\n\
The rule is `needed = 3 × 7 − sum of grades`. More at [the help page](https://help.example/needs).\n";

fn turn(id: &str, words: &str, state: TurnState, parts: Vec<Part>) -> Turn {
    Turn {
        id: text(id),
        conversation: text("k1"),
        state,
        said: Said { words: text(words), by_script: false },
        parts,
        versions: None,
        again: (state != TurnState::Running).then(|| text("k")),
        asks: Vec::new(),
        beside: Vec::new(),
    }
}

fn did(key: &str, state: DidState, words: &str, elapsed: Option<&str>) -> Part {
    let fact = |name: &str, value: &str| Fact { name: text(name), value: text(value) };
    let asked = vec![fact("Tool", "list_students"), fact("Class id", "c-01")];
    let evidence = vec![
        Evidence::Facts { label: text("Asked for"), facts: asked },
        Evidence::Rows { label: text("Students"), sheet: roster() },
        Evidence::Facts { label: text("How long"), facts: vec![fact("Time taken", "0.4 s")] },
        Evidence::Whole { label: text("Word for word"), text: text("{\n  \"at_risk\": [\"Mateo Nguyen\"]\n}") },
    ];
    let evidence = if state == DidState::Running { Vec::new() } else { evidence };
    Part::Did(Did { key: text(key), state, words: text(words), elapsed: elapsed.map(text), evidence })
}

fn receipt(key: &str, outcome: Outcome, words: &str) -> Part {
    let mateo = mateo(key);
    let rows = vec![row("To", "Mateo Nguyen · mateo.nguyen@example.com"), row("Subject", &mateo.fields[0].value)];
    let body = mateo.fields[1].value.clone();
    let (done, approval) = (text("sent"), text("a1"));
    Part::Receipt(Receipt { key: text(key), outcome, done, words: text(words), rows, body, approval, connect: None })
}

pub(super) fn overview() -> Turn {
    let parts = vec![
        did("call-1", DidState::Done, "Looked at 4 classes", Some("0.1 s")),
        did("call-2", DidState::Done, "Worked out who is likely to pass, for 42 students", Some("0.4 s")),
        Part::Chart(chart::part("chart-0", "chart-t1-0", &charts()[2])),
        Part::Answer(Answer::done("t1", 0, OVERVIEW)),
    ];
    let asks = vec![text("What does Mateo Nguyen need to pass?"), text("Write an encouraging mail to Mateo Nguyen")];
    Turn { asks, ..turn("t1", "How are my students going this semester?", TurnState::Done, parts) }
}

pub(super) fn again() -> Turn {
    let versions = Some(Versions { at: 2, of: 3, previous: Some(text("t1")), next: Some(text("t3")) });
    let beside = vec![receipt("r9", Outcome::Sent(text("14:02")), "to Mateo Nguyen, from your Gmail")];
    let parts = vec![Part::Answer(Answer::done("t2", 0, "Mateo needs **9.40** in the third evaluation."))];
    Turn { versions, beside, ..turn("t2", "What does Mateo need to pass?", TurnState::Done, parts) }
}

pub(super) fn one_draft() -> Turn {
    let parts = vec![
        did("call-3", DidState::Done, "Wrote a draft to Mateo Nguyen", Some("1.2 s")),
        Part::Letter(mateo("draft-1")),
    ];
    turn(
        "t2",
        "Mateo needs some motivation. Write to him, warmly, and offer Monday after class.",
        TurnState::Waiting,
        parts,
    )
}

pub(super) fn two_drafts() -> Turn {
    let approval = |id: &str| Approval { id: text(id), hash: text("5f0c") };
    let parts = vec![
        Part::Letter(mateo("draft-2")),
        Part::Letter(james("draft-3")),
        Part::SendAll(SendAll {
            key: text("send-all"),
            turn: text("t3"),
            approvals: vec![approval("a-draft-2"), approval("a-draft-3")],
            words: text("One mail each to Mateo Nguyen and James Martinez."),
            send: text("Send both from mary@school.example"),
        }),
    ];
    turn("t3", "Mateo and James need some motivation, write to them", TurnState::Waiting, parts)
}

pub(super) fn receipts() -> Turn {
    let after = "Mateo has your mail. Shall I remind you on **Monday** before class?";
    let parts = vec![
        receipt("r1", Outcome::Sent(text("14:02")), "to Mateo Nguyen, from your Gmail"),
        receipt("r2", Outcome::Failed, "Gmail did not accept it: the address does not exist. Nothing was sent."),
        receipt(
            "r3",
            Outcome::Unknown(text("14:03")),
            "Gmail did not answer. Look in your Sent folder before you send it again.",
        ),
        receipt("r4", Outcome::Discarded, ""),
        receipt("r5", Outcome::Superseded, ""),
        receipt("r6", Outcome::Undecided, "You went on with another question. The draft can still be sent."),
        Part::Answer(Answer::done("t1", 1, after)),
    ];
    turn("t4", "Yes, and the others too", TurnState::Done, parts)
}

pub(super) fn letters() -> Turn {
    let mut refused = mateo("draft-4");
    refused.fields[0].value = String::new();
    refused.state =
        LetterState::Refused(text("The subject is empty. Write a few words, so that Mateo knows what it is about."));
    let mut doubted = james("draft-7");
    let tick = |name: &str, words: &str| Tick { name: text(name), words: text(words) };
    doubted.ticks = vec![
        tick(
            "tick-whom-s-1002",
            "Your words did not ask for a mail to James Martinez. I want to write to James Martinez.",
        ),
        tick("tick-other-s-1001", "It names Mateo Nguyen and goes to James Martinez. Send it anyway."),
    ];
    let mut sending = mateo("draft-5");
    sending.state = LetterState::Sending;
    let mut closed = james("draft-6");
    closed.state = LetterState::Closed(text("replaced by a newer draft, nothing was sent"));
    turn("t5", "Write to them", TurnState::Waiting, [refused, doubted, sending, closed].map(Part::Letter).into())
}

pub(super) fn cards() -> Turn {
    let parts = vec![
        Part::Connect(ConnectCard {
            key: text("connect"),
            turn: text("t6"),
            title: text("Connect Google"),
            service: text("Google"),
            connection: text("google"),
            purpose: text("To send this mail from your own address"),
            allows: vec![text("Send mail as you, when you have clicked send")],
            never: text("It cannot read, change or delete anything in your mailbox."),
        }),
        Part::SignInAgain(SignInAgainCard {
            key: text("again"),
            turn: text("t6"),
            words: text("Your sign-in has ended, so the mail cannot be sent yet."),
        }),
    ];
    turn("t6", "Write to Mateo", TurnState::Waiting, parts)
}

pub(super) fn running() -> Turn {
    let parts = vec![
        did("call-7", DidState::Done, "Looked at Algebra I", Some("0.1 s")),
        did("call-8", DidState::Running, "Working out who is likely to pass", None),
        Part::Answer(Answer::so_far(
            "t7",
            0,
            "Here is what the grade book says.\n\nMateo needs 9.40 in the third evaluation, and he is",
        )),
    ];
    turn("t7", "And in Algebra I?", TurnState::Running, parts)
}

pub(super) fn running_table() -> Turn {
    let parts = vec![Part::Answer(Answer::so_far("t8", 0, "Here they are:\n\n| Student | 1st |\n|---|---|\n| Mateo"))];
    turn("t8", "As a table, please", TurnState::Running, parts)
}

pub(super) fn ends() -> Vec<Turn> {
    let again = Action::Post { text: text("Try again"), path: text("/turns/t9/resume") };
    let words = "The model service did not answer in time. Nothing was sent and your question is kept.";
    let part = || Part::Answer(Answer::done("t1", 0, "Most are on track. Two need"));
    vec![
        turn(
            "t9",
            "Who needs 9 or more?",
            TurnState::Failed,
            vec![
                did("call-9", DidState::Failed, "Could not find that class", Some("0.1 s")),
                part(),
                Part::Notice(Notice::failed("failed", words, Some(again), "7f3a-19c2")),
            ],
        ),
        turn("t10", "Who needs 9 or more?", TurnState::Stopped, vec![part(), Part::Notice(Notice::stopped("stopped"))]),
        turn(
            "t11",
            "Who needs 9 or more?",
            TurnState::Interrupted,
            vec![part(), Part::Notice(Notice::interrupted("interrupted", "t11"))],
        ),
        turn("t12", "Who needs 9 or more?", TurnState::Running, vec![Part::Notice(Notice::waiting("wait", 4))]),
    ]
}
