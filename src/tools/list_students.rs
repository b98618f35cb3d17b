//! `list_students`: who the teacher's students are, in one class or in all.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{class, counted};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
    },
    school::{ClassId, EnrolmentView, Standing, StudentView},
    vault::OwnData,
};

/// Lists the teacher's students.
pub struct ListStudents;

/// Lists the teacher's students with the classes they sit in and how they stand there: those of one class, or all of the
/// current semester. Use it to find a student by name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// A class, as `list_teaching_classes` names it; null for all classes of the current semester.
    class_id: Option<String>,
}

/// The class that was found; none for all.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    class: Option<ClassId>,
}

/// The students.
#[derive(Debug, Serialize)]
pub struct Output {
    students: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    student_id: String,
    name: String,
    classes: Vec<Seat>,
}

#[derive(Debug, Serialize)]
struct Seat {
    class_id: String,
    title: String,
    standing: Standing,
    average_so_far: Option<String>,
    needed: Option<String>,
}

impl Seat {
    fn of(enrolment: &EnrolmentView) -> Self {
        Self {
            class_id: enrolment.class.to_string(),
            title: enrolment.title.clone(),
            standing: enrolment.outlook.standing,
            average_so_far: enrolment.outlook.average.map(|average| average.to_string()),
            needed: enrolment.outlook.needed.map(|needed| needed.to_string()),
        }
    }
}

impl Plan {
    fn covers(&self, enrolment: &EnrolmentView) -> bool {
        match &self.class {
            Some(class) => &enrolment.class == class,
            None => enrolment.is_current,
        }
    }

    fn row(&self, student: &StudentView) -> Option<Row> {
        let seats = student.enrolments.iter().filter(|enrolment| self.covers(enrolment));
        let classes: Vec<_> = seats.map(Seat::of).collect();
        let row = Row { student_id: student.id.to_string(), name: student.name.clone(), classes };
        (!row.classes.is_empty()).then_some(row)
    }
}

#[async_trait]
impl Tool for ListStudents {
    const CARD: Card = Card {
        name: "list_students",
        verbs: Verbs { ask: "look up your students", doing: "Looking up your students", done: "Looked up students" },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = OwnData;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let class = args.class_id.map(|id| class(scene, &id)).transpose()?;
        Ok(Plan { class: class.map(|class| class.id) })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, _: OwnData) -> Result<Output, ToolError> {
        let students = scene.school.students(scene.teacher, scene.today());
        Ok(Output { students: students.iter().filter_map(|student| plan.plan().row(student)).collect() })
    }

    fn did(&self, output: &Output) -> String {
        format!("Looked up {}", counted(output.students.len(), "student", "students"))
    }
}
