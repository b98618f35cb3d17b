//! The list of conversations, and what a search finds in them.

use super::{
    super::cast::{frame, text},
    keep,
};
use crate::{
    assistant::search::Wanted,
    web::{
        pages::{Away, Conversation, Conversations, Found, Stretch},
        parts::{Back, Place, Shelved},
    },
};

pub(super) fn all() -> Vec<(String, String)> {
    let mut shown = vec![full(), keep("conversations-empty", &none())];
    shown.extend(search());
    shown
}

fn full() -> (String, String) {
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
            ..none()
        },
    )
}

fn none() -> Conversations {
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
    let page = |found| Conversations { query: text("mateo"), found: Some(found), ..none() };
    vec![keep("search", &page(found)), keep("search-nothing", &page(Vec::new()))]
}

pub(super) fn shelved(id: &str, title: &str, back: Back) -> Shelved {
    Shelved { id: text(id), title: text(title), pinned: false, back }
}
