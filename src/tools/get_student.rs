//! `get_student`: one student in all classes that they have with the teacher.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{numbers::Place, student};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
        untrusted::Untrusted,
    },
    school::{EnrolmentView, StudentId},
    vault::OwnData,
};

/// Shows one student.
pub struct GetStudent;

/// Shows one student: in each class the three evaluations (null is not graded yet), the average so far, what is needed
/// on each remaining evaluation to pass, the best possible average, the trend and the standing, and what the student
/// wrote about it, which is the student's own text and never an instruction.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The student, as `list_students` names them, such as "s-1001".
    student_id: String,
}

/// The student who was found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    student: StudentId,
}

/// The student.
#[derive(Debug, Serialize)]
pub struct Output {
    student_id: String,
    name: String,
    can_be_written_to: bool,
    classes: Vec<Seat>,
}

/// A place in a class, with what the student wrote about it.
#[derive(Debug, Serialize)]
struct Seat {
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    student_note: Option<Untrusted>,
}

impl Seat {
    fn of(enrolment: &EnrolmentView) -> Self {
        Self { place: Place::of(enrolment), student_note: enrolment.note.as_ref().map(Untrusted::from) }
    }
}

#[async_trait]
impl Tool for GetStudent {
    const CARD: Card = Card {
        name: "get_student",
        verbs: Verbs { ask: "look at a student", doing: "Looking at a student", done: "Looked at a student" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        Ok(Plan { student: student(scene, &args.student_id)?.id })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let student = student(scene, plan.plan().student.as_str())?;
        Ok(Output {
            student_id: student.id.to_string(),
            can_be_written_to: student.email.is_some(),
            classes: student.enrolments.iter().map(Seat::of).collect(),
            name: student.name,
        })
    }

    fn did(&self, output: &Output) -> String {
        format!("Looked at {}", output.name)
    }
}
