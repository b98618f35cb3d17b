//! The application's tool results, read with patience.
//!
//! Numbers stay the text they came as: they are quoted and sorted, never
//! computed. A field that is missing or of another type reads as "not given".

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One class of the teacher.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ClassLine {
    #[serde(deserialize_with = "text")]
    pub class_id: Option<String>,
    #[serde(deserialize_with = "text")]
    title: Option<String>,
    #[serde(deserialize_with = "text")]
    subject: Option<String>,
    #[serde(deserialize_with = "text")]
    pub term: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub current: Option<bool>,
    #[serde(rename = "students", deserialize_with = "text")]
    pub size: Option<String>,
    #[serde(deserialize_with = "text")]
    pub evaluations_graded: Option<String>,
    #[serde(deserialize_with = "text")]
    pub average: Option<String>,
    #[serde(deserialize_with = "text")]
    pub at_risk: Option<String>,
    #[serde(deserialize_with = "text")]
    pub out_of_reach: Option<String>,
}

/// A student in a class: what all tools say of it in the same words.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Row {
    #[serde(deserialize_with = "text")]
    pub student_id: Option<String>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub class_id: Option<String>,
    #[serde(alias = "class", deserialize_with = "text")]
    title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub term: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub current: Option<bool>,
    #[serde(deserialize_with = "grades")]
    pub evaluations: Vec<Option<String>>,
    #[serde(deserialize_with = "text")]
    pub average_so_far: Option<String>,
    #[serde(deserialize_with = "text")]
    pub needed: Option<String>,
    #[serde(deserialize_with = "text")]
    pub best_possible: Option<String>,
    #[serde(deserialize_with = "text")]
    pub average_if_rest_zero: Option<String>,
    #[serde(deserialize_with = "text")]
    standing: Option<String>,
}

/// A student with the classes they are in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Student {
    #[serde(rename = "student_id", deserialize_with = "text")]
    id: Option<String>,
    #[serde(deserialize_with = "text")]
    name: Option<String>,
    pub classes: Vec<Row>,
}

/// The result of `list_teaching_classes`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Classes {
    pub classes: Vec<ClassLine>,
}

/// The result of `list_students`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Students {
    pub students: Vec<Student>,
}

/// The result of `get_teaching_class` or `forecast_passing`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rows {
    #[serde(deserialize_with = "text")]
    pub pass_mark: Option<String>,
    #[serde(deserialize_with = "text")]
    class_id: Option<String>,
    #[serde(deserialize_with = "text")]
    title: Option<String>,
    pub students: Vec<Row>,
}

/// The result of `send_email_to_student`, after the teacher decided.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Receipt {
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "text")]
    pub to: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sent_at: Option<String>,
    #[serde(deserialize_with = "text")]
    pub reason: Option<String>,
    #[serde(deserialize_with = "text")]
    pub subject: Option<String>,
    #[serde(deserialize_with = "text")]
    pub body: Option<String>,
}

/// Where a student stands in a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    AtRisk,
    OutOfReach,
    Failed,
    OnTrack,
    Secured,
    Passed,
    NoData,
    Unknown,
}

impl Standing {
    /// Whether the student needs the teacher's attention.
    pub fn in_need(self) -> bool {
        matches!(self, Self::AtRisk | Self::OutOfReach | Self::Failed)
    }

    /// Whether the student does well.
    pub fn well(self) -> bool {
        matches!(self, Self::OnTrack | Self::Secured | Self::Passed)
    }

    /// The words for a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtRisk => "at risk",
            Self::OutOfReach => "out of reach",
            Self::Failed => "not passed",
            Self::OnTrack => "on track",
            Self::Secured => "secured",
            Self::Passed => "passed",
            Self::NoData => "not graded yet",
            Self::Unknown => "–",
        }
    }
}

impl ClassLine {
    /// The class's whole title.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or("the class")
    }

    /// The subject, without the group.
    pub fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or_else(|| short(self.title()))
    }

    /// Whether the class is of the current semester; taken as yes when not told.
    pub fn is_current(&self) -> bool {
        self.current.unwrap_or(true)
    }
}

impl Row {
    /// The student's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("a student")
    }

    /// The class's whole title.
    pub fn class(&self) -> &str {
        self.title.as_deref().unwrap_or("the class")
    }

    /// The class's title without the group, as one writes it in a letter.
    pub fn subject(&self) -> &str {
        short(self.class())
    }

    /// Where the student stands.
    pub fn standing(&self) -> Standing {
        match self.standing.as_deref().unwrap_or_default() {
            "at_risk" => Standing::AtRisk,
            "out_of_reach" => Standing::OutOfReach,
            "failed" => Standing::Failed,
            "on_track" => Standing::OnTrack,
            "secured" => Standing::Secured,
            "passed" => Standing::Passed,
            "no_data" => Standing::NoData,
            _ => Standing::Unknown,
        }
    }

    /// The grades given so far, in order.
    pub fn graded(&self) -> Vec<&str> {
        self.evaluations.iter().flatten().map(String::as_str).collect()
    }

    /// The first and the last grade, and how the first compares to the last.
    pub fn movement(&self) -> Option<(&str, &str, Ordering)> {
        let graded: Vec<&String> = self.evaluations.iter().flatten().collect();
        let [first, .., last] = graded.as_slice() else { return None };
        Some((first, last, rank(Some(first)).total_cmp(&rank(Some(last)))))
    }

    /// Whether the class is of the current semester; taken as yes when not told.
    pub fn is_current(&self) -> bool {
        self.current.unwrap_or(true)
    }
}

impl Student {
    /// The student's id, empty when not given.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// The student's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("a student")
    }

    /// The student's first name.
    pub fn first_name(&self) -> &str {
        first(self.name())
    }

    /// The classes of the current semester, or all when there are none.
    pub fn current(&self) -> Vec<&Row> {
        let current: Vec<&Row> = self.classes.iter().filter(|row| row.is_current()).collect();
        if current.is_empty() { self.classes.iter().collect() } else { current }
    }
}

impl Rows {
    /// The rows, each with the class that the result as a whole names.
    pub fn rows(self) -> Vec<Row> {
        let (class_id, title) = (self.class_id, self.title);
        let fill = |mut row: Row| {
            row.class_id = row.class_id.or_else(|| class_id.clone());
            row.title = row.title.or_else(|| title.clone());
            row
        };
        self.students.into_iter().map(fill).collect()
    }
}

/// A number for ordering rows; never for showing.
pub fn rank(number: Option<&String>) -> f64 {
    number.and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

fn first(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

fn short(title: &str) -> &str {
    title.split(" · ").next().unwrap_or(title)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => ["grade", "score", "value"].iter().find_map(|field| plain(fields.get(*field)?)),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(plain(&Value::deserialize(from)?))
}

fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(from)?.as_bool())
}

fn grades<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Option<String>>, D::Error> {
    Ok(Value::deserialize(from)?.as_array().map(|grades| grades.iter().map(plain).collect()).unwrap_or_default())
}
