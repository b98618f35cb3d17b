//! Believable people and numbers, all invented.

use crate::{
    identity::Preferences,
    school::{self, Band, Bar, Chart, Line, Mark},
    web::{
        pages::Ask,
        parts::{
            Cell, Column, Composer, Demo, Field, Frame, Letter, LetterState, Past, PastGroup, Place, Row, Sheet, Side,
            Tone,
        },
    },
};

pub(super) fn text(words: &str) -> String {
    words.to_owned()
}

pub(super) fn row(label: &str, value: &str) -> Row {
    Row { label: text(label), value: text(value) }
}

pub(super) fn demo() -> Demo {
    Demo {
        words: text("Sign-in, model and mail are stand-ins on this computer. No mail leaves it."),
        outbox: Some(text("http://localhost:8001/outbox")),
        set_up: true,
    }
}

pub(super) fn frame(title: &str, place: Place, current: &str) -> Frame {
    let past = |id: &str, title: &str| Past { id: text(id), title: text(title), current: id == current };
    Frame {
        chosen: Preferences::default(),
        title: text(title),
        demo: Some(demo()),
        side: Some(Side {
            teacher: text("t-1"),
            name: text("Mary Okafor"),
            email: text("mary@school.example"),
            place,
            past: vec![
                PastGroup {
                    title: text("Today"),
                    items: vec![
                        past("k1", "How are my students going this semester?"),
                        past("k2", "Physics 10B before the third evaluation"),
                    ],
                },
                PastGroup { title: text("Last week"), items: vec![past("k3", "Comments for the parents’ evening")] },
            ],
        }),
    }
}

pub(super) fn composer(conversation: Option<&str>, asks: &[&str]) -> Composer {
    Composer {
        conversation: conversation.map(text),
        client_id: text("9a1d"),
        words: String::new(),
        error: None,
        through: None,
        running: None,
        asks: asks.iter().map(|ask| text(ask)).collect(),
    }
}

pub(super) fn asks(words: &[&str]) -> Vec<Ask> {
    words.iter().map(|ask| Ask { words: text(ask), client_id: text("9a1d") }).collect()
}

pub(super) fn letter(key: &str, name: &str, address: &str, subject: &str, body: &str) -> Letter {
    let field = |name: &str, label: &str, value: &str, multiline| Field {
        name: text(name),
        label: text(label),
        value: text(value),
        multiline,
    };
    Letter {
        key: text(key),
        approval: format!("a-{key}"),
        hash: text("5f0c"),
        heading: text("Draft"),
        rows: vec![row("To", &format!("{name} · {address}"))],
        fields: vec![field("subject", "Subject", subject, false), field("body", "Message", body, true)],
        ticks: Vec::new(),
        send: text("Send from mary@school.example"),
        note: format!("Goes to {} only, when you click and not before.", name.split(' ').next().unwrap_or(name)),
        state: LetterState::Waiting,
    }
}

pub(super) fn mateo(key: &str) -> Letter {
    letter(
        key,
        "Mateo Nguyen",
        "mateo.nguyen@example.com",
        "A step forward in Algebra",
        "Dear Mateo,\n\nYour second evaluation went up from 5.50 to 6.10: the work you put in shows. With 9.40 in the third \
         you pass, and we have three weeks to get there.\n\nI am in room 12 on Monday after class. Come by, and bring the \
         exercises that give you trouble.\n\nMary Okafor",
    )
}

pub(super) fn james(key: &str) -> Letter {
    letter(
        key,
        "James Martinez",
        "james.martinez@example.com",
        "World History: let us talk on Monday",
        "Dear James,\n\nThe jump from 3.00 to 6.50 is the biggest in class. Let us plan the third evaluation together: room \
         12, Monday after class.\n\nMary Okafor",
    )
}

/// A roster of (name, first, second, third, so far, needs, standing, tone).
pub(super) fn roster() -> Sheet {
    let people = [
        ("s-1004", "Ava Johnson", ["8.50", "9.00", "–", "8.75", "3.50", "9.17"], "On track", Tone::Good),
        ("s-1007", "Liam Smith", ["7.20", "7.00", "–", "7.10", "6.80", "8.07"], "On track", Tone::Good),
        ("s-1001", "Mateo Nguyen", ["5.50", "6.10", "–", "5.80", "9.40", "7.20"], "At risk", Tone::Warn),
        ("s-1011", "Noor Haddad", ["–", "7.80", "–", "7.80", "6.60", "9.27"], "On track", Tone::Good),
        ("s-1002", "James Martinez", ["3.00", "6.50", "–", "4.75", "11.50", "6.50"], "Out of reach", Tone::Bad),
        (
            "s-1013",
            "Wilhelmina van der Straaten-Oyelaran",
            ["–", "–", "–", "–", "7.00", "10.00"],
            "No data",
            Tone::Plain,
        ),
    ];
    let mut columns = vec![Column::words("Student")];
    columns.extend(["1st", "2nd", "3rd", "So far", "Needs", "Best possible"].map(Column::number));
    columns.push(Column::words("Standing"));
    let rows = people.into_iter().map(|(id, name, numbers, words, tone)| {
        let mut cells = vec![Cell::Link { text: text(name), href: format!("/students/{id}") }];
        cells.extend(numbers.map(|number| Cell::Number(text(number))));
        cells.push(Cell::Standing { words: text(words), tone });
        cells
    });
    let files = Some(text("/classes/c-01/table"));
    Sheet { name: text("Roster of Algebra I"), columns, rows: rows.collect(), files }
}

/// A chart of each kind, with numbers on both sides of the pass mark.
pub(in crate::web) fn charts() -> [Chart; 3] {
    let mark = |hundredths: i32| Mark { hundredths, passes: hundredths >= 700 };
    let bar = |name: &str, hundredths: Option<i32>| Bar { name: text(name), mark: hundredths.map(mark) };
    let line = |name: &str, grades: [Option<i32>; 3], needs: Option<i32>| Line {
        name: text(name),
        marks: grades.map(|grade| grade.map(mark)),
        needs: needs.map(mark),
    };
    let counts = [(None, 5, 1), (Some(5), 6, 2), (Some(6), 7, 0), (Some(7), 8, 9), (Some(8), 9, 6), (Some(9), 10, 3)];
    let bands = counts.map(|(from, to, count)| Band { from, to, count });
    let bars = vec![
        bar("Ava Johnson", Some(875)),
        bar("Mateo Nguyen", Some(580)),
        bar("Wilhelmina van der Straaten-Oyelaran", None),
        bar("Noor Haddad", Some(700)),
    ];
    let lines = vec![
        line("Algebra I · 10B", [Some(550), Some(610), None], Some(940)),
        line("Biology · 10A", [Some(910), None, None], Some(595)),
        line("English Literature · 10A", [Some(1000), Some(640), Some(0)], None),
    ];
    [
        Chart { title: text("Averages so far in Algebra I · 10B"), figure: school::Figure::Averages { bars } },
        Chart { title: text("Grades of Mateo Nguyen, one after the other"), figure: school::Figure::Trend { lines } },
        Chart {
            title: text("How the averages in Algebra I · 10B are spread"),
            figure: school::Figure::Distribution { bands: bands.into(), ungraded: 2 },
        },
    ]
}
