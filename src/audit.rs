//! The audit: who did what, with whose data, by which permission, and what
//! came of it.
//!
//! An [`Entry`] is written in the same transaction as the change it tells of;
//! if it cannot be written, the change does not happen. Rows are chained by
//! their hashes ([`Chain`]), so that one that was changed, taken out or moved
//! is found and named. This room never keeps the text of a mail or of a
//! message, an address or a secret, and never changes what is written.

mod chain;
mod kind;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

pub use chain::{Broken, Chain, Head, Row};
pub use kind::Kind;

use crate::school::{ClassId, StudentId, TeacherId};

/// Something to be written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who acted; none where nobody is known.
    pub teacher: Option<TeacherId>,
    /// What happened.
    pub kind: Kind,
    /// By which tool.
    pub tool: Option<String>,
    /// Whose data: ids of students.
    pub students: Vec<String>,
    /// Through which account, such as `google`.
    pub connection: Option<String>,
    /// With which permissions, as the service writes them.
    pub scopes: Vec<String>,
    /// In which conversation.
    pub conversation: Option<String>,
    /// In which turn.
    pub turn: Option<String>,
    /// By which call of it.
    pub call: Option<String>,
    /// About which draft.
    pub approval: Option<String>,
    /// What came of it: a word or two.
    pub outcome: String,
    /// A few more facts: never a text that somebody wrote, never a secret.
    pub detail: Value,
}

impl Entry {
    /// An entry about what a teacher did.
    pub fn by(teacher: &TeacherId, kind: Kind, outcome: impl Into<String>) -> Self {
        Self { teacher: Some(teacher.clone()), ..Self::about(kind, outcome) }
    }

    /// An entry about what nobody known did.
    pub fn about(kind: Kind, outcome: impl Into<String>) -> Self {
        Self {
            teacher: None,
            kind,
            tool: None,
            students: Vec::new(),
            connection: None,
            scopes: Vec::new(),
            conversation: None,
            turn: None,
            call: None,
            approval: None,
            outcome: outcome.into(),
            detail: json!({}),
        }
    }
}

/// An entry as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place, counted from 1 over all teachers.
    pub seq: i64,
    /// The hash of the row: by it a teacher and the operator speak of the same
    /// one, and it tells nobody how much others do.
    pub hash: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub entry: Entry,
}

/// Which of a teacher's own records to read; an empty field asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only these kinds; none means every kind.
    pub kinds: Vec<Kind>,
    /// Only this tool.
    pub tool: Option<String>,
    /// Only what touched this student's data.
    pub student: Option<StudentId>,
    /// Only these outcomes of these kinds; none means every outcome.
    pub outcomes: Vec<(Kind, String)>,
    /// Only about these drafts; none means any or none.
    pub approvals: Vec<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// For the next page: only records older than the one with this hash. None is
    /// older than one that is not there, or another teacher's.
    pub before: Option<String>,
}

/// Where entries are written that belong to no other change of the store.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Writes an entry; what it tells of must not go on when this fails.
    async fn note(&self, entry: Entry) -> anyhow::Result<()>;
}

/// Where a teacher reads their own records.
#[async_trait]
pub trait Activity: Send + Sync + 'static {
    /// The teacher's own records that fit, newest first.
    async fn activity(&self, teacher: &TeacherId, filter: &Filter, limit: u32) -> anyhow::Result<Vec<Record>>;
}

/// The students that a plan, or what a tool said, is about: whatever stands
/// under `student` or `student_id`, each once and in order.
pub fn students_in(value: &Value) -> Vec<String> {
    let is_one = |id: &str| StudentId::parse(id).is_ok();
    under(&["student", "student_id"], value, &is_one)
}

/// The classes that a plan, or what a tool said, is about, in the same way.
pub fn classes_in(value: &Value) -> Vec<String> {
    let is_one = |id: &str| ClassId::parse(id).is_ok();
    under(&["class", "class_id"], value, &is_one)
}

fn under(names: &[&str], value: &Value, is_one: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    collect(names, value, is_one, &mut found);
    found.into_iter().collect()
}

fn collect(
    names: &[&str],
    value: &Value,
    is_one: &dyn Fn(&str) -> bool,
    found: &mut std::collections::BTreeSet<String>,
) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(id) if names.contains(&name.as_str()) => {
                        found.extend(is_one(id).then(|| id.clone()));
                    }
                    other => collect(names, other, is_one, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(names, value, is_one, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
