//! What became of the mails of a turn, told from the tool's results alone.

use serde_json::Value;

use super::facts::{Receipt, Student};
use super::scene::{Finished, Turn, trouble};
use super::table::listed;

/// Tells what happened to each mail of `turn`.
pub fn tell(turn: &Turn<'_>, students: &[Student]) -> String {
    let mut told = Told::default();
    for mail in turn.mails() {
        told.note(mail, students);
    }
    told.text()
}

#[derive(Default)]
struct Told {
    sent: Vec<String>,
    discarded: Vec<String>,
    waiting: Vec<String>,
    rest: Vec<String>,
}

impl Told {
    fn note(&mut self, mail: &Finished<'_>, students: &[Student]) {
        let receipt: Receipt = serde_json::from_value(mail.result.clone()).unwrap_or_default();
        let name = receipt.to.clone().unwrap_or_else(|| name_of(mail.arguments, students));
        match receipt.status.as_deref() {
            Some("sent") => {
                let at = receipt.sent_at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
                let edited = if is_edited(mail.arguments, &receipt) { ", with your changes" } else { "" };
                self.sent.push(format!("{name}{at}{edited}"));
            }
            Some("discarded") => self.discarded.push(name),
            Some("not_decided") => self.waiting.push(name),
            Some("failed") => {
                let reason = receipt.reason.unwrap_or_else(|| "the application gave no reason".into());
                self.rest.push(format!("The mail to {name} was not sent: {}.", reason.trim_end_matches('.')));
            }
            Some(other) => {
                self.rest.push(format!(
                    "About the mail to {name} the application says “{other}”, so I cannot tell whether it was sent."
                ));
            }
            None => {
                let trouble = trouble(&mail.result).unwrap_or_else(|| "nothing that I can read".into());
                self.rest.push(format!("The mail to {name} did not come about: the application answered “{trouble}”."));
            }
        }
    }

    fn text(self) -> String {
        let mut parts = Vec::new();
        if !self.sent.is_empty() {
            parts.push(format!("Sent to {}.", listed(&self.sent)));
        }
        if !self.discarded.is_empty() {
            let drafts = if self.discarded.len() == 1 { "draft" } else { "drafts" };
            parts
                .push(format!("You discarded the {drafts} to {}, so nothing was sent there.", listed(&self.discarded)));
        }
        if !self.waiting.is_empty() {
            let waits = if self.waiting.len() == 1 { "draft still waits" } else { "drafts still wait" };
            let names = listed(&self.waiting);
            parts.push(format!("The {waits} for your decision, so nothing was sent yet to {names}."));
        }
        parts.extend(self.rest);
        parts.join(" ")
    }
}

fn name_of(arguments: &Value, students: &[Student]) -> String {
    let id = arguments.get("student_id").and_then(Value::as_str).unwrap_or_default();
    students
        .iter()
        .find(|student| student.id() == id)
        .map_or_else(|| id.to_owned(), |student| student.name().to_owned())
}

fn is_edited(arguments: &Value, receipt: &Receipt) -> bool {
    let differs = |field: &str, sent: Option<&String>| {
        let drafted = arguments.get(field).and_then(Value::as_str);
        sent.is_some_and(|sent| drafted.is_some_and(|drafted| drafted.trim() != sent.trim()))
    };
    differs("subject", receipt.subject.as_ref()) || differs("body", receipt.body.as_ref())
}
