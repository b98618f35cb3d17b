//! Every page, with and without something on it.

mod activity;
mod seen;

use super::{
    cast::{asks, charts, composer, demo, frame, roster, text},
    hang, turns,
};
use crate::{
    assistant::search::Wanted,
    identity::{Appearance, Preferences},
    school,
    web::{
        chart,
        pages::{
            AccountCard, AccountState, Address, Attention, Away, Chat, Choice, Class, ClassCard, Classes, Connections,
            Conversation, Conversations, Figure, Found, Mail, Message, Permission, Semester, Settings, Share, SignIn,
            Stretch, Student, StudentNote, Use, WriteTo,
        },
        parts::{Back, Chart, Frame, Notice, Place, Shelved, Tone, Turn},
    },
};

const QUESTIONS: [&str; 3] =
    ["How are my students going this semester?", "Who needs 9 or more in Algebra I?", "Compare my two Physics classes"];

/// Renders all, and gives each page's name and HTML.
pub(super) fn all() -> Vec<(String, String)> {
    let mut shown = chats();
    shown.extend(front());
    shown.extend(connections());
    shown.extend(search());
    shown.extend(school());
    shown.extend(activity::all());
    shown.extend(seen::all());
    shown
}

fn keep(name: &str, page: &impl askama::Template) -> (String, String) {
    (text(name), hang(name, page))
}

fn chat(title: &str, turns: Vec<Turn>) -> Chat {
    let blank = turns.is_empty();
    let place = if blank { Place::New } else { Place::Elsewhere };
    Chat {
        frame: frame(title, place, if blank { "" } else { "k1" }),
        greeting: text("Good morning, Mary"),
        title: text(title),
        shelved: (!blank).then(|| shelved("k1", title, Back::Chat)),
        turns,
        composer: composer((!blank).then_some("k1"), if blank { &QUESTIONS } else { &QUESTIONS[1..] }),
    }
}

fn chats() -> Vec<(String, String)> {
    let story = "How are my students going this semester?";
    let mut refused = chat("New conversation", Vec::new());
    refused.composer.words = text("How are");
    refused.composer.error = Some(text("That is more than 20,000 characters. Shorten it and send again."));
    let mut running = chat(story, vec![turns::overview(), turns::running()]);
    running.composer.running = Some(text("t7"));
    running.composer.asks.clear();
    let mut table = chat(story, vec![turns::running_table()]);
    table.composer.running = Some(text("t8"));
    vec![
        keep("chat-new", &chat("New conversation", Vec::new())),
        keep("chat-refused", &refused),
        keep("chat", &chat(story, vec![turns::overview(), turns::one_draft()])),
        keep("chat-versions", &chat(story, vec![turns::overview(), turns::again()])),
        keep("chat-running", &running),
        keep("chat-running-table", &table),
        keep("chat-drafts", &chat(story, vec![turns::two_drafts()])),
        keep("chat-letters", &chat(story, vec![turns::letters()])),
        keep("chat-receipts", &chat(story, vec![turns::receipts()])),
        keep("chat-cards", &chat(story, vec![turns::cards()])),
        keep("chat-ends", &chat(story, turns::ends())),
    ]
}

fn front() -> Vec<(String, String)> {
    let chosen = Preferences { appearance: Appearance::Dark, ..Preferences::default() };
    let out = |title: &str| Frame { title: text(title), demo: None, side: None, chosen };
    let message = |frame, title: &str, words: &str, next: &str, reference: Option<&str>| Message {
        frame,
        title: text(title),
        words: text(words),
        next: text(next),
        href: text("/"),
        reference: reference.map(text),
        typed: Vec::new(),
    };
    let stale = "Nothing was changed, and nothing was sent. Load the page again, and do it once more.";
    let missing = "It may have been deleted, or the link may be wrong.";
    let refused = "Google says that you did not agree. Nothing was changed. You can try again whenever you like.";
    let signed_out = Notice { title: text("You have signed out."), words: String::new(), ..Notice::stopped("out") };
    vec![
        keep("sign-in", &SignIn { frame: out("Sign in"), href: text("/auth/login"), notice: None }),
        keep(
            "sign-in-demo",
            &SignIn {
                frame: Frame { demo: Some(demo()), ..out("Sign in") },
                href: text("/auth/login"),
                notice: Some(signed_out),
            },
        ),
        keep(
            "message",
            &message(
                frame("Not here", Place::Elsewhere, ""),
                "This page is not here",
                missing,
                "Go to the start",
                None,
            ),
        ),
        keep(
            "message-stale",
            &Message {
                typed: vec![text("A word before Friday"), text("Dear Mateo,\n\nyour last essay was good.")],
                ..message(
                    out("Stale"),
                    "This page is from before you last signed in",
                    stale,
                    "Load the page again",
                    None,
                )
            },
        ),
        keep(
            "message-out",
            &message(out("Not signed in"), "You were not signed in", refused, "Try again", Some("7f3a-19c2")),
        ),
    ]
}

fn school() -> Vec<(String, String)> {
    let wrong = "Give a whole number of days from 0 to 3650. 0 keeps conversations for ever.";
    let mut shown = vec![class(), student(), wrong_address(), conversations(), classes()];
    shown.push(settings("settings", None, "appearance"));
    shown.push(settings("settings-wrong", Some(wrong), ""));
    shown.push(keep("conversations-empty", &no_conversations()));
    shown.push(keep(
        "classes-empty",
        &Classes { frame: frame("Classes", Place::Classes, ""), semesters: Vec::new(), charts: Vec::new() },
    ));
    shown
}

const LEGEND: &str = "A class is passed with an average of at least 7.00 over three evaluations. “Needs” is the lowest grade in each \
    evaluation that is left; above 10.00 it is out of reach. A dash is not graded yet.";

fn class() -> (String, String) {
    let figure = |label: &str, value: &str, tone| Figure { label: text(label), value: text(value), tone };
    keep(
        "class",
        &Class {
            frame: frame("Algebra I", Place::Classes, ""),
            name: text("Algebra I"),
            about: text("2026, second semester · 24 students · two of three evaluations graded"),
            summary: vec![
                figure("Average so far", "7.41", Tone::Plain),
                figure("On track", "17", Tone::Good),
                figure("At risk", "5", Tone::Warn),
                figure("Out of reach", "1", Tone::Bad),
                figure("No data", "1", Tone::Plain),
            ],
            attention: attention(),
            write: Some(WriteTo { text: text("Write to the 5 at risk"), href: text("/chat?words=Write+to+all") }),
            charts: drawn(&charts()[1..]),
            roster: roster(),
            legend: text(LEGEND),
            asks: asks(&[
                "Who is at risk in Algebra I, and what do they need?",
                "Write to everyone at risk in Algebra I",
            ]),
        },
    )
}

fn mateo(address: Address) -> Student {
    let mut grades = roster();
    grades.name = text("Grades of Mateo Nguyen");
    grades.columns[0].title = text("Class");
    grades.rows = vec![grades.rows[2].clone(), grades.rows[1].clone()];
    for (row, class) in grades.rows.iter_mut().zip(["Algebra I", "Biology"]) {
        row[0] = crate::web::parts::Cell::Link { text: text(class), href: text("/classes/c-01") };
    }
    Student {
        frame: frame("Mateo Nguyen", Place::Classes, ""),
        id: text("s-1001"),
        name: text("Mateo Nguyen"),
        about: text("In 2 of your classes this semester"),
        headline: text("At risk in Algebra I: needs 9.40 in the third evaluation to pass."),
        grades,
        legend: text(LEGEND),
        notes: vec![StudentNote {
            class: text("Algebra I · 10B"),
            text: text("I was ill before the second test.\nMay I show you my exercises?"),
        }],
        charts: drawn(&charts()[1..2]),
        mails: mails(),
        address,
        asks: asks(&["What does Mateo need in Algebra I?", "Write to Mateo, warmly"]),
    }
}

fn drawn(charts: &[school::Chart]) -> Vec<Chart> {
    let id = |at: usize| format!("chart-{at}");
    charts.iter().enumerate().map(|(at, drawn)| chart::part(&id(at), &id(at), drawn)).collect()
}

fn attention() -> Vec<Attention> {
    let one = |name: &str, standing: &str, tone, reasons: &[&str]| Attention {
        name: text(name),
        href: text("/students/s-1001"),
        standing: text(standing),
        tone,
        reasons: reasons.iter().map(|reason| text(reason)).collect(),
    };
    vec![
        one("Mateo Nguyen", "At risk", Tone::Warn, &["needs 9.40 in the evaluation that remains"]),
        one(
            "James Martinez",
            "Out of reach",
            Tone::Bad,
            &["the best possible average is 6.50", "−1.05 since the evaluation before"],
        ),
        one("Noor Haddad", "On track", Tone::Good, &["the 1st evaluation is missing"]),
    ]
}

fn mails() -> Vec<Mail> {
    let mail = |subject: &str, state: &str, tone| Mail {
        subject: text(subject),
        state: text(state),
        tone,
        when: text("5 October 2026, 14:02"),
        at: text("2026-10-05T14:02:00Z"),
        href: text("/chat/k1#turn-t1"),
    };
    vec![
        mail("A step forward in Algebra", "Sent", Tone::Good),
        mail("Monday after class", "May have been sent", Tone::Warn),
    ]
}

fn settings(name: &str, fault: Option<&str>, done: &str) -> (String, String) {
    let look = |value, label, chosen| Choice { value, label, chosen };
    keep(
        name,
        &Settings {
            frame: frame("Settings", Place::Settings, ""),
            looks: vec![
                look("auto", "As this device", true),
                look("light", "Light", false),
                look("dark", "Dark", false),
            ],
            shortcuts: true,
            days: text(if fault.is_some() { "-1" } else { "90" }),
            most_days: 3650,
            fault: fault.map(text),
            conversations: text("12 conversations"),
            done: text(done),
        },
    )
}

fn student() -> (String, String) {
    keep("student", &mateo(Address { email: text("mateo.nguyen@example.com"), error: None, saved: true }))
}

fn wrong_address() -> (String, String) {
    let error = text("This is not an e-mail address. It should look like name@school.example.");
    keep("student-wrong", &mateo(Address { email: text("mateo.nguyen@"), error: Some(error), saved: false }))
}

fn conversations() -> (String, String) {
    let item = |id: &str, title: &str, when: &str, waiting: &str| Conversation {
        shelved: shelved(id, title, Back::List),
        when: text(when),
        at: text("2026-10-05T14:02:00Z"),
        waiting: text(waiting),
    };
    let today = vec![
        item("k1", "How are my students going this semester?", "14:02", "1 draft waiting"),
        item("k2", "Physics 10B before the third evaluation", "09:15", ""),
    ];
    keep(
        "conversations",
        &Conversations {
            deleted: Some(Away { id: text("k9"), title: text("Grades of 9A") }),
            whole: true,
            stretches: vec![
                Stretch {
                    title: text("Pinned"),
                    items: vec![item("k4", "Third evaluation: what is left to do", "Mon", "")],
                },
                Stretch { title: text("Today"), items: today },
                Stretch {
                    title: text("Last week"),
                    items: vec![item("k3", "Comments for the parents’ evening", "Thu", "")],
                },
            ],
            away: vec![Away { id: text("k9"), title: text("Grades of 9A") }],
            ..no_conversations()
        },
    )
}

fn no_conversations() -> Conversations {
    Conversations {
        frame: frame("Conversations", Place::Conversations, ""),
        query: String::new(),
        found: None,
        deleted: None,
        whole: true,
        stretches: Vec::new(),
        away: Vec::new(),
    }
}

fn search() -> Vec<(String, String)> {
    let wanted = Wanted::parse("mateo").unwrap();
    let long = "Most are on track. Two need attention before the third evaluation: Mateo Nguyen needs 9.40 in Algebra I, \
                and James Martinez cannot reach 7.00 any more. Mateo is rising, so a word of praise may be enough.";
    let find = |title: &str, excerpt: &str| Found {
        href: text("/chat/k1#turn-t1"),
        title: wanted.marked(title),
        excerpt: wanted.excerpt(excerpt).unwrap_or_default(),
        when: text("14:02"),
        at: text("2026-10-05T14:02:00Z"),
    };
    let found = vec![find("How are my students going this semester?", long), find("A mail to Mateo", "")];
    let page = |found| Conversations { query: text("mateo"), found: Some(found), ..no_conversations() };
    vec![keep("search", &page(found)), keep("search-nothing", &page(Vec::new()))]
}

fn shelved(id: &str, title: &str, back: Back) -> Shelved {
    Shelved { id: text(id), title: text(title), pinned: false, back }
}

fn connections() -> Vec<(String, String)> {
    let permission = |allows: &str, never: &str| Permission { allows: text(allows), never: text(never) };
    let tool = |tool: &str, words: &str, allowed, allows: &str, never: &str| Use {
        tool: text(tool),
        words: text(words),
        allowed,
        permissions: vec![permission(allows, never)],
    };
    let mail = "Send mail from your address, after you have approved it.";
    let account = |state, allowed: bool| AccountCard {
        key: text("google"),
        name: text("Google"),
        state,
        reference: (state == AccountState::Operator).then(|| text("5f0c2a9b")),
        since: allowed.then(|| text("21 November 2026")),
        last_use: allowed.then(|| text("14:02, to write to a student")),
        put_away: !allowed,
        scopes: if allowed { vec![text("Know your name and your address."), text(mail)] } else { Vec::new() },
        uses: vec![
            tool(
                "schedule_meeting",
                "schedule a meeting with a student",
                false,
                "See and add events in your calendars.",
                "It adds nothing that you have not approved.",
            ),
            tool("send_email_to_student", "write to a student", allowed, mail, "It cannot read your mail."),
        ],
    };
    let hung = |name: &str, state, allowed| {
        let frame = frame("Connections", Place::Connections, "");
        let accounts = vec![account(state, allowed)];
        keep(name, &Connections { frame, notice: None, accounts, by_sign_in: false })
    };
    vec![
        hung("connections", AccountState::Connected, true),
        hung("connections-none", AccountState::NotConnected, false),
        hung("connections-revoked", AccountState::Revoked, false),
        hung("connections-operator", AccountState::Operator, false),
    ]
}

fn classes() -> (String, String) {
    let card = |name: &str, about: &str, average: &str, counts: [usize; 4]| ClassCard {
        id: text("c-01"),
        name: text(name),
        about: text(about),
        average: text(average),
        shares: [
            ("on track", Tone::Good),
            ("at risk", Tone::Warn),
            ("out of reach", Tone::Bad),
            ("no data", Tone::Plain),
        ]
        .into_iter()
        .zip(counts)
        .map(|((words, tone), count)| Share { words: text(words), count, tone })
        .collect(),
    };
    keep(
        "classes",
        &Classes {
            frame: frame("Classes", Place::Classes, ""),
            charts: drawn(&charts()[..1]),
            semesters: vec![
                Semester {
                    title: text("Second semester 2026"),
                    classes: vec![
                        card("Algebra I", "24 students · 2 of 3 graded", "7.41", [17, 5, 1, 1]),
                        card("World History", "19 students · 2 of 3 graded", "6.92", [12, 5, 2, 0]),
                        card("Biology", "22 students · 1 of 3 graded", "8.05", [20, 2, 0, 0]),
                        card("Physics 10B", "18 students · not graded yet", "–", [0, 0, 0, 18]),
                    ],
                },
                Semester {
                    title: text("First semester 2026"),
                    classes: vec![card("Algebra I", "23 students · 3 of 3 graded", "7.60", [20, 0, 3, 0])],
                },
            ],
        },
    )
}
