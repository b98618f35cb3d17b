//! Small talk, and the honest word of a script that did not understand.

use super::facts::Receipt;
use super::scene::{Finished, Scene, trouble};

/// What to ask instead.
pub fn help() -> String {
    "I am the demo model: a script, not a language model. I understand only some questions. Try one of these:\n\n\
     - How are my students going this semester?\n\
     - Who is at risk, and what do they need to pass?\n\
     - How is Mateo Nguyen doing?\n\
     - Compare my classes\n\
     - What is on my calendar this week?\n\
     - Schedule a meeting with Mateo Nguyen on Tuesday\n\
     - Write to all students at risk, warmly, and offer Monday after class"
        .into()
}

/// A greeting back.
pub fn hello(scene: &Scene<'_>) -> String {
    let name = scene.teacher.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
    format!(
        "Hello{name}! I can tell you how your classes and students stand, and draft mails that leave only after you \
         approve them. Ask me “How are my students going this semester?” to begin."
    )
}

/// A friendly end.
pub fn thanks() -> String {
    "You are welcome. Ask me whenever you want to look at a class, a student, or a mail.".into()
}

/// Sending is the teacher's own click.
pub fn approve() -> String {
    "I cannot send anything: a mail leaves only when you click Send on its draft. If the drafts are gone, tell me whom \
     to write to, and I will draft again."
        .into()
}

/// The grade book is only read.
pub fn change() -> String {
    "I can look at grades and draft mails, but I cannot change anything in the grade book.".into()
}

/// A mail can go to nobody but students.
pub fn students_only() -> String {
    "I can draft mails to students only, not to parents or others, so I have not drafted anything.".into()
}

/// Nothing is written.
pub fn decline() -> String {
    "All right, I will not write to anyone now.".into()
}

/// What earlier results say about mails, and nothing more.
pub fn sent(scene: &Scene<'_>) -> String {
    let Some(turn) = scene.past.iter().rev().find(|turn| turn.mails().next().is_some()) else {
        return "In this conversation I have not drafted any mail, so I know of none that was sent.".into();
    };
    let lines: Vec<String> = turn.mails().map(sent_line).collect();
    format!("The last I was told about the mails:\n\n{}", lines.join("\n"))
}

fn sent_line(mail: &Finished<'_>) -> String {
    let receipt: Receipt = serde_json::from_value(mail.result.clone()).unwrap_or_default();
    let drafted = mail.arguments.get("subject").and_then(serde_json::Value::as_str).unwrap_or("no subject");
    let subject = receipt.subject.as_deref().unwrap_or(drafted);
    let to = receipt.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    let outcome = match receipt.status.as_deref() {
        Some("sent") => {
            let at = receipt.sent_at.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
            format!("sent{to}{at}")
        }
        Some("discarded") => "discarded, nothing was sent".into(),
        Some("failed") => "not sent, it failed".into(),
        Some("not_decided") => "not decided when I last heard, nothing was sent then".into(),
        Some(_) | None => trouble(&mail.result).unwrap_or_else(|| "outcome unknown to me".into()),
    };
    format!("- “{subject}”: {outcome}")
}
