//! The page of activity: full, of nothing, and with a form that cannot be read.

use super::{
    super::cast::{frame, text},
    keep,
};
use crate::web::{
    pages::{Activity, Choices, Day, Event, Named, Picked},
    parts::{Place, Tone},
};

pub(super) fn all() -> Vec<(String, String)> {
    let full = Activity {
        filtered: true,
        days: vec![today(), before()],
        newest: Some(text("/activity?kind=sends")),
        older: Some(text("/activity?kind=sends&before=5f0c")),
        downloads: Some([text("/activity/table.csv"), text("/activity/table.xlsx")]),
        ..none()
    };
    let wrong = Activity { fault: Some("The first day is after the last one."), ..none() };
    vec![keep("activity", &full), keep("activity-empty", &none()), keep("activity-wrong", &wrong)]
}

fn none() -> Activity {
    let picked = |value: &str, label: &str, chosen| Picked { value: text(value), label: text(label), chosen };
    Activity {
        frame: frame("Activity", Place::Activity, ""),
        form: Choices {
            from: text("2026-10-01"),
            until: String::new(),
            kinds: vec![
                picked("looks", "What the assistant looked at", false),
                picked("sends", "What was sent or added", true),
            ],
            students: vec![picked("s-1001", "Mateo Nguyen", false)],
            outcomes: vec![picked("done", "Done", false), picked("unclear", "Nobody knows", false)],
        },
        filtered: false,
        fault: None,
        days: Vec::new(),
        newest: None,
        older: None,
        downloads: None,
    }
}

fn named(name: &str, href: Option<&str>) -> Named {
    Named { text: text(name), href: href.map(text) }
}

fn event(key: &str, what: &str, outcome: &str, tone: Tone) -> Event {
    Event {
        key: text(key),
        at: text("2026-10-05T14:02:00Z"),
        when: text("14:02"),
        what: text(what),
        purpose: None,
        whose: vec![named("Mateo Nguyen", Some("/students/s-1001"))],
        more: Vec::new(),
        permissions: Vec::new(),
        approved: None,
        outcome: text(outcome),
        tone,
        href: Some(text("/chat/k1#turn-t1")),
    }
}

fn today() -> Day {
    let sent = Event {
        purpose: Some(text("To write to a student")),
        permissions: vec![text("Send mail from your address, after you have approved it.")],
        approved: Some(text("You, 14:02")),
        ..event("5f0c2a9b", "An approved draft went out", "Accepted by the service", Tone::Good)
    };
    let unknown = event("77aa01c4", "An approved draft may have gone out", "Nobody knows", Tone::Warn);
    let class = Event {
        whose: vec![named("Algebra I · 10B", Some("/classes/c-01"))],
        more: vec![named("James Martinez", Some("/students/s-1002")), named("s-1003 (not in your classes now)", None)],
        ..event("0b1d77e2", "Looked at a class", "Done", Tone::Good)
    };
    Day { title: text("Today"), lines: vec![sent, unknown, class] }
}

fn before() -> Day {
    let alone = |event: Event| Event { whose: Vec::new(), href: None, ..event };
    Day {
        title: text("Thursday, 1 October 2026"),
        lines: vec![
            alone(event("c0ffee01", "The key of your account was asked for", "No answer", Tone::Bad)),
            alone(event("c0ffee02", "Signed out", "By you, everywhere", Tone::Good)),
        ],
    }
}
