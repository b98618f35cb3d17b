//! `list_teaching_classes`: which classes the teacher has, and how each stands.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::counted;
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
    },
    school::{ClassView, StandingCounts},
    vault::OwnData,
};

/// Lists the teacher's classes of all semesters, the current one first.
pub struct ListTeachingClasses;

/// Lists the teacher's classes with subject, semester, number of students, and how many students stand where. The
/// current semester comes first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// Nothing has to be resolved.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {}

/// The classes.
#[derive(Debug, Serialize)]
pub struct Output {
    classes: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    class_id: String,
    title: String,
    subject: String,
    term: String,
    current: bool,
    students: usize,
    evaluations_graded: usize,
    average: Option<String>,
    #[serde(flatten)]
    standings: StandingCounts,
}

impl Row {
    fn of(class: &ClassView) -> Self {
        Self {
            class_id: class.id.to_string(),
            title: class.title.clone(),
            subject: class.subject.clone(),
            term: class.term.to_string(),
            current: class.is_current,
            students: class.summary.students,
            evaluations_graded: class.summary.graded.iter().filter(|graded| **graded > 0).count(),
            average: class.summary.average.map(|average| average.to_string()),
            standings: class.summary.standings,
        }
    }
}

#[async_trait]
impl Tool for ListTeachingClasses {
    const CARD: Card = Card {
        name: "list_teaching_classes",
        verbs: Verbs { ask: "look at your classes", doing: "Looking at your classes", done: "Looked at your classes" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, _: &Scene<'_>, _: Args) -> Result<Plan, ToolError> {
        Ok(Plan {})
    }

    async fn run(&self, scene: &Scene<'_>, _: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let classes = scene.school.classes(scene.teacher, scene.today());
        Ok(Output { classes: classes.iter().map(Row::of).collect() })
    }

    fn did(&self, output: &Output) -> String {
        format!("Looked at {}", counted(output.classes.len(), "class", "classes"))
    }
}
