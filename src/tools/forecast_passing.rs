//! `forecast_passing`: who passes, who is at risk, and what each one needs.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{class, counted, numbers::Numbers, student};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
    },
    school::{ClassId, EVALUATIONS, EnrolmentView, PASS_MARK, StandingCounts, StudentId, StudentView},
    vault::OwnData,
};

/// Works out who passes.
pub struct ForecastPassing;

/// Works out who passes, exactly: for each student and class the standing (`secured`, `on_track`, `at_risk`,
/// `out_of_reach`, `passed`, `failed`, `no_data`), the average so far, what is needed on each remaining evaluation to pass, the best possible
/// average, and the average if the rest are 0. Quote these numbers; do not compute your own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// A class, as `list_teaching_classes` names it; null for all classes of the current semester.
    class_id: Option<String>,
    /// A student, as `list_students` names them; null for all.
    student_id: Option<String>,
}

/// The class and the student that were found; none for all.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    class: Option<ClassId>,
    student: Option<StudentId>,
}

/// The forecast.
#[derive(Debug, Serialize)]
pub struct Output {
    pass_mark: String,
    evaluations: usize,
    summary: StandingCounts,
    students: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    student_id: String,
    name: String,
    class_id: String,
    class: String,
    evaluations: [Option<String>; EVALUATIONS],
    #[serde(flatten)]
    numbers: Numbers,
}

impl Row {
    fn of(student: &StudentView, enrolment: &EnrolmentView) -> Self {
        Self {
            student_id: student.id.to_string(),
            name: student.name.clone(),
            class_id: enrolment.class.to_string(),
            class: enrolment.title.clone(),
            evaluations: super::numbers::evaluations(&enrolment.evaluations),
            numbers: Numbers::of(&enrolment.outlook),
        }
    }
}

impl Plan {
    fn covers(&self, student: &StudentView, enrolment: &EnrolmentView) -> bool {
        let right_class = match &self.class {
            Some(class) => &enrolment.class == class,
            None => enrolment.is_current,
        };
        right_class && self.student.as_ref().is_none_or(|wanted| wanted == &student.id)
    }
}

#[async_trait]
impl Tool for ForecastPassing {
    const CARD: Card = Card {
        name: "forecast_passing",
        verbs: Verbs { ask: "work out who passes", doing: "Working out who passes", done: "Worked out who passes" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let class = args.class_id.map(|id| class(scene, &id)).transpose()?;
        let student = args.student_id.map(|id| student(scene, &id)).transpose()?;
        Ok(Plan { class: class.map(|class| class.id), student: student.map(|student| student.id) })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let plan = plan.plan();
        let students = scene.school.students(scene.teacher, scene.today());
        let places =
            || students.iter().flat_map(|student| student.enrolments.iter().map(move |enrolment| (student, enrolment)));
        let covered = || places().filter(|(student, enrolment)| plan.covers(student, enrolment));
        Ok(Output {
            pass_mark: PASS_MARK.to_string(),
            evaluations: EVALUATIONS,
            summary: StandingCounts::of(covered().map(|(_, enrolment)| enrolment.outlook.standing)),
            students: covered().map(|(student, enrolment)| Row::of(student, enrolment)).collect(),
        })
    }

    fn did(&self, output: &Output) -> String {
        format!("Worked out {}", counted(output.students.len(), "forecast", "forecasts"))
    }
}
