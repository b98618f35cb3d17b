//! `get_teaching_class`: one class with its roster and every number.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    class, counted,
    numbers::{Numbers, evaluations},
};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
    },
    school::{ClassId, EVALUATIONS, RosterRow, StandingCounts},
    vault::OwnData,
};

/// Shows one class.
pub struct GetTeachingClass;

/// Shows one class: every student with the three evaluations (null is not graded yet), the average so far, what is
/// needed on each remaining evaluation to pass, the best possible average and the standing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The class, as `list_teaching_classes` names it, such as "c-01".
    class_id: String,
}

/// The class that was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    class: ClassId,
}

/// The class.
#[derive(Debug, Serialize)]
pub struct Output {
    class_id: String,
    title: String,
    term: String,
    current: bool,
    students: Vec<Row>,
    average: Option<String>,
    summary: StandingCounts,
}

#[derive(Debug, Serialize)]
struct Row {
    student_id: String,
    name: String,
    evaluations: [Option<String>; EVALUATIONS],
    #[serde(flatten)]
    numbers: Numbers,
}

impl Row {
    fn of(row: &RosterRow) -> Self {
        Self {
            student_id: row.student.to_string(),
            name: row.name.clone(),
            evaluations: evaluations(&row.evaluations),
            numbers: Numbers::of(&row.outlook),
        }
    }
}

#[async_trait]
impl Tool for GetTeachingClass {
    const CARD: Card = Card {
        name: "get_teaching_class",
        verbs: Verbs { ask: "look at a class", doing: "Looking at a class", done: "Looked at a class" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        Ok(Plan { class: class(scene, &args.class_id)?.id })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let class = class(scene, plan.plan().class.as_str())?;
        Ok(Output {
            class_id: class.id.to_string(),
            term: class.term.to_string(),
            current: class.is_current,
            students: class.roster.iter().map(Row::of).collect(),
            average: class.summary.average.map(|average| average.to_string()),
            summary: class.summary.standings,
            title: class.title,
        })
    }

    fn did(&self, output: &Output) -> String {
        format!("Looked at {}, {}", output.title, counted(output.students.len(), "student", "students"))
    }
}
