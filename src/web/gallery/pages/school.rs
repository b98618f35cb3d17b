//! Classes, a class and a student.

use super::{
    super::cast::{asks, charts, frame, roster, text},
    keep,
};
use crate::{
    school,
    web::{
        chart,
        pages::{
            Address, Attention, Class, ClassCard, Classes, Figure, Mail, Semester, Share, Student, StudentNote, WriteTo,
        },
        parts::{Chart, Place, Tone},
    },
};

pub(super) fn all() -> Vec<(String, String)> {
    let empty = Classes { frame: frame("Classes", Place::Classes, ""), semesters: Vec::new(), charts: Vec::new() };
    vec![class(), student(), wrong_address(), classes(), keep("classes-empty", &empty)]
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

fn student() -> (String, String) {
    keep("student", &mateo(Address { email: text("mateo.nguyen@example.com"), error: None, saved: true }))
}

fn wrong_address() -> (String, String) {
    let error = text("This is not an e-mail address. It should look like name@school.example.");
    keep("student-wrong", &mateo(Address { email: text("mateo.nguyen@"), error: Some(error), saved: false }))
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
