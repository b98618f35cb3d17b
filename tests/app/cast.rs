//! Ada and Grace: two teachers whose classes do not overlap.

use serde_json::{Value, json};
use teachers_aide::sandbox::Person;

use crate::harness::{Browser, TestApp};

/// Ada's student, who struggles.
pub const MATEO: &str = "s-1001";
/// Ada's student, who struggles too.
pub const JAMES: &str = "s-1002";
/// Grace's student.
pub const OLENA: &str = "s-2001";
/// Nobody's student.
pub const NOBODY: &str = "s-9999";

pub fn ada() -> Person {
    Person::new("Ada Byron", "ada@school.example")
}

pub fn grace() -> Person {
    Person::new("Grace Hopper", "grace@school.example")
}

/// An application with both teachers signed in.
pub async fn school_day() -> (TestApp, Browser, Browser) {
    let app = TestApp::start().await;
    let (ada, grace) = (app.signed_in(&ada()).await, app.signed_in(&grace()).await);
    (app, ada, grace)
}

/// The school of these tests: one class of Ada's and one of Grace's.
pub fn school() -> Value {
    let student = |id: &str, name: &str, email: &str| json!({ "id": id, "name": name, "email": email });
    let seat = |id: &str, grades: [Option<f64>; 3]| json!({ "student": id, "evaluations": grades });
    json!({
        "current": { "year": 2026, "semester": 2 },
        "students": [
            student(MATEO, "Mateo Nguyen", "mateo.nguyen@example.com"),
            student(JAMES, "James Martinez", "james.martinez@example.com"),
            student("s-1003", "Amara Nwosu", "amara.nwosu@example.com"),
            student(OLENA, "Olena Kovalenko", "olena.kovalenko@example.com"),
            student("s-2002", "Pavel Dvořák", "pavel.dvorak@example.com"),
        ],
        "classes": [
            {
                "id": "c-01", "subject": "Algebra I", "group": "10B", "year": 2026, "semester": 2,
                "teacher": "ada@school.example",
                "roster": [
                    seat(MATEO, [Some(5.5), Some(6.1), None]),
                    seat(JAMES, [Some(5.8), Some(6.4), None]),
                    seat("s-1003", [Some(9.0), Some(9.5), None]),
                ],
            },
            {
                "id": "c-02", "subject": "Biology", "group": "9A", "year": 2026, "semester": 2,
                "teacher": "grace@school.example",
                "roster": [
                    seat(OLENA, [Some(8.0), Some(7.5), None]),
                    seat("s-2002", [Some(6.0), Some(7.0), None]),
                ],
            },
        ],
    })
}

/// What a model says to draft a mail.
pub fn mail_to(student: &str, subject: &str, body: &str) -> (&'static str, Value) {
    ("send_email_to_student", json!({ "student_id": student, "subject": subject, "body": body }))
}
