//! `send_email_to_student`: a personal mail from the teacher's own address.
//!
//! The model names a student and writes a text. The address comes from the
//! roster, when the draft is made and once more at the click; there is no field
//! for one. The bytes are built here once, and the card is read from them.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::student;
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Edits, Field, KeyFault, Outcomes, Preview, Row, Scene, Tool, ToolError, Verbs},
    },
    mail::{Accepted, Body, Draft, EmailAddress, FrozenMail, MailError, Mailer, NotSent, PersonName, Subject},
    school::StudentId,
    vault::GmailSend,
};

/// Writes to a student.
pub struct SendEmailToStudent {
    mailer: Arc<dyn Mailer>,
}

/// Drafts a personal mail to one student, from the teacher's own address. The teacher sees the draft, corrects it, and
/// sends or discards it; the result tells what really happened, with the text as it was sent. Call it once for each
/// student. The address comes from the school's roster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The student, as `list_students` names them, such as "s-1001".
    student_id: String,
    /// The subject: one line.
    subject: String,
    /// The text: plain, no Markdown, with a greeting and the teacher's name at the end.
    body: String,
}

/// The mail as it would leave.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    student: StudentId,
    draft: Draft,
    mail: FrozenMail,
}

/// What left.
#[derive(Debug, Serialize)]
pub struct Output {
    status: &'static str,
    to: String,
    sent_at: String,
    message_id: Option<String>,
    subject: String,
    body: String,
}

impl SendEmailToStudent {
    /// The tool, with the way to the mail service.
    pub fn new(mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer }
    }
}

/// A new mail to a student, with what the roster says now.
fn write(scene: &Scene<'_>, id: &str, subject: Subject, body: Body) -> Result<Plan, ToolError> {
    let student = student(scene, id)?;
    let told = |what: &str| ToolError::tell(format!("{} cannot be written to: {what}.", student.name));
    let draft = Draft {
        to_name: PersonName::clean(&student.name).ok_or_else(|| told("the name is not one that a mail can carry"))?,
        to: student.email.clone().ok_or_else(|| told("the roster has no address"))?,
        from_name: PersonName::clean(&scene.teacher.name),
        from: EmailAddress::parse(&scene.teacher.email).map_err(|_| told("the teacher has no mail address"))?,
        subject,
        body,
    };
    freeze(scene, student.id, draft)
}

fn freeze(scene: &Scene<'_>, student: StudentId, draft: Draft) -> Result<Plan, ToolError> {
    let mail = draft.freeze(scene.now(), scene.ids.ordered()).map_err(anyhow::Error::from)?;
    Ok(Plan { student, draft, mail })
}

fn field(name: &str, label: &str, value: &str, multiline: bool) -> Field {
    Field { name: name.to_owned(), label: label.to_owned(), value: value.to_owned(), multiline }
}

#[async_trait]
impl Tool for SendEmailToStudent {
    const CARD: Card = Card {
        name: "send_email_to_student",
        verbs: Verbs { ask: "write to a student", doing: "Writing a draft", done: "Wrote a draft" },
        risk: Risk::Sends,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = GmailSend;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let subject = Subject::parse(&args.subject).map_err(|fault| ToolError::tell(fault.to_string()))?;
        let body = Body::parse(&args.body).map_err(|fault| ToolError::tell(fault.to_string()))?;
        write(scene, &args.student_id, subject, body)
    }

    /// Read from the bytes that leave, not from what the model said.
    fn preview(&self, plan: &Plan) -> Preview {
        let draft = &plan.draft;
        let (to, subject, body) = match plan.mail.shown() {
            Ok(shown) => (shown.to.address, shown.subject, shown.body),
            // The bytes were read back when they were frozen; a plan whose bytes
            // no longer read shows nothing that could be approved by mistake.
            Err(_) => ("unreadable".to_owned(), String::new(), String::new()),
        };
        Preview {
            heading: "Draft".to_owned(),
            rows: vec![Row { label: "To".to_owned(), value: format!("{} · {to}", draft.to_name.as_str()) }],
            fields: vec![field("subject", "Subject", &subject, false), field("body", "Message", &body, true)],
            action: format!("Send from {}", draft.from.as_str()),
            note: format!("Goes to {} only. Sent when you click, not before.", draft.to_name.as_str()),
            outcomes: Outcomes::default(),
        }
    }

    fn recipients(&self, plan: &Plan) -> Vec<StudentId> {
        vec![plan.student.clone()]
    }

    fn revise(&self, scene: &Scene<'_>, plan: Plan, edits: &Edits) -> Result<Plan, ToolError> {
        if let Some(other) = edits.keys().find(|name| !["subject", "body"].contains(&name.as_str())) {
            return Err(ToolError::tell(format!("{other:?} is not a field of a mail.")));
        }
        let new = |name: &str, old: &str| edits.get(name).map_or_else(|| old.to_owned(), Clone::clone);
        let subject = Subject::parse(&new("subject", plan.draft.subject.as_str()));
        let body = Body::parse(&new("body", plan.draft.body.as_str()));
        let subject = subject.map_err(|fault| ToolError::tell(fault.to_string()))?;
        let body = body.map_err(|fault| ToolError::tell(fault.to_string()))?;
        let gone = |_| ToolError::tell("This student is no longer in any of your classes. Nothing was sent.");
        student(scene, plan.student.as_str()).map_err(gone)?;
        let now = write(scene, plan.student.as_str(), subject, body)?;
        // What was not touched keeps its very bytes.
        Ok(if now.draft == plan.draft { plan } else { now })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, key: GmailSend) -> Result<Output, ToolError> {
        let plan = plan.plan();
        let accepted = self.mailer.send(&key, plan.mail.raw()).await.map_err(|fault| explain(scene, fault))?;
        let Accepted { id } = accepted;
        let (subject, body) = (plan.draft.subject.as_str().to_owned(), plan.draft.body.as_str().to_owned());
        let sent_at = scene.clock.wall().strftime("%H:%M").to_string();
        let to = plan.draft.to_name.as_str().to_owned();
        Ok(Output { status: "sent", to, sent_at, message_id: id, subject, body })
    }

    fn did(&self, output: &Output) -> String {
        format!("Sent to {}, from your Gmail", output.to)
    }
}

/// What the mailer met, by who can do something about it.
fn explain(scene: &Scene<'_>, fault: MailError) -> ToolError {
    match fault {
        MailError::Unknown(why) => ToolError::Unknown(why),
        MailError::NotSent(NotSent::Unreachable) => ToolError::Unreachable("Gmail".to_owned()),
        MailError::NotSent(NotSent::TokenRefused) => ToolError::KeyRefused(KeyFault::NotTaken),
        MailError::NotSent(NotSent::MissingScope) => ToolError::KeyRefused(KeyFault::TooNarrow),
        MailError::NotSent(NotSent::Limit { until: Some(until) }) => {
            let at = until.to_zoned(scene.clock.zone()).strftime("%H:%M").to_string();
            ToolError::tell(format!("Gmail's limit for sending is reached. Nothing was sent; try again after {at}."))
        }
        MailError::NotSent(NotSent::Limit { until: None }) => {
            ToolError::tell("Gmail's limit for sending is reached. Nothing was sent; try again later.")
        }
        MailError::NotSent(NotSent::Refused(words)) => ToolError::tell(format!("Gmail refused the mail: {words}")),
    }
}
